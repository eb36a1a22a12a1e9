//! Stopping for a while: nothing is billed, and resuming bills what is left of the period.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Subscription, SubscriptionState, renew::Bill};
use crate::{
    error::Error,
    http::{Context, Reply},
    id::InvoiceId,
    input::{Integer, choice, input, rule},
    invoice::{BillingReason, Invoice},
    store::Tx,
    time::Timestamp,
    work::Work,
};

choice! {
    /// When a pause begins.
    pub enum PauseBehavior {
        /// Now.
        PauseImmediately = "pause_immediately",
        /// When the current period ends.
        PauseAtEnd = "pause_at_end",
    }
}

/// A pause that is going on, or that is scheduled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Pause {
    /// When it begins, or began.
    pub pauses_at: Timestamp,
    /// Whether it was asked for now or for the end of the period.
    pub behavior: PauseBehavior,
    /// For how many periods.
    pub pause_for_cycles: Option<i64>,
    /// When the subscription goes on by itself; when it is resumed by hand, null.
    pub resumes_at: Option<Timestamp>,
}

input! {
    /// How a subscription is paused.
    pub struct PauseRequest {
        /// When the pause begins; now, when left out.
        behavior: Option<PauseBehavior>,
        /// For how many periods: it goes on at that boundary after the pause began. Not together with
        /// `resumes_at`.
        pause_for_cycles: Option<Integer<1, 120>>,
        /// When it goes on by itself.
        resumes_at: Option<Timestamp>,
    }
    rules [rule::not_together(&["pause_for_cycles", "resumes_at"])]
    example {"behavior": "pause_at_end", "pause_for_cycles": 1}
}

impl Subscription {
    /// The subscription with the pause that is asked for.
    fn paused(&self, request: &PauseRequest, now: Timestamp) -> Result<Self, Error> {
        let behavior = request.behavior.unwrap_or(PauseBehavior::PauseImmediately);
        let paused = self.moved(SubscriptionState::Paused, "paused")?;
        let pauses_at = match behavior {
            PauseBehavior::PauseImmediately => now,
            PauseBehavior::PauseAtEnd => self.current_period_end,
        };
        let cycles = request.pause_for_cycles.map(Integer::get);
        if cycles.is_some() && request.resumes_at.is_some() {
            let hint = "cannot be combined with pause_for_cycles";
            return Err(Error::rule("pause", "resumes_at", "not_combinable", hint));
        }
        if request.resumes_at.is_some_and(|at| at <= pauses_at) {
            let hint = "must be after the beginning of the pause";
            return Err(Error::rule("pause", "resumes_at", "out_of_range", hint));
        }
        let resumes_at = match cycles {
            Some(cycles) => {
                let cycle = self.cycle();
                Some(cycle.boundary(cycle.index_at(pauses_at)?.saturating_add(cycles))?)
            }
            None => request.resumes_at,
        };
        let mut after = match behavior {
            PauseBehavior::PauseImmediately => paused,
            PauseBehavior::PauseAtEnd => self.clone(),
        };
        after.pause = Some(Pause { pauses_at, behavior, pause_for_cycles: cycles, resumes_at });
        after.cancel_at = None;
        after.cancel_at_period_end = false;
        // A scheduled cancellation is cleared; the end of the contract is none.
        after.with_contract_end()
    }

    /// The subscription when the pause that was scheduled for the end of the period begins.
    pub(super) fn paused_at_end(&self, at: Timestamp) -> Result<Self, Error> {
        let mut after = self.moved(SubscriptionState::Paused, "paused")?;
        if let Some(pause) = &mut after.pause {
            pause.pauses_at = at;
        }
        Ok(after)
    }

    fn without_scheduled_pause(&self) -> Result<Self, Error> {
        if self.pause.is_none() || self.state == SubscriptionState::Paused {
            let hint = "has no scheduled pause";
            return Err(Error::not_now("subscription", "illegal_state", hint));
        }
        Ok(Self { pause: None, ..self.clone() })
    }
}

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
            return Ok((after, None));
        }
        let prices = self.priced(&after.price_ids()).await?;
        let bill = Bill {
            reason: BillingReason::SubscriptionCycle,
            index: Some(index),
            period,
            from: Some(now.max(period.start)),
            finalize_at: now,
        };
        let (after, invoice) = self.billed(&after, &prices, bill)?;
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
                Ok(subscription.without_draft(&draft, &invoices))
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

impl Context {
    /// Pauses a subscription, or schedules a pause.
    pub async fn pause_subscription(
        &self,
        subscription: Subscription,
        request: PauseRequest,
    ) -> Reply<Subscription> {
        let paused = subscription.paused(&request, self.now())?;
        let mut tx = self.begin();
        if paused.state == SubscriptionState::Paused {
            self.work().hold_draft(&mut tx, &subscription).await?;
        }
        let after = tx.update(&subscription, paused);
        self.commit(tx, after).await
    }

    /// Takes a scheduled pause back.
    pub async fn remove_scheduled_pause(&self, subscription: Subscription) -> Reply<Subscription> {
        let mut tx = self.begin();
        let after = tx.update(&subscription, subscription.without_scheduled_pause()?);
        self.commit(tx, after).await
    }

    /// Lets a paused subscription go on, and bills what is left of the period.
    pub async fn resume_paused(&self, subscription: Subscription) -> Reply<Subscription> {
        let mut tx = self.begin();
        let before = self.work().with_held_draft(&mut tx, &subscription).await?;
        let resumed = self.work().resumed(&before).await?;
        let (after, invoice) = Work::write_resumed(&mut tx, &subscription, resumed);
        if let Some(earlier) = self.commit_first(tx, &after).await? {
            return Ok(earlier);
        }
        self.settled_subscription(after, invoice.as_ref()).await
    }
}
