//! Collection: an attempt is written, the processor is asked, and what it said is written.

use crate::{
    base::{
        error::Error,
        id::{CustomerId, InvoiceId, PaymentIntentId, PaymentMethodId},
        money::Atoms,
        telemetry::log_failure,
    },
    model::{
        account::{Account, InvoiceOutcome, SubscriptionOutcome},
        billing::dunning::Terms,
        checkout::CheckoutSession,
        customer::Customer,
        invoice::{
            Candidates, Invoice, InvoiceState, PaymentError, collect::Attempt, of_customer_in,
        },
        payment_intent::{NewIntent, PaymentIntent},
        payment_method::PaymentMethod,
        processor::{Blame, Charge, DeclineKind, Failure, Opened, Outcome, Processor, Told},
        subscription::Subscription,
    },
    store::{Tx, back_off},
    work::Work,
};

/// What is done about an attempt that waits for the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is left to the payer, until the next attempt is due.
    Waits,
    /// It is given up, so that another can be made.
    GivesUp,
    /// The same, and one that the processor has never heard of is not made any more: nothing is to be
    /// taken.
    Ends,
}

/// By what an attempt is going to be made.
#[derive(Clone)]
pub(super) struct Means {
    method: PaymentMethod,
    processor: Processor,
    /// None, where it is all that is due.
    amount: Option<Atoms>,
    return_url: Option<String>,
}

/// What an attempt came to, not yet written.
pub(crate) struct Settled {
    pub(crate) tx: Tx,
    pub(crate) invoice: Invoice,
    pub(crate) intent: PaymentIntent,
    pub(crate) outcome: Outcome,
    /// The checkout session that the invoice was made for, as it then is, where it is paid.
    pub(crate) session: Option<CheckoutSession>,
}

impl Work {
    /// Takes the money that is to be taken now, and returns the invoice as it then is.
    pub async fn collect(&self, id: &InvoiceId) -> Result<Invoice, Error> {
        self.go_on_collecting(id, false).await
    }

    /// Takes the money by an attempt that has just been written, and returns the invoice as it then is.
    pub(super) async fn collect_from(&self, attempt: Attempt) -> Result<Invoice, Error> {
        let id = attempt.invoice.id().clone();
        let written = match self.charged(attempt).await {
            Ok(settled) => self.commit(settled.tx).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => self.go_on_collecting(&id, false).await,
            Err(Error::Stale) => self.go_on_collecting(&id, true).await,
            Err(error) => Err(error),
        }
    }

    /// The same as `collect`, of which `interrupted` says that an attempt has begun.
    async fn go_on_collecting(
        &self,
        id: &InvoiceId,
        mut interrupted: bool,
    ) -> Result<Invoice, Error> {
        if self.imagined().is_some() {
            return self.paid_in_imagination(id).await;
        }
        for attempt in 0..ATTEMPTS {
            let invoice: Invoice = self.find(id).await?;
            let is_open = invoice.open_attempt().is_some();
            let is_due = invoice.is_to_be_collected(self.now());
            let waits = is_open || invoice.state().is_collected();
            let goes_on = (waits && is_due) || (is_open && interrupted);
            if !goes_on {
                return Ok(invoice);
            }
            match self.collect_once(invoice).await {
                Ok(()) => interrupted = false,
                // Others came between: what has been asked for is written all the same.
                Err(Error::Stale) => {
                    interrupted = true;
                    back_off(attempt.min(4)).await;
                }
                Err(error) => return Err(error),
            }
        }
        self.find(id).await
    }

    async fn collect_once(&self, invoice: Invoice) -> Result<(), Error> {
        let settled = match invoice.open_attempt().cloned() {
            Some(intent) => self.resolved(invoice, &intent, Patience::Waits).await?,
            None => match self.next_method(&invoice, None).await? {
                Some(method) => {
                    let due = invoice.due();
                    let (tx, attempt) = self.attempt(&invoice, method, due, None).await?;
                    self.commit(tx).await?;
                    self.charged(attempt).await?
                }
                None => return self.without_method(&invoice).await,
            },
        };
        self.commit(settled.tx).await
    }

