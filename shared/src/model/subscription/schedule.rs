//! What happens to a subscription by itself, and when. Pure: its state in, the next step out.
//!
//! The due index holds the instant of the next step, in the transaction of the state that it follows
//! from. A worker that comes late, twice or at the same time as another asks here again what is next:
//! the answer depends on nothing but the subscription.

use super::{Subscription, SubscriptionState};
use crate::base::time::Timestamp;

/// How long before its end a trial's end is announced.
const REMINDER_DAYS: i64 = 3;

/// Something that happens by itself. Of two at one instant the first in this order comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What a cancelled subscription leaves is settled.
    Settle,
    /// It ends.
    Cancel,
    /// What a change request asks for is done, or given up.
    ChangeAsRequested,
    /// It begins.
    Start,
    /// The end of the trial is announced.
    Remind,
    /// It is paused.
    Pause,
    /// It goes on after a pause.
    Resume,
    /// Its items change.
    ChangePlan,
    /// A new period begins.
    Renew,
}

impl Subscription {
    /// What happens next, and when.
    pub fn next_step(&self) -> Option<(Timestamp, Step)> {
        let requested = self.request_due_at().map(|at| (at, Step::ChangeAsRequested));
        self.steps().into_iter().flatten().chain(requested).min()
    }

    fn steps(&self) -> [Option<(Timestamp, Step)>; 5] {
        let at = |at: Option<Timestamp>, step| at.map(|at| (at, step));
        let none = None;
        match self.state {
            SubscriptionState::Cancelled => {
                let settles = self.ledger.ending.as_ref().map(|ending| ending.next_at);
                [at(settles, Step::Settle), none, none, none, none]
            }
            SubscriptionState::Incomplete => {
                [at(self.cancel_at, Step::Cancel), none, none, none, none]
            }
            SubscriptionState::Scheduled => [
                at(self.cancel_at, Step::Cancel),
                at(Some(self.current_period_start), Step::Start),
                none,
                none,
                none,
            ],
            SubscriptionState::Paused => [
                at(self.cancel_at, Step::Cancel),
                at(self.pause.as_ref().and_then(|pause| pause.resumes_at), Step::Resume),
                none,
                none,
                none,
            ],
            SubscriptionState::Trialing
            | SubscriptionState::Active
            | SubscriptionState::PastDue => {
                let end = Some(self.current_period_end);
                let reminder = self.trial_end.filter(|_| self.is_to_be_reminded());
                let reminder = reminder.map(|end| end.plus_days(-REMINDER_DAYS));
                let pauses = self.pause.is_some() && self.state != SubscriptionState::PastDue;
                let ends = self.cancel_at_period_end;
                [
                    at(self.cancel_at, Step::Cancel),
                    at(reminder.map(|at| at.max(self.record.created_at)), Step::Remind),
                    at(self.planned_at(), Step::ChangePlan),
                    at(end.filter(|_| pauses && !ends), Step::Pause),
                    at(end, if ends { Step::Cancel } else { Step::Renew }),
                ]
            }
        }
    }

    fn is_to_be_reminded(&self) -> bool {
        self.state == SubscriptionState::Trialing && !self.is_past_trial() && !self.ledger.reminded
    }

    pub(crate) fn reminded(&self) -> Self {
        let mut after = self.clone();
        after.ledger.reminded = true;
        after
    }
}
