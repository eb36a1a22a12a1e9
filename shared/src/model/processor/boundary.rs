//! What may be asked of a processor, and what can become of asking.
//!
//! Whoever asks for money has written down beforehand, in a transaction, under which key it will ask;
//! a key stands for one charge for ever. So when an answer is lost, the outcome is `Unknown`, and the
//! two ways on are both harmless: to ask what became of the key, or to ask for the same charge again
//! with the same key. An `Unknown` is never a decline, and never a reason for a new key.
//!
//! A charge takes one step or two. In two, the first prepares it and moves nothing; its answer is the
//! processor's name for the charge, which is written down before the second step takes the money: from
//! then on the processor can be asked about it by that name, however old it is.
//!
//! How six processors fit: [decision 23](../../../../docs/decisions/0023-what-a-processor-is-asked.md).

use super::wire::{Action, Card, Failure, Order, Rejection, Response, Taken};
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
    /// Who pays, by the processor's name, where it has one.
    pub payer: Option<String>,
    /// What the payer's statement refers to: an invoice.
    pub statement: String,
    /// The processor's name for the charge, once it was prepared.
    pub reference: Option<String>,
    /// Where the payer comes back to; none, where no payer is there.
    pub return_url: Option<String>,
    /// Whether it was perhaps asked for before: a refusal then says nothing of the first time.
    pub again: bool,
}

impl Charge {
    /// The charge, as it is sent.
    pub(crate) fn order(&self) -> Order {
        let charge = self.clone();
        Order {
            idempotency_key: charge.key,
            amount: charge.amount,
            currency: charge.currency,
            source: charge.source,
            payer: charge.payer,
            statement: charge.statement,
            reference: charge.reference,
            return_url: charge.return_url,
            again: charge.again,
        }
    }
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
    /// The currency of the amount.
    pub currency: Currency,
}

/// What became of a charge or a refund, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money has moved.
    Succeeded {
        /// The processor's name for the charge or refund.
        reference: String,
        /// What was taken, where the processor says so.
        taken: Option<Taken>,
    },
    /// It has not, and under this key never will.
    Declined(Failure),
    /// Nothing was done, and nothing will be under this key; no card declined it.
    Rejected(Rejection),
    /// It has not until the payer did something there. The charge is open: it can still be paid.
    ActionNeeded(Action),
    /// The processor will know later; the charge is open.
    Pending {
        /// The processor's name for the charge or refund.
        reference: String,
    },
    /// The charge was given up before anything was taken, and can never be paid.
    Cancelled,
    /// What the processor says of it cannot be: another amount, a state that nobody asked for. It is no
    /// success and no failure; the text is for the log, and for a person to look at.
    Strange(String),
    /// Nobody here knows; the text is for the log.
    Unknown(String),
    /// The same, because the processor could not be asked: this time nothing was done.
    Unreachable(String),
}

/// What came of preparing a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The processor's name for it.
    Named(String),
    /// It was not prepared; or nobody knows, which moves nothing either.
    Not(Outcome),
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

/// What came of the attempt to have a card charged from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attaching {
    /// It can be.
    Attached(Attached),
    /// The processor does not know the token, or it was used before.
    UnknownToken,
    /// The card's bank says no.
    Declined(Failure),
    /// The payer has to confirm it first.
    ActionNeeded(Action),
    /// Nothing was done.
    Rejected(Rejection),
    /// Nobody here knows; the text is for the log. The same may be asked again.
    Unknown(String),
}

/// A card that is to be charged from now on.
#[derive(Clone, Debug)]
pub struct NewCard {
    /// What the processor's client-side library returned for it.
    pub token: String,
    /// The processor's name for who pays, where that is known.
    pub payer: Option<String>,
    /// Whether it is the customer's from now on; otherwise it is only presented to pay something.
    pub keeps: bool,
    /// Where the payer comes back to who has to confirm it.
    pub return_url: Option<String>,
}

/// A payment method, as a processor describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The processor's name for it.
    pub source: String,
    /// The processor's name for who pays.
    pub payer: Option<String>,
    /// What a person may see of it.
    pub card: Card,
}

/// What a processor tells of a card that was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be charged, and is like this now.
    Attached(Attached),
    /// It was let go there, and can never be charged again.
    Detached,
    /// The processor does not know it: it is no card of the account that is asked for.
    NeverSeen,
}

/// What a processor's event may be about. It is a hint: whatever else the event says, the processor is
/// asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A charge.
    Charge {
        /// The processor's name for it.
        reference: String,
        /// The key it was asked for with.
        key: String,
    },
    /// A refund.
    Refund {
        /// The key it was asked for with.
        key: String,
    },
    /// A card that somebody had set up to be charged from now on.
    Setup {
        /// The processor's name for the setup.
        reference: String,
        /// Who pays, by ours: the key of the payer.
        key: String,
    },
    /// A card that was attached.
    Method {
        /// The processor's name for it.
        source: String,
    },
    /// A dispute, which nobody here has asked for.
    Dispute {
        /// The processor's name for it.
        reference: String,
    },
}

