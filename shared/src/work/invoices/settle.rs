//! What somebody decides about an invoice: to pay it now, to record that it was paid elsewhere, to
//! void it, to write it off.

use crate::work::Work;
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, PaymentIntentId, PaymentMethodId},
        page::PageRequest,
    },
    model::{
        credit_note::{Credit, CreditReason},
        customer::Customer,
        invoice::{Invoice, settle::Payment, taxes},
        payment_intent::{PaymentIntent, PaymentIntentState},
        payment_method::PaymentMethod,
        refund::{self, Refund},
    },
    store::{Page, Tx, back_off},
    work::{
        answer::Reply,
        invoices::collect::{Patience, Settled},
        receipt::First,
    },
};

impl Work {
    /// Finalizes a draft, and takes its money at once where it is charged automatically.
    pub async fn finalize_invoice(&self, draft: Invoice) -> Reply<Invoice> {
        let mut tx = self.begin_asked();
        let invoice = self.finalization(&mut tx, &draft).await?;
        if let Some(earlier) = self.commit_first(tx, &invoice).await? {
            return Ok(earlier);
        }
        // It is final; whatever comes of the collection, this request has happened.
        let collected = self.collect(invoice.id()).await;
        self.conclude(&collected.unwrap_or(invoice)).await
    }

    /// Pays an invoice, wholly or in part.
    pub async fn pay_invoice(&self, invoice: Invoice, payment: Payment) -> Reply<Invoice> {
        if let Some(first) = self.first_time().await? {
            return self.paid_before(first).await;
        }
        let by_hand = payment.paid_out_of_band == Some(true);
        if by_hand && payment.payment_method_id.is_some() {
            let hint = "cannot be combined with paid_out_of_band";
            return Err(Error::rule("payment", "payment_method_id", "not_combinable", hint));
        }
        let patience = self.patience_for(&invoice, &payment).await?;
        let invoice = self.without_open_attempt(invoice, patience).await?;
        let amount = invoice.payable(payment.amount_atom)?;
        if by_hand {
            let mut tx = self.begin_asked();
            let mut paid = invoice.received(amount, self.now())?;
            paid.paid_out_of_band = true;
            let invoice = tx.update(&invoice, paid);
            self.followed(&mut tx, &invoice).await?;
            return self.commit_and_answer(tx, invoice).await;
        }
        // What a client demands of the version is checked before any money moves.
        self.begin_asked().guards(&invoice)?;
        let method = self.method_for(&invoice, payment.payment_method_id.as_ref()).await?;
        let named = payment.amount_atom.map(|_| "amount_atom");
        let money = (amount, invoice.currency());
        self.must_be_payable(method.processor_id(), money, ("payment", named)).await?;
        let (tx, attempt) = self.attempt(&invoice, method, amount, None).await?;
        let intent = attempt.id().clone();
        if let Some(first) = self.commit_attempt(tx, &intent).await? {
            return self.paid_before(first).await;
        }
        let settled = match self.charged(attempt).await {
            Ok(settled) => Some(settled),
            // Somebody else found the attempt and asks.
            Err(Error::Stale | Error::Contended) => None,
            Err(error) => return Err(error),
        };
        self.written(invoice.id(), &intent, settled).await
    }

    /// What is done about an attempt that is open. One that the processor never heard of is made where
    /// the same is asked for again, and not where it is paid otherwise: nobody pays twice.
    async fn patience_for(&self, invoice: &Invoice, payment: &Payment) -> Result<Patience, Error> {
        let Some(open) = invoice.open_attempt() else { return Ok(Patience::GivesUp) };
        if payment.paid_out_of_band == Some(true) {
            return Ok(Patience::Ends);
        }
        let Some(named) = &payment.payment_method_id else { return Ok(Patience::GivesUp) };
        let intent: PaymentIntent = self.find(open).await?;
        if intent.payment_method_id() == named {
            return Ok(Patience::GivesUp);
        }
        // One that cannot be charged changes nothing.
        self.method_for(invoice, Some(named)).await.map(|_| Patience::Ends)
    }

    /// The answer to a payment that was asked for before: the same, or what became of it.
    async fn paid_before(&self, first: First) -> Reply<Invoice> {
        let intent: PaymentIntent = match first {
            First::Answer(answer) => return Ok(answer.retyped()),
            First::Payment(id) => self.find(&id).await?,
        };
        let invoice = intent.invoice_id().ok_or(Error::NotFound)?;
        self.written(invoice, intent.id(), None).await
    }

    /// Writes what became of a payment that somebody waits for, whoever else writes it, and answers.
    /// The attempt is written: nothing from here on may run the request again.
    async fn written(
        &self,
        id: &InvoiceId,
        intent: &PaymentIntentId,
        mut settled: Option<Settled>,
    ) -> Reply<Invoice> {
        for attempt in 0..WRITES {
            let Settled { tx, invoice, intent, .. } = match settled.take() {
                Some(settled) => settled,
                None => {
                    let invoice: Invoice = self.find(id).await?;
                    if invoice.open_attempt() != Some(intent) {
                        return self.answer_to(&invoice, &self.find(intent).await?).await;
                    }
                    match self.resolved(invoice, intent, Patience::Waits).await {
                        Err(Error::Stale | Error::Contended) => {
                            back_off(attempt.min(4)).await;
                            continue;
                        }
                        settled => settled?,
                    }
                }
            };
            match self.commit(tx).await {
                Ok(()) => return self.answer_to(&invoice, &intent).await,
                Err(Error::Stale | Error::Contended) => back_off(attempt.min(4)).await,
                Err(error) => return Err(error),
            }
        }
        self.answer_to(&self.find(id).await?, &self.find(intent).await?).await
    }