    /// That `amount` of the invoice is going to be charged: to be written before it is.
    pub(super) async fn attempt(
        &self,
        invoice: &Invoice,
        method: PaymentMethod,
        amount: Atoms,
        return_url: Option<String>,
    ) -> Result<(Tx, Attempt), Error> {
        let processor: Processor = self.find(method.processor_id()).await?;
        let mut tx = self.begin();
        let means = Means { method, processor, amount: Some(amount), return_url };
        let attempt = self.attempted(&mut tx, (invoice, invoice.clone()), means);
        Ok((tx, attempt))
    }

    /// The same, put into `tx`, of an invoice as it was and as it will be.
    pub(super) fn attempted(
        &self,
        tx: &mut Tx,
        (before, invoice): (&Invoice, Invoice),
        means: Means,
    ) -> Attempt {
        let Means { method, processor, amount, return_url } = means;
        let amount = amount.unwrap_or(invoice.due());
        let number = invoice.next_attempt();
        let intent = PaymentIntent::new(
            self.record(),
            NewIntent {
                customer_id: invoice.customer_id().clone(),
                invoice_id: Some(invoice.id().clone()),
                checkout_session_id: invoice.session_id().cloned(),
                amount,
                currency: invoice.currency(),
                payment_method_id: method.id().clone(),
                processor_id: processor.id().clone(),
                attempt: u32::try_from(number).unwrap_or(u32::MAX),
                key: format!("{}:{}:{number}", self.account(), invoice.id()),
                return_url,
            },
        );
        tx.insert(&intent);
        let attempted = invoice.attempted(intent.id().clone(), self.now());
        let invoice = tx.update(before, attempted);
        Attempt { invoice, intent, method: Some(method), processor, again: false }
    }

    /// Asks the processor for the money. `Error::Stale` means that somebody else is asking, or has asked:
    /// what has come to something is not charged, whatever an invoice that was read before says.
    pub(crate) async fn charged(&self, mut attempt: Attempt) -> Result<Settled, Error> {
        if attempt.intent.state().is_final() {
            return Err(Error::Stale);
        }
        let Some(method) = attempt.method.clone() else {
            let message = "The payment method was removed before it was charged";
            let failure = Failure::new("payment_method_removed", message, DeclineKind::Hard);
            return self.settled(attempt, Outcome::Declined(failure)).await;
        };
        if attempt.processor.takes_two_steps() && attempt.intent.processor_reference().is_none() {
            match self.open(&attempt.processor, &attempt.intent.charge(&method)).await {
                // Written before money can move: from then on it can be asked about for ever.
                Opened::Named(reference) => {
                    let mut tx = self.begin();
                    let opened = attempt.intent.opened(reference);
                    attempt.intent = tx.update(&attempt.intent, opened);
                    self.commit(tx).await?;
                }
                Opened::Not(outcome) => return self.settled(attempt, outcome).await,
            }
        }
        let charge = Charge { again: attempt.again, ..attempt.intent.charge(&method) };
        let outcome = self.charge(&attempt.processor, &charge).await;
        self.settled(attempt, outcome).await
    }

