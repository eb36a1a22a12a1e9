//! What the test processor keeps of each charge and refund, as an auditor reads it.

use crate::model::processor::wire::Response;
use serde::{Deserialize, Serialize};

use crate::base::{
    input::choice,
    money::{Atoms, Currency},
};

choice! {
    /// What an entry of the record is.
    pub enum EntryKind {
        /// A charge.
        Charge = "charge",
        /// A refund of one.
        Refund = "refund",
    }
}

/// An entry of the test processor's record: one charge or refund that it was asked for, and the
/// answer that it gives for ever.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Its name: `ch_…` or `re_…`.
    pub reference: String,
    /// Who asked: the id of our processor.
    pub merchant: String,
    /// The key it was asked with.
    pub idempotency_key: String,
    /// How much was asked for.
    pub amount: Atoms,
    /// The currency of the amount.
    pub currency: Currency,
    /// What was charged or, of a refund, the charge.
    pub of: String,
    /// Whether the money moved.
    pub succeeded: bool,
    /// Of a charge: how much of it was refunded.
    pub refunded: Atoms,
    pub(crate) answer: Response,
    pub(crate) version: u64,
}

impl Entry {
    /// The answer to whoever asks with a key that is known: the first one, if the same is asked.
    pub(crate) fn answer_again(self, amount: Atoms, of: &str) -> Response {
        match self.amount == amount && self.of == of {
            true => self.answer,
            false => Response::Invalid { message: "the key stands for another request".to_owned() },
        }
    }
}
