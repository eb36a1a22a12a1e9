//! The states of a subscription, and which may follow which.
//!
//! | from | to | when |
//! |---|---|---|
//! | incomplete | trialing, active, cancelled | a trial is configured; the first payment succeeds; it fails for good or is cancelled |
//! | scheduled | trialing, active, incomplete, cancelled | the start date arrives; it is cancelled |
//! | trialing | active, past_due, paused, cancelled | the trial is over and paid; the payment fails; requested |
//! | active | past_due, paused, cancelled | a payment fails; paused; cancelled |
//! | past_due | active, cancelled | recovered; the retries are used up |
//! | paused | active, trialing, cancelled | resumed; resumed with trial left; cancelled |
//! | cancelled | nothing | |
//!
//! A scheduled start that has to be paid first is incomplete until it is, like any other start.

use crate::base::input::choice;

choice! {
    /// Where a subscription is in its life.
    pub enum SubscriptionState {
        /// The first payment has not succeeded yet.
        Incomplete = "incomplete",
        /// It begins later.
        Scheduled = "scheduled",
        /// It is tried out.
        Trialing = "trialing",
        /// It is paid.
        Active = "active",
        /// A payment has failed and is tried again.
        PastDue = "past_due",
        /// Nothing is billed for a while.
        Paused = "paused",
        /// It has ended.
        Cancelled = "cancelled",
    }
}

impl SubscriptionState {
    /// Whether a subscription in this state may be in the state `next` after a change.
    pub const fn can_become(self, next: Self) -> bool {
        use SubscriptionState::{
            Active, Cancelled, Incomplete, PastDue, Paused, Scheduled, Trialing,
        };
        match self {
            Incomplete => matches!(next, Trialing | Active | Cancelled),
            Scheduled => matches!(next, Trialing | Active | Incomplete | Cancelled),
            Trialing => matches!(next, Active | PastDue | Paused | Cancelled),
            Active => matches!(next, PastDue | Paused | Cancelled),
            PastDue => matches!(next, Active | Cancelled),
            Paused => matches!(next, Active | Trialing | Cancelled),
            Cancelled => false,
        }
    }

    /// Whether a subscription in this state is one that its customer has: what decides what is open to them.
    pub const fn runs(self) -> bool {
        matches!(self, Self::Active | Self::Trialing | Self::PastDue)
    }

    /// How a person says it: "past due".
    pub fn described(self) -> String {
        self.as_str().replace('_', " ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_exactly_this() {
        let follows = |from: SubscriptionState| {
            let next = SubscriptionState::ALL.iter().filter(|to| from.can_become(**to));
            next.map(|to| to.as_str()).collect::<Vec<_>>().join(" ")
        };
        let table: Vec<(&str, String)> =
            SubscriptionState::ALL.iter().map(|from| (from.as_str(), follows(*from))).collect();
        let expected = [
            ("incomplete", "trialing active cancelled"),
            ("scheduled", "incomplete trialing active cancelled"),
            ("trialing", "active past_due paused cancelled"),
            ("active", "past_due paused cancelled"),
            ("past_due", "active cancelled"),
            ("paused", "trialing active cancelled"),
            ("cancelled", ""),
        ];
        assert_eq!(table, expected.map(|(from, to)| (from, to.to_owned())));
    }
}