    /// Asks the processor what became of an attempt, and for the money only if it never heard of it.
    pub(super) async fn resolved(
        &self,
        invoice: Invoice,
        intent: &PaymentIntentId,
        patience: Patience,
    ) -> Result<Settled, Error> {
        let intent: PaymentIntent = self.find(intent).await?;
        if intent.state().is_final() {
            return Err(Error::Stale);
        }
        let processor: Processor = self.find(intent.processor_id()).await?;
        let method: Option<PaymentMethod> = self.look_for(intent.payment_method_id()).await?;
        let attempt = Attempt { invoice, intent, method, processor, again: true };
        let charge = attempt.intent.charge_by(attempt.method.as_ref());
        let late = patience != Patience::Waits || attempt.invoice.is_payer_late(self.now());
        match self.charge_outcome(&attempt.processor, &charge).await {
            Told::NeverSeen if patience == Patience::Ends => {
                let outcome = self.cancel(&attempt.processor, &charge).await;
                self.settled(attempt, outcome).await
            }
            Told::Known(Outcome::ActionNeeded(_)) if late => {
                let outcome = self.cancel(&attempt.processor, &charge).await;
                self.settled(attempt, outcome).await
            }
            Told::Known(outcome) => self.settled(attempt, outcome).await,
            // Somebody may be about to charge a method that was removed since: not any more.
            Told::NeverSeen if attempt.method.is_none() => {
                match self.cancel(&attempt.processor, &charge).await {
                    Outcome::Cancelled => self.charged(attempt).await,
                    outcome => self.settled(attempt, outcome).await,
                }
            }
            Told::NeverSeen => self.charged(attempt).await,
            Told::Unreachable(why) => self.settled(attempt, Outcome::Unreachable(why)).await,
        }
    }

    pub(super) async fn settled(
        &self,
        attempt: Attempt,
        outcome: Outcome,
    ) -> Result<Settled, Error> {
        let Attempt { invoice: before, intent, processor, method, .. } = attempt;
        self.note_state(&processor, &outcome).await;
        let outcome = intent.checked(outcome);
        match &outcome {
            Outcome::Unknown(why) | Outcome::Unreachable(why) => {
                let said = format!("{}: {why}", intent.id());
                log_failure("the outcome of a payment is unknown", &said);
            }
            Outcome::Strange(why) => {
                let said = format!("{}: {why}", intent.id());
                log_failure("what a processor did has to be looked at", &said);
            }
            _ => {}
        }
        let mut tx = self.begin();
        let intent = tx.update(&intent, intent.settled(&outcome));
        let after = self.after(&before, &intent, &outcome).await?;
        let invoice = tx.update(&before, after);
        match (&outcome, &method) {
            (Outcome::Succeeded { .. }, Some(method)) => self.keep(&mut tx, method).await?,
            // No other invoice is charged to it by itself.
            (Outcome::Declined(failure), Some(method))
                if failure.is_for_good() && method.is_kept() && before.is_automatic() =>
            {
                tx.follow(method, method.declined(&failure.code, self.now()));
            }
            _ => {}
        }
        let session = self.followed(&mut tx, &invoice).await?;
        Ok(Settled { tx, invoice, intent, outcome, session })
    }

    /// The invoice after its open attempt came to this.
    async fn after(
        &self,
        before: &Invoice,
        intent: &PaymentIntent,
        outcome: &Outcome,
    ) -> Result<Invoice, Error> {
        let now = self.now();
        let method = intent.payment_method_id();
        let said = |code: &str, message: &str| PaymentError {
            code: code.to_owned(),
            message: message.to_owned(),
        };
        match outcome {
            Outcome::Succeeded { .. } => before.received(intent.captured(), now),
            Outcome::Strange(_) | Outcome::Unknown(_) | Outcome::Pending { .. } => {
                Ok(before.left_unknown(now))
            }
            Outcome::Unreachable(_) => {
                let message = "The processor does not answer; it is asked again";
                Ok(before.left_unreached(said("processor_unavailable", message), now))
            }
            Outcome::ActionNeeded(_) if before.waits_for_payer() => {
                Ok(before.still_left_to_payer(now))
            }
            Outcome::ActionNeeded(_) => {
                let message = "The customer has to confirm the payment; see the payment intent's \
                               next_action";
                let error = said("authentication_required", message);
                let counted = self.failed(before, error, None).await?;
                Ok(before.left_to_payer(counted, now))
            }
            Outcome::Declined(failure) if before.waits_for_payer() => {
                Ok(before.payer_did_not(said(&failure.code, &failure.message)))
            }
            Outcome::Cancelled => {
                let failure = intent.failure();
                let message = failure.map_or("", |failure| failure.message.as_str());
                Ok(before.attempt_cancelled(said("payment_cancelled", message), now))
            }
            Outcome::Declined(failure) => {
                let error = said(&failure.code, &failure.message);
                self.failed(before, error, Some((method, failure.kind))).await
            }
            Outcome::Rejected(rejection) => {
                let failure = rejection.failure();
                let error = said(&failure.code, &failure.message);
                match rejection.blame {
                    Blame::Account => Ok(before.put_off(error, true, now)),
                    Blame::Request => Ok(before.put_off(error, false, now)),
                    Blame::Method => self.failed(before, error, Some((method, failure.kind))).await,
                }
            }
        }
    }

