//! Stopping for good: now, at the end of the period, or at a date, with or without money back.
//!
//! What a cancellation gives back is promised in the transaction that cancels; it is settled
//! afterwards (`ending`), by the request or by whoever finds it due.

use crate::{
    base::{error::Error, telemetry::log_failure, time::Timestamp},
    model::{
        billing::ledger::RefundOption,
        invoice::{Invoice, InvoiceState, of_subscription},
        subscription::{
            Subscription,
            cancel::{Cancellation, ScheduledCancellation},
        },
    },
    work::{Work, answer::Reply},
};

impl Work {
    /// A scheduled cancellation is due.
    pub(super) async fn end_subscription(
        &self,
        subscription: &Subscription,
        at: Timestamp,
    ) -> Result<(), Error> {
        let drafts = self.has_drafts(subscription).await?;
        let mut tx = self.begin();
        tx.update(subscription, subscription.ended(at, RefundOption::None, drafts).in_time());
        self.commit(tx).await
    }

    /// Whether a subscription has an invoice that is not final.
    pub(crate) async fn has_drafts(&self, subscription: &Subscription) -> Result<bool, Error> {
        let is_draft = |invoice: &Invoice| invoice.state() == InvoiceState::Draft;
        let invoices = self.until(&of_subscription(subscription.id()), is_draft).await?;
        Ok(invoices.last().is_some_and(is_draft))
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

impl Work {
    /// The subscription, cancelled now. Payments whose outcome is not known are asked about before.
    pub(super) async fn cancelled_as_asked(
        &self,
        subscription: &Subscription,
        request: &Cancellation,
    ) -> Result<Subscription, Error> {
        let option = request.refund_option.unwrap_or(RefundOption::None);
        subscription.cancelled(self.now(), option, false)?;
        let drafts = match option {
            RefundOption::None => {
                self.awaited_by(subscription).await?;
                self.has_drafts(subscription).await?
            }
            RefundOption::Full | RefundOption::Prorated | RefundOption::CancelUnpaid => {
                let invoices = self.invoices_of(subscription).await?;
                self.ask_about_all(invoices).await?;
                true
            }
        };
        let mut after = subscription.cancelled(self.now(), option, drafts)?;
        after.change_reason = request.reason.as_ref().map(|reason| reason.as_str().to_owned());
        Ok(after)
    }

    /// Cancels a subscription now, and settles what it leaves: the lines that wait, its drafts, what
    /// is given back. What cannot be done now is due.
    pub async fn cancel_subscription(
        &self,
        subscription: Subscription,
        request: Cancellation,
    ) -> Reply<Subscription> {
        let after = self.cancelled_as_asked(&subscription, &request).await?;
        let mut tx = self.begin_asked();
        let after = tx.update(&subscription, after);
        if let Some(earlier) = self.commit_first(tx, &after).await? {
            return Ok(earlier);
        }
        if let Err(error) = self.settle_end(&after).await {
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
        let mut tx = self.begin_asked();
        let after = subscription.scheduled_to_end(&request, self.now())?;
        let after = tx.update(&subscription, after);
        self.commit_and_answer(tx, after).await
    }
}
