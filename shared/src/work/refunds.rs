//! Refunds: money given back, in three steps.
//!
//! The amount is reserved on payment and invoice with the refund itself, in one transaction; then the
//! processor is asked; then what it said is written. Whoever dies in between leaves a refund that is
//! due, and it is asked for again under the same key.

use crate::{
    base::{
        error::Error,
        id::{PaymentIntentId, RefundId},
        input::Text,
        metadata::Metadata,
        money::Atoms,
        telemetry::log_failure,
    },
    model::{
        credit_note::{Credit, CreditReason},
        customer::Customer,
        invoice::{Invoice, InvoiceState, ReturnedPart, UnmetCredit},
        payment_intent::PaymentIntent,
        processor::{Outcome, Processor, Told},
        refund::{NewRefund, Reason, Refund, RefundState, Repayment},
        subscription::Subscription,
    },
    store::{Tx, back_off},
    work::{Work, answer::Reply},
};

impl Work {
    /// Gives money back, and answers with what is known of it by then.
    pub async fn refund(&self, new: NewRefund) -> Reply<Refund> {
        let (work, id) = (self, &new.payment_intent_id);
        let intent: Option<PaymentIntent> = self.look_for(id).await?;
        let intent = intent.ok_or_else(|| {
            let hint = "names a payment intent that does not exist";
            Error::rule(NOUN, "payment_intent_id", "no_such_object", hint)
        })?;
        let invoice = work.invoice_paid_by(&intent).await?;
        let amount = new.amount_atom.unwrap_or_else(|| intent.returnable_with(invoice.as_ref()));
        let money = (amount, intent.currency());
        self.must_be_payable(intent.processor_id(), money, (NOUN, Some("amount_atom"))).await?;
        let mut tx = self.begin_asked();
        let repayment = Repayment { intent, amount };
        let why = (new.reason, new.metadata);
        let refund = work.reserve_refund(&mut tx, invoice.as_ref(), &repayment, why)?;
        match self.commit_first(tx, &refund).await? {
            Some(earlier) => Ok(earlier),
            None => self.conclude(&work.settle_refund(refund).await).await,
        }
    }
}

impl Work {
    /// Gives `amount` of a payment back. The refund is made when this returns, but it may still be
    /// pending. An error means that none was made.
    pub async fn refund_payment(
        &self,
        intent: &PaymentIntentId,
        amount: Atoms,
        reason: Option<&str>,
    ) -> Result<Refund, Error> {
        let reason = reason.map(Text::of);
        for attempt in 0..ATTEMPTS {
            let intent: PaymentIntent = self.find(intent).await?;
            let invoice = self.invoice_paid_by(&intent).await?;
            let mut tx = self.begin();
            let repayment = Repayment { intent, amount };
            let why = (reason.clone(), Metadata::default());
            let refund = self.reserve_refund(&mut tx, invoice.as_ref(), &repayment, why)?;
            match self.commit(tx).await {
                Ok(()) => return Ok(self.settle_refund(refund).await),
                Err(Error::Stale) => back_off(attempt).await,
                Err(error) => return Err(error),
            }
        }
        Err(Error::Contended)
    }

    /// The invoice that a payment is counted on. One that has payments is never deleted.
    async fn invoice_paid_by(&self, intent: &PaymentIntent) -> Result<Option<Invoice>, Error> {
        match intent.invoice_id() {
            Some(id) => self.look_for(id).await,
            None => Ok(None),
        }
    }

    /// The first step for one refund of a payment of `invoice`, as part of `tx`, which changes nothing
    /// else of the two. After the commit comes `settle_refund`; where it does not, the refund is made
    /// when it is due.
    fn reserve_refund(
        &self,
        tx: &mut Tx,
        invoice: Option<&Invoice>,
        repayment: &Repayment,
        why: (Option<Reason>, Metadata),
    ) -> Result<Refund, Error> {
        repayment.intent.with_refund_reserved(repayment.amount)?;
        let mut parts = Vec::new();
        if let Some(invoice) = invoice {
            let refunded = invoice.refunded(repayment.amount)?;
            parts = refunded.1;
            tx.update(invoice, refunded.0);
        }
        let refund = Refund::new(self.record(), repayment, parts, why);
        self.begin_refund(tx, repayment, refund)
    }

    /// The same where the caller counts the refund on the invoices that it gives back of.
    pub(crate) fn begin_refund(
        &self,
        tx: &mut Tx,
        repayment: &Repayment,
        refund: Refund,
    ) -> Result<Refund, Error> {
        let reserved = repayment.intent.with_refund_reserved(repayment.amount)?;
        tx.insert(&refund);
        tx.update(&repayment.intent, reserved);
        Ok(refund)
    }