    async fn failed(
        &self,
        invoice: &Invoice,
        error: PaymentError,
        declined: Option<(&PaymentMethodId, DeclineKind)>,
    ) -> Result<Invoice, Error> {
        if !invoice.is_automatic() {
            return Ok(invoice.payment_refused(error));
        }
        let terms = self.terms(invoice).await?;
        let Some((method, kind)) = declined else {
            return invoice.payment_failed(error, None, terms, self.now());
        };
        let goes_on = kind == DeclineKind::Hard || invoice.is_routed();
        let next = match goes_on {
            true => self.next_method(invoice, Some(method)).await?,
            false => None,
        };
        let left = next.map_or(Candidates::None, |_| Candidates::More);
        invoice.payment_declined(error, (method.clone(), kind), left, terms, self.now())
    }

    /// The payment method that is charged next, but for `refused`: the subscription's, the customer's
    /// default, then the others in the order in which they were added.
    pub(super) async fn next_method(
        &self,
        invoice: &Invoice,
        refused: Option<&PaymentMethodId>,
    ) -> Result<Option<PaymentMethod>, Error> {
        let subscription = self.subscription_of(invoice).await?;
        self.next_method_by(invoice, subscription.as_ref(), refused).await
    }

    /// The same, of an invoice that bills `subscription`.
    async fn next_method_by(
        &self,
        invoice: &Invoice,
        subscription: Option<&Subscription>,
        refused: Option<&PaymentMethodId>,
    ) -> Result<Option<PaymentMethod>, Error> {
        let customer: Customer = self.find(invoice.customer_id()).await?;
        let first = subscription.and_then(Subscription::default_payment_method_id);
        let first = [first, customer.default_payment_method_id()];
        if !invoice.is_routed() && refused.is_none() {
            // The one to be charged first is mostly there, and then no list is read.
            if let Some(method) = self.first_of(&first, invoice).await? {
                return Ok(Some(method));
            }
        }
        let processor = subscription.and_then(Subscription::processor_id);
        let list = PaymentMethod::of_customer(customer.id());
        let mut methods: Vec<PaymentMethod> = self.every(&list).await?;
        methods.reverse();
        let rank = |method: &PaymentMethod| {
            let place = first.iter().position(|first| *first == Some(method.id()));
            (invoice.place_of(method.processor_id()), place.unwrap_or(first.len()))
        };
        methods.sort_by_key(rank);
        let of_processor = |method: &PaymentMethod| match invoice.is_routed() {
            true => invoice.place_of(method.processor_id()).is_some(),
            false => {
                processor.is_none_or(|processor| processor == method.processor_id())
                    || first.contains(&Some(method.id()))
            }
        };
        Ok(methods.into_iter().find(|method| {
            Some(method.id()) != refused
                && !method.is_declined()
                && !invoice.collection().has_refused(method.id())
                && of_processor(method)
        }))
    }

    /// The first of some methods, where it is one of the customer's that has not been refused.
    async fn first_of(
        &self,
        methods: &[Option<&PaymentMethodId>],
        invoice: &Invoice,
    ) -> Result<Option<PaymentMethod>, Error> {
        let Some(id) = methods.iter().flatten().next() else { return Ok(None) };
        let method: Option<PaymentMethod> = self.look_for(id).await?;
        Ok(method.filter(|method| {
            method.is_kept()
                && !method.is_declined()
                && method.customer_id() == invoice.customer_id()
                && !invoice.collection().has_refused(method.id())
        }))
    }

