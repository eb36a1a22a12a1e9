//! Stopping for a while: nothing is billed, and resuming bills what is left of the period.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Subscription, SubscriptionState};
use crate::base::{
    error::Error,
    input::{Integer, choice, input, rule},
    time::Timestamp,
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

impl PauseRequest {
    /// What asks for a pause that begins now.
    pub(crate) fn now_for(cycles: Option<Integer<1, 120>>, resumes_at: Option<Timestamp>) -> Self {
        let behavior = Some(PauseBehavior::PauseImmediately);
        Self { behavior, pause_for_cycles: cycles, resumes_at }
    }
}

impl Subscription {
    /// The subscription with the pause that is asked for.
    pub(crate) fn paused(&self, request: &PauseRequest, now: Timestamp) -> Result<Self, Error> {
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
            Some(cycles) => Some(self.cycles_after(pauses_at, cycles)?),
            None => request.resumes_at,
        };
        let mut after = match behavior {
            PauseBehavior::PauseImmediately => paused,
            PauseBehavior::PauseAtEnd => self.clone(),
        };
        after.pause = Some(Pause { pauses_at, behavior, pause_for_cycles: cycles, resumes_at });
        after.cancel_at_period_end = false;
        // A scheduled cancellation is cleared; the end of the contract is none.
        after.measured(now).with_end_by_hand(None)
    }

    /// The boundary that is `cycles` periods after a pause has begun.
    fn cycles_after(&self, pauses_at: Timestamp, cycles: i64) -> Result<Timestamp, Error> {
        let cycle = self.cycle();
        Ok(cycle.boundary(cycle.index_at(pauses_at)?.saturating_add(cycles))?)
    }

    /// The subscription, whose current period has another end than before: a pause that is scheduled
    /// for that end moves with it. `field` is what asked for the other end.
    pub(crate) fn with_pause_moved(&self, field: &str) -> Result<Self, Error> {
        let Some(pause) = self.pause.as_ref().filter(|_| self.state != SubscriptionState::Paused)
        else {
            return Ok(self.clone());
        };
        let pauses_at = self.current_period_end;
        let resumes_at = match pause.pause_for_cycles {
            Some(cycles) => Some(self.cycles_after(pauses_at, cycles)?),
            None => pause.resumes_at,
        };
        if resumes_at.is_some_and(|at| at <= pauses_at) {
            let hint = "leads to a trial that ends after the pause which is scheduled for its end is \
                        over; take that pause back first";
            return Err(Error::rule("subscription", field, "not_combinable", hint));
        }
        let pause = Some(Pause { pauses_at, resumes_at, ..pause.clone() });
        Ok(Self { pause, ..self.clone() })
    }

    /// The subscription when the pause that was scheduled for the end of the period begins.
    pub(crate) fn paused_at_end(&self, at: Timestamp) -> Result<Self, Error> {
        let mut after = self.moved(SubscriptionState::Paused, "paused")?;
        if let Some(pause) = &mut after.pause {
            pause.pauses_at = at;
        }
        Ok(after.measured(at))
    }

    pub(crate) fn without_scheduled_pause(&self) -> Result<Self, Error> {
        if self.pause.is_none() || self.state == SubscriptionState::Paused {
            let hint = "has no scheduled pause";
            return Err(Error::not_now("subscription", "illegal_state", hint));
        }
        Ok(Self { pause: None, ..self.clone() })
    }
}
