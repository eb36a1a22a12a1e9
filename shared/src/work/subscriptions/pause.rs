//! Pauses: begun, taken back, and the way on after one.

use crate::work::subscriptions::renew::Bill;
use crate::{
    base::{error::Error, id::InvoiceId},
    model::{
        invoice::{BillingReason, Invoice},
        subscription::{Subscription, SubscriptionState, pause::PauseRequest},
    },
    store::Tx,
    work::{Work, answer::Reply},
};

impl Work {
    /// The subscription as it goes on, and the invoice for what is left of the period, where that was
    /// not billed before the pause.
    async fn resumed(
        &self,
        subscription: &Subscription,
    ) -> Result<(Subscription, Option<Invoice>), Error> {
        let now = self.now();
        let trial_left =
            !subscription.is_past_trial() && subscription.trial_end.is_some_and(|end| end > now);
        let next = if trial_left { SubscriptionState::Trialing } else { SubscriptionState::Active };
        let is_paused = subscription.state == SubscriptionState::Paused;
        if !is_paused {
            let hint = format!("is {} and cannot be resumed", subscription.state.described());
            return Err(Error::not_now("subscription", "illegal_state", &hint));
        }
        let mut after = subscription.moved(next, "resumed")?;
        after.pause = None;
        if trial_left {
            return Ok((after, None));
        }
        let index = after.cycle().index_at(now)?.max(0);
        let period = after.cycle().period(index)?;
        if after.ledger.billed_period == Some(index) {
            after.ledger.period = Some(index);
            return Ok((after.measured(now), None));
        }
        let prices = self.billable(Some(after.customer_id()), &after.price_ids()).await?;
        let bill = Bill {
            reason: BillingReason::SubscriptionCycle,
            index: Some(index),
            period,
            from: Some(now.max(period.start)),
            finalize_at: now,
        };
        let billed = self.billed(&after, &prices, bill)?;
        let (after, invoice) = self.with_usage(&after, billed).await?;
        Ok((after, Some(invoice)))
    }

    /// The draft of a subscription that is paused waits until it goes on.
    async fn hold_draft(&self, tx: &mut Tx, subscription: &Subscription) -> Result<(), Error> {
        if let Some(draft) = self.draft_of(subscription).await? {
            tx.follow(&draft, draft.finalized_at_last(None));
        }
        Ok(())
    }

    /// The subscription as it is about to go on: a draft that was held is finalized, if what it bills
    /// still goes on; else it goes, and what it was to settle waits again.
    async fn with_held_draft(
        &self,
        tx: &mut Tx,
        subscription: &Subscription,
    ) -> Result<Subscription, Error> {
        let now = self.now();
        match self.draft_of(subscription).await? {
            None => Ok(subscription.clone()),
            Some(draft) if draft.period().is_some_and(|period| period.contains(now)) => {
                tx.update(&draft, draft.finalized_at_last(Some(now)));
                Ok(subscription.clone())
            }
            Some(draft) => {
                let invoices = self.invoices_of(subscription).await?;
                tx.delete(&draft);
                Ok(subscription.without_draft(&draft, &invoices)?)
            }
        }
    }

    fn write_resumed(
        tx: &mut Tx,
        before: &Subscription,
        (after, invoice): (Subscription, Option<Invoice>),
    ) -> (Subscription, Option<InvoiceId>) {
        let after = tx.update(before, after);
        if let Some(invoice) = &invoice {
            tx.insert(invoice);
        }
        (after, invoice.map(|invoice| invoice.id().clone()))
    }

    /// A pause ends by itself.
    pub(super) async fn resume_subscription(
        &self,
        subscription: &Subscription,
    ) -> Result<(), Error> {
        let mut tx = self.begin();
        let before = self.with_held_draft(&mut tx, subscription).await?;
        let resumed = self.resumed(&before).await?;
        Self::write_resumed(&mut tx, subscription, resumed);
        self.commit(tx).await
    }
}

impl Work {
    /// The subscription with the pause that is asked for. What is written beside it is put into `tx`.
    pub(super) async fn paused_as_asked(
        &self,
        tx: &mut Tx,
        subscription: &Subscription,
        request: &PauseRequest,
    ) -> Result<Subscription, Error> {
        let paused = subscription.paused(request, self.now())?;
        if paused.state == SubscriptionState::Paused {
            self.hold_draft(tx, subscription).await?;
        }
        Ok(paused)
    }

    /// Pauses a subscription, or schedules a pause.
    pub async fn pause_subscription(
        &self,
        subscription: Subscription,
        request: PauseRequest,
    ) -> Reply<Subscription> {
        let mut tx = self.begin_asked();
        let paused = self.paused_as_asked(&mut tx, &subscription, &request).await?;
        let after = tx.update(&subscription, paused);
        self.commit_and_answer(tx, after).await
    }

    /// Takes a scheduled pause back.
    pub async fn remove_scheduled_pause(&self, subscription: Subscription) -> Reply<Subscription> {
        let mut tx = self.begin_asked();
        let after = tx.update(&subscription, subscription.without_scheduled_pause()?);
        self.commit_and_answer(tx, after).await
    }

    /// Lets a paused subscription go on, and bills what is left of the period.
    pub async fn resume_paused(&self, subscription: Subscription) -> Reply<Subscription> {
        let mut tx = self.begin_asked();
        let before = self.with_held_draft(&mut tx, &subscription).await?;
        let resumed = self.resumed(&before).await?;
        let (after, invoice) = Work::write_resumed(&mut tx, &subscription, resumed);
        if let Some(earlier) = self.commit_first(tx, &after).await? {
            return Ok(earlier);
        }
        self.settled_subscription(after, invoice.as_ref()).await
    }
}