    /// What an invoice is going to be charged to as soon as it is final, if it can be.
    pub(super) async fn next_means(&self, draft: &Invoice) -> Result<Option<Means>, Error> {
        let subscription = self.subscription_of(draft).await?;
        self.means_of(draft, subscription.as_ref()).await
    }

    /// The same, of a draft that bills `subscription`.
    pub(super) async fn means_of(
        &self,
        draft: &Invoice,
        subscription: Option<&Subscription>,
    ) -> Result<Option<Means>, Error> {
        let method = self.next_method_by(draft, subscription, None).await?;
        let Some(method) = method else { return Ok(None) };
        let processor: Option<Processor> = self.look_for(method.processor_id()).await?;
        let means = |processor| Means { method, processor, amount: None, return_url: None };
        Ok(processor.map(means))
    }

    async fn without_method(&self, invoice: &Invoice) -> Result<(), Error> {
        let terms = self.terms(invoice).await?;
        let mut tx = self.begin();
        let invoice = tx.update(invoice, invoice.without_method(terms, self.now())?);
        self.followed(&mut tx, &invoice).await?;
        self.commit(tx).await
    }

    async fn terms(&self, invoice: &Invoice) -> Result<Terms, Error> {
        let account: Account = self.find(self.account()).await?;
        let subscription = self.subscription_of(invoice).await?;
        let (start, end) = (invoice.period_start, invoice.period_end);
        let cycle = start.zip(end).map_or(MONTH_SECONDS, |(start, end)| end.minus(start));
        let cycle = subscription.as_ref().map_or(cycle, Subscription::cycle_seconds);
        let next = subscription.and_then(|subscription| subscription.next_invoice_at());
        Ok(Terms {
            cycle_seconds: cycle,
            window_days: account.dunning().window_days.get(),
            terms_days: None,
            until_next_invoice_seconds: next.map(|next| next.minus(self.now())),
        })
    }