    /// What is said of a payment.
    async fn answer_to(&self, invoice: &Invoice, intent: &PaymentIntent) -> Reply<Invoice> {
        let (code, hint) = match (intent.state(), intent.failure()) {
            (PaymentIntentState::Succeeded, _) => return self.conclude(invoice).await,
            (PaymentIntentState::Failed, Some(failure)) => {
                let what = if intent.was_refused() { "could not be made" } else { "was declined" };
                (failure.code.as_str(), format!("{what}: {}", failure.message))
            }
            (PaymentIntentState::RequiresAction, _) => return Err(intent.needs_payer()),
            _ => {
                let hint = "has not been answered by the processor in time; the invoice shows its \
                            outcome once it is known";
                ("payment_pending", hint.to_owned())
            }
        };
        Err(Error::not_now("payment", code, &hint))
    }

    async fn method_for(
        &self,
        invoice: &Invoice,
        named: Option<&PaymentMethodId>,
    ) -> Result<PaymentMethod, Error> {
        let at = "payment_method_id";
        let none = || {
            let hint = "is needed: the customer has no payment method that can be charged";
            Error::rule("payment", at, "no_payment_method", hint)
        };
        let Some(id) = named else {
            return self.next_method(invoice, None).await?.ok_or_else(none);
        };
        let found = match self.find::<PaymentMethod>(id).await {
            Ok(method) if method.customer_id() == invoice.customer_id() && method.is_kept() => {
                Some(method)
            }
            Ok(_) | Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        found.ok_or_else(|| {
            let hint = "names a payment method that the invoice's customer does not have";
            Error::rule("payment", at, "no_such_object", hint)
        })
    }

    /// The invoice once no attempt is open: what became of one that is, is asked for; one that waits for
    /// the payer is given up.
    async fn without_open_attempt(
        &self,
        mut invoice: Invoice,
        patience: Patience,
    ) -> Result<Invoice, Error> {
        for attempt in 0..QUESTIONS {
            let Some(intent) = invoice.open_attempt().cloned() else { return Ok(invoice) };
            let id = invoice.id().clone();
            match self.write_resolved(invoice, &intent, patience).await {
                Ok(()) => {}
                Err(Error::Stale) => back_off(attempt).await,
                Err(error) => return Err(error),
            }
            invoice = self.find(&id).await?;
        }
        invoice.without_open_attempt().map(|()| invoice)
    }

    /// Voids an invoice; what the customer's credit paid of it is given back.
    pub async fn void_invoice(&self, invoice: Invoice) -> Reply<Invoice> {
        let before = self.without_open_attempt(invoice, Patience::Ends).await?;
        let mut tx = self.begin_asked();
        let void = before.voided(self.now())?;
        self.refunds_are_made(&before).await?;
        self.give_back(&mut tx, &before).await?;
        let books = self.take_credits_back(&mut tx, &before).await?;
        let invoice = tx.update(&before, void);
        if let Some(subscription) = self.subscription_of(&invoice).await? {
            let after = subscription.following(&invoice);
            let mut after = books.moved().fold(after, |after, moved| after.following(moved));
            after.count_again(&books.again)?;
            after.ledger.pending.extend(taxes::waiting(books.waiting)?);
            tx.follow(&subscription, after);
        }
        self.commit_and_answer(tx, invoice).await
    }

    /// Refuses while it is not known whether what was paid of the invoice has been given back. A refund
    /// that is begun meanwhile changes the invoice.
    async fn refunds_are_made(&self, invoice: &Invoice) -> Result<(), Error> {
        if !invoice.has_refunds() {
            return Ok(());
        }
        let list = refund::under_way_of(invoice.id());
        let under_way: Page<Refund> = self.page(&list, PageRequest::first(1)).await?;
        if under_way.total == 0 {
            return Ok(());
        }
        let hint =
            "has a refund whose outcome is not known yet; void it once the refund has succeeded";
        Err(Error::not_now("invoice", "refund_pending", hint))
    }

    /// Writes an invoice off. It can still be paid.
    pub async fn write_off_invoice(&self, invoice: Invoice) -> Reply<Invoice> {
        let before = self.without_open_attempt(invoice, Patience::Ends).await?;
        let mut tx = self.begin_asked();
        let subscription = self.subscription_of(&before).await?;
        if subscription.is_some_and(|one| one.awaits(before.id())) {
            let hint = "is for a change that waits for its payment, and that nobody owes: void it, or \
                        take the change back";
            return Err(Error::not_now("invoice", "not_owed", hint));
        }
        let invoice = tx.update(&before, before.uncollectible(self.now())?);
        self.followed(&mut tx, &invoice).await?;
        self.commit_and_answer(tx, invoice).await
    }
}

impl crate::work::Work {
    /// Puts into `tx` the return of the credit that an invoice used.
    pub(crate) async fn give_back(&self, tx: &mut Tx, invoice: &Invoice) -> Result<(), Error> {
        let amount = invoice.returned_by_voiding()?;
        if amount.is_zero() {
            return Ok(());
        }
        let customer: Customer = self.find(invoice.customer_id()).await?;
        let credit = Credit::of_invoice(invoice, amount, CreditReason::Returned);
        self.credit(tx, &customer, credit).map(|_| ())
    }
}

/// How often an outcome is written when others come between.
const WRITES: u32 = 16;

/// How often an open attempt is asked about before the client is told to wait.
const QUESTIONS: u32 = 3;