    /// Puts into `tx` that a refund was not made: what it counted can be given back again. What a change
    /// could not credit because of it goes to the balance, and an end that gave nothing back because of it
    /// is settled again.
    async fn release_refund(&self, tx: &mut Tx, refund: &Refund) -> Result<(), Error> {
        let intent: PaymentIntent = self.find(&refund.payment_intent_id).await?;
        tx.update(&intent, intent.with_refund_released(refund.amount_atom)?);
        let of_lines = refund.parts.iter().map(|part| &part.invoice_id);
        let mut ids: Vec<_> = intent.invoice_id().into_iter().chain(of_lines).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut credited = Atoms::ZERO;
        for id in ids {
            let found: Option<Invoice> = self.look_for(id).await?;
            let Some(invoice) = found else { continue };
            let after = match intent.invoice_id() == Some(id) {
                true => invoice.unrefunded(refund.amount_atom)?,
                false => invoice.clone(),
            };
            let after = after.kept(&refund.parts)?;
            let mut after = match refund.ends() {
                Some(_) => after,
                None => self.without_refund(tx, after, refund).await?,
            };
            if intent.invoice_id() == Some(id) && after.state() == InvoiceState::Void {
                let (without, amount) = self.void_without_refund(tx, after, refund).await?;
                (after, credited) = (without, credited.plus(amount)?);
            }
            tx.update(&invoice, after);
        }
        let Some(id) = refund.ends() else { return Ok(()) };
        let found: Option<Subscription> = self.look_for(id).await?;
        if let Some(subscription) = found {
            let after = subscription.without_refund(refund.amount_atom)?;
            tx.update(&subscription, after.paid_out(&[], Atoms::ZERO, credited)?);
        }
        Ok(())
    }

    /// An invoice of which `refund` counted as given back and was not. What its subscription has done since
    /// because of that is made up for.
    async fn without_refund(
        &self,
        tx: &mut Tx,
        mut invoice: Invoice,
        refund: &Refund,
    ) -> Result<Invoice, Error> {
        let Some(subscription) = self.subscription_of(&invoice).await? else { return Ok(invoice) };
        if let Some(again) = subscription.settled_again(self.now()) {
            tx.update(&subscription, again);
        }
        if invoice.state() == InvoiceState::Void {
            return Ok(invoice);
        }
        let before = invoice.clone();
        for unmet in before.unmet_by(&refund.parts) {
            if self.has_happened(&subscription, unmet).await? {
                invoice = self.with_unmet_made_up(tx, invoice, unmet).await?;
            }
        }
        Ok(invoice)
    }

    /// The invoice with a credit note for what a change could not credit and could by now; the note is put
    /// into `tx`.
    async fn with_unmet_made_up(
        &self,
        tx: &mut Tx,
        invoice: Invoice,
        unmet: &UnmetCredit,
    ) -> Result<Invoice, Error> {
        let (after, part) = invoice.making_up_for(unmet)?;
        let Some(part) = part else { return Ok(invoice) };
        let why = "Unused time of which a refund was not made";
        self.credit_part(tx, &after, part, why).await?;
        Ok(after)
    }

    /// Puts into `tx` the credit note for a part of an invoice, which counts it already.
    async fn credit_part(
        &self,
        tx: &mut Tx,
        invoice: &Invoice,
        part: ReturnedPart,
        why: &str,
    ) -> Result<(), Error> {
        let customer: Customer = self.find(invoice.customer_id()).await?;
        let customer = tx.latest(customer)?;
        let mut credit = Credit::of_invoice(invoice, part.amount_atom, CreditReason::Issued);
        credit.description = Some(why.to_owned());
        self.credit(tx, &customer, credit.giving_back(invoice, &[part])?)?;
        Ok(())
    }

    /// A void invoice of which a payment was to be refunded, and was not: nobody owed it, so what was paid
    /// goes to the balance. And how much that is.
    async fn void_without_refund(
        &self,
        tx: &mut Tx,
        invoice: Invoice,
        refund: &Refund,
    ) -> Result<(Invoice, Atoms), Error> {
        let amount = refund.amount_atom.min(invoice.returnable());
        if !amount.is_positive() {
            return Ok((invoice, Atoms::ZERO));
        }
        let customer: Customer = self.find(invoice.customer_id()).await?;
        let customer = tx.latest(customer)?;
        let (after, parts) = invoice.credited(amount)?;
        let mut credit = Credit::of_invoice(&after, amount, CreditReason::Issued);
        credit.description = Some("Paid of a void invoice, and could not be refunded".to_owned());
        self.credit(tx, &customer, credit.giving_back(&after, &parts)?)?;
        Ok((after, amount))
    }

    /// Puts into `tx` what a change that waited and happens now, because `paid` is, could not credit for
    /// refunds that were not made after all: that goes to the balance.
    pub(crate) async fn refunds_made_up(
        &self,
        tx: &mut Tx,
        subscription: &Subscription,
        paid: &Invoice,
    ) -> Result<(), Error> {
        for id in subscription.billed_before_waiting() {
            let found: Option<Invoice> = self.look_for(&id).await?;
            let Some(before) = found.filter(|one| one.state() != InvoiceState::Void) else {
                continue;
            };
            let before = tx.latest(before)?;
            let mut after = before.clone();
            for unmet in before.unmet_of(paid.id()) {
                after = self.with_unmet_made_up(tx, after, unmet).await?;
            }
            tx.follow(&before, after);
        }
        Ok(())
    }