    /// The subscription that an invoice bills.
    pub(crate) async fn subscription_of(
        &self,
        invoice: &Invoice,
    ) -> Result<Option<Subscription>, Error> {
        match invoice.subscription_id() {
            Some(id) => self.find(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Puts into `tx` what a change of an invoice means for the subscription that it bills and for the
    /// checkout session that it was made for, and returns the session as it then is, where it changes.
    pub(crate) async fn followed(
        &self,
        tx: &mut Tx,
        invoice: &Invoice,
    ) -> Result<Option<CheckoutSession>, Error> {
        if let Some(subscription) = self.subscription_of(invoice).await? {
            if invoice.state() == InvoiceState::Paid && subscription.awaits(invoice.id()) {
                self.refunds_made_up(tx, &subscription, invoice).await?;
            }
            tx.follow(&subscription, subscription.following(invoice));
        }
        let Some(id) = invoice.session_id().filter(|_| invoice.state() == InvoiceState::Paid)
        else {
            return Ok(None);
        };
        let session: CheckoutSession = self.find(id).await?;
        Ok(Some(tx.follow(&session, session.following(invoice, self.now()))))
    }

    /// Tries the past due invoices of a customer who has just got a way to pay them: all are due now,
    /// and as many as a request has time for are collected at once.
    pub async fn retry_invoices_of(&self, customer: &CustomerId) {
        self.retry_past_due(customer, |invoice| Some(invoice.retried(self.now()))).await;
    }

    /// The same, of those that had refused `method` for good: it is another card now.
    pub(crate) async fn reconsider(&self, method: &PaymentMethod) {
        let again = |invoice: &Invoice| invoice.reconsidered(method.id(), self.now());
        self.retry_past_due(method.customer_id(), again).await;
    }

    async fn retry_past_due(
        &self,
        customer: &CustomerId,
        again: impl Fn(&Invoice) -> Option<Invoice>,
    ) {
        let list = of_customer_in(customer, InvoiceState::PastDue);
        let Ok(invoices) = self.every::<Invoice>(&list).await else { return };
        let retried = invoices.iter().filter_map(|invoice| Some((invoice, again(invoice)?)));
        for (place, (invoice, after)) in retried.enumerate() {
            let mut tx = self.begin();
            tx.update(invoice, after);
            let retried = match self.commit(tx).await {
                Ok(()) if place < AT_ONCE => self.collect(invoice.id()).await.map(|_| ()),
                other => other,
            };
            if let Err(error) = retried {
                log_failure("an invoice is retried later", &format!("{}: {error:?}", invoice.id()));
            }
        }
    }

    /// Does what is due of an invoice.
    pub async fn run_invoice(&self, invoice: Invoice) -> Result<(), Error> {
        let now = self.now();
        self.read_ahead(&self.keys_around(&invoice)).await?;
        if self.end_of_subscription_settled(&invoice).await? {
            return Err(Error::Stale);
        }
        if invoice.state() == InvoiceState::Draft {
            self.finalize_those_before(&invoice).await?;
            return self.finalize_and_collect(invoice.id()).await.map(|_| ());
        }
        if invoice.is_to_be_collected(now) {
            return self.collect(invoice.id()).await.map(|_| ());
        }
        if invoice.collection().is_given_up(now) {
            return self.give_up(&invoice).await;
        }
        let account: Account = self.find(self.account()).await?;
        let mut tx = self.begin();
        let overdue = invoice.overdue(account.dunning().window_days.get(), now)?;
        let invoice = tx.update(&invoice, overdue);
        self.followed(&mut tx, &invoice).await?;
        self.commit(tx).await
    }

    /// Settles the end of an invoice's subscription, where that is due: whatever becomes of the invoice
    /// by it, nothing is collected for it before. Whether anything was settled.
    async fn end_of_subscription_settled(&self, invoice: &Invoice) -> Result<bool, Error> {
        let mut settled = false;
        loop {
            let subscription = self.subscription_of(invoice).await?;
            let Some(ended) = subscription.filter(|one| one.end_is_due(self.now())) else {
                return Ok(settled);
            };
            self.settle_end(&ended).await?;
            settled = true;
        }
    }

    /// The end of dunning: what the account's settings say becomes of invoice and subscription.
    async fn give_up(&self, before: &Invoice) -> Result<(), Error> {
        let account: Account = self.find(self.account()).await?;
        let subscription = self.subscription_of(before).await?;
        if subscription.as_ref().and_then(Subscription::awaited) == Some(before.id()) {
            return self.give_up_change(before).await;
        }
        let mut tx = self.begin();
        let after = match account.dunning().invoice {
            InvoiceOutcome::MarkUncollectible => before.uncollectible(self.now())?,
            InvoiceOutcome::LeaveOpen => before.given_up(),
        };
        let after = tx.update(before, after);
        if let Some(subscription) = subscription {
            let cancel = account.dunning().subscription == SubscriptionOutcome::Cancel;
            let drafts = self.has_drafts(&subscription).await?;
            let next = subscription.given_up(&after, cancel, drafts, self.now());
            tx.update(&subscription, next);
        }
        self.commit(tx).await
    }

    /// A change that waited for its payment does not happen; nobody owed it.
    async fn give_up_change(&self, invoice: &Invoice) -> Result<(), Error> {
        let mut tx = self.begin();
        self.drop_awaited(&mut tx, invoice).await?;
        self.release_credits(&mut tx, invoice).await?;
        if let Some(before) = self.subscription_of(invoice).await? {
            tx.update(&before, before.without_pending());
        }
        self.commit(tx).await
    }
}

/// An invoice that bills no period is retried like a monthly one.
const MONTH_SECONDS: i64 = 30 * 24 * 3600;

/// How many invoices a request collects that brings a payment method.
const AT_ONCE: usize = 100;

/// How many attempts one run makes: each payment method that is refused for good is followed by the
/// next.
const ATTEMPTS: u32 = 20;
