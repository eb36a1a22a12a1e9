//! Stopping for good: now, at the end of the period, or at a date, with or without money back.
//!
//! What a cancellation gives back is promised in the transaction that cancels; it is settled
//! afterwards (`ending`), by the request or by whoever finds it due.

use serde::{Deserialize, Serialize};

use super::{Subscription, SubscriptionState};
use crate::{
    base::{
        error::Error,
        input::{Text, input},
        time::Timestamp,
    },
    model::billing::ledger::RefundOption,
};

input! {
    /// How a subscription is cancelled.
    #[derive(Serialize, Deserialize)]
    pub struct Cancellation {
        /// What is given back; nothing, when left out.
        pub(crate) refund_option: Option<RefundOption>,
        /// Why, for your records.
        pub(crate) reason: Option<Text<0, 500>>,
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

impl ScheduledCancellation {
    /// At the end of the period; or not at all any more.
    pub(crate) fn at_period_end(cancels: bool) -> Self {
        Self { cancel_at: None, cancel_at_period_end: Some(cancels) }
    }
}

impl Subscription {
    /// When it ends, as it is scheduled.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        let period_end = self.cancel_at_period_end.then_some(self.current_period_end);
        self.cancel_at.into_iter().chain(period_end).min()
    }

    /// Whether it runs, so that its end can be scheduled.
    pub(crate) fn is_cancellable(&self) -> bool {
        self.state != SubscriptionState::Incomplete
            && self.state.can_become(SubscriptionState::Cancelled)
    }

    /// The subscription, charged to `method` from now on.
    pub fn charged_to(&self, method: &crate::model::payment_method::PaymentMethod) -> Self {
        Self {
            default_payment_method_id: Some(method.id().clone()),
            processor_id: Some(method.processor_id().clone()),
            ..self.clone()
        }
    }

    pub(crate) fn cancelled(
        &self,
        now: Timestamp,
        option: RefundOption,
        drafts: bool,
    ) -> Result<Self, Error> {
        self.moved(SubscriptionState::Cancelled, "cancelled")?;
        Ok(self.ended(now, option, drafts))
    }

    pub(crate) fn scheduled_to_end(
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
        let cancel_at_period_end = request.cancel_at.is_none() && at_end != Some(false);
        Self { cancel_at_period_end, ..self.clone() }.with_end_by_hand(request.cancel_at)
    }
}
