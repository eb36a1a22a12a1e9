//! Stopping for good: now, at the end of the period, or at a date, with or without money back.
//!
//! What a cancellation gives back is promised in the transaction that cancels; it is settled
//! afterwards (`ending`), by the request or by whoever finds it due.

use super::{Subscription, SubscriptionState};
use crate::{
    billing::ledger::RefundOption,
    error::Error,
    http::{Context, Reply},
    input::{Text, input},
    invoice::{Invoice, InvoiceState, of_subscription},
    page::PageRequest,
    store::Page,
    telemetry::log_failure,
    time::Timestamp,
    work::Work,
};

/// How many of the newest invoices are looked at for drafts.
pub(super) const NEWEST: usize = 5;

input! {
    /// How a subscription is cancelled.
    pub struct Cancellation {
        /// What is given back; nothing, when left out.
        refund_option: Option<RefundOption>,
        /// Why, for your records.
        reason: Option<Text<0, 500>>,
    }
    example {"refund_option": "prorated"}
}

input! {
    /// When a subscription will be cancelled.
    pub struct ScheduledCancellation {
        /// At this instant. Not together with `cancel_at_period_end`.
        cancel_at: Option<Timestamp>,
        /// When the current period ends: true, when both are left out. False takes a scheduled
        /// cancellation back.
        cancel_at_period_end: Option<bool>,
    }
    example {"cancel_at_period_end": true}
}

impl Subscription {
    /// The subscription, charged to `method` from now on.
    pub fn charged_to(&self, method: &crate::payment_method::PaymentMethod) -> Self {
        Self {
            default_payment_method_id: Some(method.id().clone()),
            processor_id: Some(method.processor_id().clone()),
            ..self.clone()
        }
    }

    fn cancelled(&self, now: Timestamp, option: RefundOption, drafts: bool) -> Result<Self, Error> {
        self.moved(SubscriptionState::Cancelled, "cancelled")?;
        Ok(self.ended(now, option, drafts))
    }

    fn scheduled_to_end(
        &self,
        request: &ScheduledCancellation,
        now: Timestamp,
    ) -> Result<Self, Error> {
        self.moved(SubscriptionState::Cancelled, "cancelled")?;
        let at_end = request.cancel_at_period_end;
        if request.cancel_at.is_some() && at_end == Some(true) {
            let hint = "cannot be combined with cancel_at_period_end";
            return Err(Error::rule("cancellation", "cancel_at", "not_combinable", hint));
        }
        if request.cancel_at.is_some_and(|at| at <= now) {
            let hint = "must be in the future; to cancel now, use /cancel";
            return Err(Error::rule("cancellation", "cancel_at", "out_of_range", hint));
        }
        Ok(Self {
            cancel_at: request.cancel_at,
            cancel_at_period_end: request.cancel_at.is_none() && at_end != Some(false),
            ..self.clone()
        })
    }
}

impl Work {
    /// A scheduled cancellation is due.
    pub(super) async fn end_subscription(
        &self,
        subscription: &Subscription,
        at: Timestamp,
    ) -> Result<(), Error> {
        let drafts = self.has_drafts(subscription).await?;
        let mut tx = self.begin();
        tx.update(subscription, subscription.ended(at, RefundOption::None, drafts));
        self.commit(tx).await
    }

    /// Whether a subscription has an invoice that is not final. Those are its newest: an invoice is
    /// final an hour after its period has begun, or as soon as somebody looks.
    pub(crate) async fn has_drafts(&self, subscription: &Subscription) -> Result<bool, Error> {
        let list = of_subscription(subscription.id());
        let page: Page<Invoice> = self.page(&list, PageRequest::first(NEWEST)).await?;
        Ok(page.items.iter().any(|invoice| invoice.state() == InvoiceState::Draft))
    }

    /// Asks what became of all payments of a subscription whose outcome is not known.
    async fn ask_about_all(&self, invoices: Vec<Invoice>) -> Result<(), Error> {
        for invoice in invoices {
            if invoice.open_attempt().is_some() {
                self.settled_attempts(invoice).await?;
            }
        }
        Ok(())
    }
}

impl Context {
    /// Cancels a subscription now, and settles what it leaves: the lines that wait, its drafts, what
    /// is given back. What cannot be done now is due.
    pub async fn cancel_subscription(
        &self,
        subscription: Subscription,
        request: Cancellation,
    ) -> Reply<Subscription> {
        let option = request.refund_option.unwrap_or(RefundOption::None);
        subscription.cancelled(self.now(), option, false)?;
        let drafts = match option {
            RefundOption::None => {
                self.work().awaited_by(&subscription).await?;
                self.work().has_drafts(&subscription).await?
            }
            RefundOption::Full | RefundOption::Prorated | RefundOption::CancelUnpaid => {
                let invoices = self.work().invoices_of(&subscription).await?;
                self.work().ask_about_all(invoices).await?;
                true
            }
        };
        let mut after = subscription.cancelled(self.now(), option, drafts)?;
        after.change_reason = request.reason.map(|reason| reason.as_str().to_owned());
        let mut tx = self.begin();
        let after = tx.update(&subscription, after);
        if let Some(earlier) = self.commit_first(tx, &after).await? {
            return Ok(earlier);
        }
        if let Err(error) = self.work().settle_end(&after).await {
            log_failure("the end of a subscription is settled later", &format!("{error:?}"));
        }
        self.settled_subscription(after, None).await
    }

    /// Schedules a cancellation, or takes it back.
    pub async fn schedule_cancellation(
        &self,
        subscription: Subscription,
        request: ScheduledCancellation,
    ) -> Reply<Subscription> {
        let mut tx = self.begin();
        let after = subscription.scheduled_to_end(&request, self.now())?.with_contract_end()?;
        let after = tx.update(&subscription, after);
        self.commit(tx, after).await
    }
}
