//! What a change does to its object: the second half of an event's type.

use crate::base::input::choice;

choice! {
    /// What a change does to its object.
    pub enum Verb {
        /// It is new.
        Created = "created",
        /// It has changed.
        Updated = "updated",
        /// It is gone.
        Deleted = "deleted",
        /// An invoice's amounts are locked and it has a number.
        Finalized = "finalized",
        /// An invoice is paid in full.
        Paid = "paid",
        /// A payment of an invoice failed.
        PaymentFailed = "payment_failed",
        /// An invoice was not paid in time.
        PastDue = "past_due",
        /// An invoice is void.
        Voided = "voided",
        /// An invoice is not expected to be paid.
        MarkedUncollectible = "marked_uncollectible",
        /// A subscription is paused.
        Paused = "paused",
        /// A subscription goes on.
        Resumed = "resumed",
        /// A subscription has ended.
        Cancelled = "cancelled",
        /// A subscription's trial ends in three days.
        TrialWillEnd = "trial_will_end",
        /// A checkout session made what it was for.
        Completed = "completed",
        /// A checkout session can no longer be completed.
        Expired = "expired",
        /// A payment was made.
        Succeeded = "succeeded",
        /// A payment was not made.
        Failed = "failed",
    }
}