    /// Whether the change has happened that could not credit something.
    async fn has_happened(
        &self,
        subscription: &Subscription,
        unmet: &UnmetCredit,
    ) -> Result<bool, Error> {
        let Some(id) = &unmet.invoice_id else { return Ok(true) };
        let made: Option<Invoice> = self.look_for(id).await?;
        let counts = made.is_some_and(|invoice| invoice.state() != InvoiceState::Void);
        Ok(counts && subscription.awaited() != Some(id))
    }

    /// The other steps, right after the first. What cannot be done now is done when the refund is due.
    pub async fn settle_refund(&self, refund: Refund) -> Refund {
        match self.try_to_settle(&refund).await {
            Ok(settled) => settled,
            Err(error) => {
                let text = error.for_the_log().unwrap_or("others kept changing it");
                log_failure("a refund is left pending", text);
                refund
            }
        }
    }

    async fn try_to_settle(&self, refund: &Refund) -> Result<Refund, Error> {
        let (intent, processor) = self.refunded(refund).await?;
        let outcome = self.refund_at(&processor, &refund.order(&intent)?).await;
        self.note_state(&processor, &outcome).await;
        match outcome {
            // It is due in a minute already.
            Outcome::Unknown(why) | Outcome::Unreachable(why) => {
                let said = format!("{}: {why}", refund.id());
                log_failure("a refund's outcome is unknown", &said);
                Ok(refund.clone())
            }
            outcome => self.write_outcome(refund.clone(), outcome).await,
        }
    }

    /// Finds out what became of a refund that is due, and makes it if it was never asked for.
    pub async fn resume_refund(&self, id: &RefundId) -> Result<(), Error> {
        let refund: Refund = self.find(id).await?;
        if refund.state != RefundState::Pending {
            return Ok(());
        }
        let (intent, processor) = self.refunded(&refund).await?;
        let order = refund.order(&intent)?;
        let outcome = match self.refund_outcome(&processor, &order).await {
            Told::Known(outcome) => outcome,
            Told::NeverSeen => self.refund_at(&processor, &order).await,
            Told::Unreachable(text) => Outcome::Unreachable(text),
        };
        self.note_state(&processor, &outcome).await;
        self.write_outcome(refund, outcome).await.map(|_| ())
    }

    /// Asks what became of a refund of which `processor` told something, and writes it, where it is
    /// known by now.
    pub(crate) async fn hear_of_refund(
        &self,
        processor: &Processor,
        id: &RefundId,
    ) -> Result<(), Error> {
        let refund: Option<Refund> = self.look_for(id).await?;
        let Some(refund) = refund.filter(|refund| refund.state != RefundState::Failed) else {
            return Ok(());
        };
        let (intent, made_by) = self.refunded(&refund).await?;
        if made_by.id() != processor.id() {
            return Ok(());
        }
        match self.refund_outcome(processor, &refund.order(&intent)?).await {
            // A question more must not put off the next one that is due.
            Told::NeverSeen | Told::Known(Outcome::Pending { .. }) => Ok(()),
            Told::Known(outcome) => self.write_outcome(refund, outcome).await.map(|_| ()),
            Told::Unreachable(why) => Err(Error::Busy(why)),
        }
    }

    async fn refunded(&self, refund: &Refund) -> Result<(PaymentIntent, Processor), Error> {
        let lost = |error| match error {
            Error::NotFound => Error::Internal(format!("{}: its payment is gone", refund.id())),
            other => other,
        };
        let intent: PaymentIntent = self.find(&refund.payment_intent_id).await.map_err(lost)?;
        let processor = self.find(intent.processor_id()).await.map_err(lost)?;
        Ok((intent, processor))
    }

    /// Writes what became of a refund, whoever else changes it or its payment at the same time.
    async fn write_outcome(&self, refund: Refund, outcome: Outcome) -> Result<Refund, Error> {
        let outcome = refund.checked(outcome);
        if let Outcome::Strange(why) = &outcome {
            let said = format!("{}: {why}", refund.id());
            log_failure("what a processor did has to be looked at", &said);
        }
        let (mut before, mut asked) = (refund, None);
        for attempt in 0..ATTEMPTS {
            let others_postponed = asked.is_some_and(|asked: u32| asked != before.asked);
            let after = before.settled(&outcome, self.now());
            let postpones = after.state == RefundState::Pending;
            let is_told = before.state != RefundState::Pending && after.state == before.state;
            if is_told || (postpones && others_postponed) {
                return Ok(before);
            }
            let mut tx = self.begin();
            let after = tx.update(&before, after);
            if after.state == RefundState::Failed {
                self.release_refund(&mut tx, &before).await?;
            }
            match self.commit(tx).await {
                Ok(()) => return Ok(after),
                Err(Error::Stale) => back_off(attempt).await,
                Err(error) => return Err(error),
            }
            asked = Some(before.asked);
            before = self.find(before.id()).await?;
        }
        Err(Error::Contended)
    }
}

const NOUN: &str = "refund";

/// How often a transaction is tried again on what others have written in between.
const ATTEMPTS: u32 = 8;
