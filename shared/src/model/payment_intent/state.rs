//! The states of a payment intent, and which may follow which: the table at the head of
//! `payment_intent.rs`.

use crate::base::input::choice;

choice! {
    /// The state of a payment intent.
    pub enum PaymentIntentState {
        /// The processor is being asked.
        Processing = "processing",
        /// The payer has to do what `next_action` says.
        RequiresAction = "requires_action",
        /// The money was taken.
        Succeeded = "succeeded",
        /// It was not, and by this attempt will not be.
        Failed = "failed",
        /// The processor did not answer; it will be asked what became of the attempt.
        Unknown = "unknown",
    }
}

impl PaymentIntentState {
    /// Whether an intent in this state may go over into the `next`.
    pub const fn can_become(self, next: Self) -> bool {
        match (self, next) {
            (
                Self::Processing,
                Self::Succeeded | Self::Failed | Self::RequiresAction | Self::Unknown,
            )
            | (
                Self::Unknown,
                Self::Succeeded | Self::Failed | Self::RequiresAction | Self::Processing,
            )
            | (Self::RequiresAction, Self::Succeeded | Self::Failed | Self::Processing) => true,
            (Self::Processing, Self::Processing)
            | (Self::Unknown, Self::Unknown)
            | (Self::RequiresAction, Self::RequiresAction | Self::Unknown)
            | (
                Self::Succeeded | Self::Failed,
                Self::Processing
                | Self::RequiresAction
                | Self::Succeeded
                | Self::Failed
                | Self::Unknown,
            ) => false,
        }
    }

    /// Whether nothing more becomes of it.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed => true,
            Self::Processing | Self::RequiresAction | Self::Unknown => false,
        }
    }
}
