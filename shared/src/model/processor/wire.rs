//! What goes to a processor and comes back: documents that could be bodies of HTTP requests.
//!
//! They hold what any card processor needs to know and nothing of ours: no id but the merchant's (our
//! processor's) and the one printed on a statement, no name, no address. A processor of another kind
//! is a translation of these to its own API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{
    input::choice,
    money::{Atoms, Currency},
};

/// A request, and who asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// The name under which the processor knows the account.
    pub merchant: String,
    /// What is asked.
    #[serde(flatten)]
    pub request: Request,
}

/// What may be asked of a processor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Request {
    /// What a token of its client-side library stands for, to be charged from now on.
    Attach {
        /// The token.
        token: String,
    },
    /// Take money.
    Charge {
        /// The same for one charge, however often it is asked for.
        idempotency_key: String,
        /// How much.
        amount: Atoms,
        /// The currency of the amount.
        currency: Currency,
        /// From where: what `Attach` was answered with.
        source: String,
        /// What the payer's statement refers to.
        statement: String,
    },
    /// Give money back.
    Refund {
        /// The same for one refund, however often it is asked for.
        idempotency_key: String,
        /// The charge, by the processor's name for it.
        charge: String,
        /// How much.
        amount: Atoms,
    },
    /// What became of the charge or refund with this key.
    Find {
        /// The key.
        idempotency_key: String,
    },
}

/// What a processor answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Response {
    /// The token is good.
    Attached {
        /// The processor's name for what can be charged.
        source: String,
        /// What a person may see of it.
        card: Card,
    },
    /// The money has moved.
    Succeeded {
        /// The processor's name for the charge or refund.
        reference: String,
    },
    /// It has not, and will not.
    Declined(Failure),
    /// It has not until the payer did something.
    ActionNeeded {
        /// Where.
        url: String,
    },
    /// There is no such thing.
    NotFound,
    /// The request makes no sense to the processor; nothing was done because of it.
    Invalid {
        /// Why.
        message: String,
    },
}

/// What a person may see of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Card {
    /// Whose: `visa`, `mastercard`, …
    pub brand: String,
    /// The last four digits.
    pub last_four: String,
    /// The month it expires in, 1 to 12.
    pub exp_month: u8,
    /// The year it expires in.
    pub exp_year: u16,
}

choice! {
    /// Whether trying again may help.
    pub enum DeclineKind {
        /// It may, later.
        Soft = "soft",
        /// It will not, with this payment method.
        Hard = "hard",
    }
}

/// Why no money moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Failure {
    /// For a program: `insufficient_funds`, `stolen_card`, …
    pub code: String,
    /// The same in words for a person.
    pub message: String,
    /// Whether trying again may help.
    pub kind: DeclineKind,
}