/// An answer that never came; the text is for the log.
#[derive(Clone, Debug)]
pub struct Lost(pub String);

impl Outcome {
    /// What an answer says of money. One that says nothing of it leaves the outcome unknown.
    pub(crate) fn of(answer: Result<Response, Lost>) -> Self {
        match answer {
            Ok(Response::Succeeded { reference, taken }) => Self::Succeeded { reference, taken },
            Ok(Response::Declined(failure)) => Self::Declined(failure),
            Ok(Response::Rejected(rejection)) => Self::Rejected(rejection),
            Ok(Response::ActionNeeded(action)) => Self::ActionNeeded(action),
            Ok(Response::Pending { reference }) => Self::Pending { reference },
            Ok(Response::Cancelled) => Self::Cancelled,
            Ok(Response::Invalid { message }) => Self::Strange(message),
            Ok(
                other @ (Response::Attached { .. }
                | Response::Detached
                | Response::Ready
                | Response::Opened { .. }
                | Response::Disputed(_)
                | Response::Disputes { .. }
                | Response::NotFound),
            ) => Self::Unknown(format!("the processor answered {other:?}")),
            Err(Lost(text)) => Self::Unknown(text),
        }
    }

    /// Whether the charge can still be paid, or is perhaps being paid.
    pub fn is_open(&self) -> bool {
        match self {
            Self::ActionNeeded(_)
            | Self::Pending { .. }
            | Self::Strange(_)
            | Self::Unknown(_)
            | Self::Unreachable(_) => true,
            Self::Succeeded { .. } | Self::Declined(_) | Self::Rejected(_) | Self::Cancelled => {
                false
            }
        }
    }
}

impl Opened {
    pub(crate) fn of(answer: Result<Response, Lost>) -> Self {
        match answer {
            Ok(Response::Opened { reference }) => Self::Named(reference),
            Err(Lost(text)) => Self::Not(Outcome::Unreachable(text)),
            answer => Self::Not(Outcome::of(answer)),
        }
    }
}

impl Told {
    pub(crate) fn of(answer: Result<Response, Lost>) -> Self {
        match answer {
            Ok(Response::NotFound) => Self::NeverSeen,
            Err(Lost(text)) => Self::Unreachable(text),
            answer => match Outcome::of(answer) {
                Outcome::Unknown(text) => Self::Unreachable(text),
                outcome => Self::Known(outcome),
            },
        }
    }
}

impl Attaching {
    pub(crate) fn of(answer: Result<Response, Lost>) -> Self {
        match answer {
            Ok(Response::Attached { source, payer, card }) => {
                Self::Attached(Attached { source, payer, card })
            }
            Ok(Response::NotFound) => Self::UnknownToken,
            Ok(Response::Declined(failure)) => Self::Declined(failure),
            Ok(Response::ActionNeeded(action)) => Self::ActionNeeded(action),
            Ok(Response::Rejected(rejection)) => Self::Rejected(rejection),
            Ok(other) => Self::Unknown(format!("attaching was answered with {other:?}")),
            Err(Lost(text)) => Self::Unknown(text),
        }
    }
}

impl Standing {
    pub(crate) fn of(answer: Result<Response, Lost>) -> Result<Self, Lost> {
        match answer? {
            Response::Attached { source, payer, card } => {
                Ok(Self::Attached(Attached { source, payer, card }))
            }
            Response::Detached => Ok(Self::Detached),
            Response::NotFound => Ok(Self::NeverSeen),
            other => Err(Lost(format!("a card was answered with {other:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::processor::wire::Blame;

    fn rejection() -> Rejection {
        Rejection { code: "no".to_owned(), message: "No".to_owned(), blame: Blame::Request }
    }

    #[test]
    fn what_is_not_an_answer_about_money_is_unknown_and_never_a_decline() {
        let unknown = [
            Err(Lost("time-out".to_owned())),
            Ok(Response::NotFound),
            Ok(Response::Detached),
            Ok(Response::Opened { reference: "pi_1".to_owned() }),
        ];
        for answer in unknown {
            assert!(matches!(Outcome::of(answer), Outcome::Unknown(_)));
        }
        let other = Response::Invalid { message: "the key stands for another charge".to_owned() };
        let told = Told::of(Ok(other));
        assert!(matches!(told, Told::Known(Outcome::Strange(_))), "{told:?}");
    }

    #[test]
    fn a_rejection_is_no_decline_and_an_empty_answer_no_rejection() {
        let rejected = Outcome::of(Ok(Response::Rejected(rejection())));
        assert_eq!(rejected, Outcome::Rejected(rejection()));
        assert!(!rejected.is_open() && Outcome::Unknown(String::new()).is_open());
        assert_eq!(Told::of(Ok(Response::NotFound)), Told::NeverSeen);
        assert!(matches!(Told::of(Err(Lost("reset".to_owned()))), Told::Unreachable(_)));
        assert!(matches!(Opened::of(Ok(Response::NotFound)), Opened::Not(Outcome::Unknown(_))));
        let lost = Opened::of(Err(Lost("reset".to_owned())));
        assert!(matches!(lost, Opened::Not(Outcome::Unreachable(_))));
    }
}
