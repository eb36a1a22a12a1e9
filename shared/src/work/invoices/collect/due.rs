//! What is due of an invoice: another attempt, dunning, and the end of it.

use crate::{
    base::{error::Error, id::CustomerId, telemetry::log_failure},
    model::{
        account::{Account, InvoiceOutcome, SubscriptionOutcome},
        billing::dunning::Terms,
        invoice::{Invoice, InvoiceState, of_customer_in},
        payment_method::PaymentMethod,
        subscription::Subscription,
    },
    work::Work,
};

impl Work {
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
    pub(super) async fn without_method(&self, invoice: &Invoice) -> Result<(), Error> {
        let terms = self.terms(invoice).await?;
        let mut tx = self.begin();
        let invoice = tx.update(invoice, invoice.without_method(terms, self.now())?);
        self.followed(&mut tx, &invoice).await?;
        self.commit(tx).await
    }

    pub(super) async fn terms(&self, invoice: &Invoice) -> Result<Terms, Error> {
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
}

/// An invoice that bills no period is retried like a monthly one.
const MONTH_SECONDS: i64 = 30 * 24 * 3600;

/// How many invoices a request collects that brings a payment method.
const AT_ONCE: usize = 100;
