//! What may be asked of a processor, and what can become of asking.
//!
//! Whoever asks for money has written down beforehand, in a transaction, under which key it will ask;
//! a key stands for one charge for ever. So when an answer is lost, the outcome is `Unknown`, and the
//! two ways on are both harmless: to ask what became of the key, or to ask for the same charge again
//! with the same key. An `Unknown` is never a decline, and never a reason for a new key.

use super::wire::{Card, Failure};
use crate::base::money::{Atoms, Currency};

/// A charge that is asked for.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The idempotency key: the same for one charge, however often it is asked for.
    pub key: String,
    /// How much.
    pub amount: Atoms,
    /// The currency of the amount.
    pub currency: Currency,
    /// From where: the processor's name for a payment method.
    pub source: String,
    /// What the payer's statement refers to: an invoice.
    pub statement: String,
}

/// A refund that is asked for.
#[derive(Clone, Debug)]
pub struct RefundOrder {
    /// The idempotency key: the same for one refund, however often it is asked for.
    pub key: String,
    /// The charge, by the processor's name for it.
    pub charge: String,
    /// How much.
    pub amount: Atoms,
}

/// What became of a charge or a refund, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money has moved.
    Succeeded {
        /// The processor's name for the charge or refund.
        reference: String,
    },
    /// It has not, and under this key never will.
    Declined(Failure),
    /// It has not until the payer did something there.
    ActionNeeded {
        /// Where.
        url: String,
    },
    /// Nobody here knows; the text is for the log.
    Unknown(String),
}

/// What a processor tells of a key that it was perhaps asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What became of it.
    Known(Outcome),
    /// It was never asked, or the request has not arrived yet: ask again with the same key.
    NeverSeen,
    /// The processor cannot be reached; the text is for the log.
    Unreachable(String),
}

/// A payment method, as a processor describes it.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The processor's name for it.
    pub source: String,
    /// What a person may see of it.
    pub card: Card,
}

/// An answer that never came; the text is for the log.
#[derive(Clone, Debug)]
pub struct Lost(pub String);
