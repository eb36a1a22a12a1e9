//! What may be asked of a processor, and what can become of asking.
//!
//! Whoever asks for money has written down beforehand, in a transaction, under which key it will ask;
//! a key stands for one charge for ever. So when an answer is lost, the outcome is `Unknown`, and the
//! two ways on are both harmless: to ask what became of the key, or to ask for the same charge again
//! with the same key. An `Unknown` is never a decline, and never a reason for a new key.

use super::{
    Processor, ProcessorType,
    test::TestProcessor,
    wire::{Card, Envelope, Failure, Request, Response},
};
use crate::{
    error::Error,
    money::{Atoms, Currency},
    work::Work,
};

/// A charge that is asked for.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The idempotency key: the same for one charge, however often it is asked for.
    pub key: String,
    /// How much.
    pub amount: Atoms,
    /// Of what.
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
pub(super) struct Lost(pub(super) String);

impl Work {
    /// Asks for a charge.
    pub async fn charge(&self, processor: &Processor, charge: &Charge) -> Outcome {
        let charge = charge.clone();
        let request = Request::Charge {
            idempotency_key: charge.key,
            amount: charge.amount,
            currency: charge.currency,
            source: charge.source,
            statement: charge.statement,
        };
        outcome_of(self.exchange(processor, request).await)
    }

    /// Asks what became of a charge.
    pub async fn charge_outcome(&self, processor: &Processor, key: &str) -> Told {
        self.told(processor, key).await
    }

    /// Asks for a refund.
    pub async fn refund_at(&self, processor: &Processor, refund: &RefundOrder) -> Outcome {
        let refund = refund.clone();
        let request = Request::Refund {
            idempotency_key: refund.key,
            charge: refund.charge,
            amount: refund.amount,
        };
        outcome_of(self.exchange(processor, request).await)
    }

    /// Asks what became of a refund.
    pub async fn refund_outcome(&self, processor: &Processor, key: &str) -> Told {
        self.told(processor, key).await
    }

    /// What a token of the processor's client-side library stands for; `None` if the processor does
    /// not know it.
    pub(crate) async fn attach(
        &self,
        processor: &Processor,
        token: &str,
    ) -> Result<Option<Attached>, Error> {
        match self.exchange(processor, Request::Attach { token: token.to_owned() }).await {
            Ok(Response::Attached { source, card }) => Ok(Some(Attached { source, card })),
            Ok(Response::NotFound) => Ok(None),
            Ok(other) => Err(Error::Internal(format!("attaching was answered with {other:?}"))),
            Err(Lost(text)) => Err(Error::Busy(text)),
        }
    }

    async fn told(&self, processor: &Processor, key: &str) -> Told {
        let request = Request::Find { idempotency_key: key.to_owned() };
        match self.exchange(processor, request).await {
            Ok(Response::NotFound) => Told::NeverSeen,
            Err(Lost(text)) => Told::Unreachable(text),
            answer => match outcome_of(answer) {
                Outcome::Unknown(text) => Told::Unreachable(text),
                outcome => Told::Known(outcome),
            },
        }
    }

    /// There and back: text goes, and text comes or does not.
    async fn exchange(&self, processor: &Processor, request: Request) -> Result<Response, Lost> {
        let lost = |error: serde_json::Error| Lost(format!("a processor's document: {error}"));
        let envelope = Envelope { merchant: processor.id().to_string(), request };
        let sent = serde_json::to_string(&envelope).map_err(lost)?;
        let received = match processor.r#type {
            ProcessorType::Test => {
                TestProcessor::new(self.store(), processor.account_id()).receive(&sent).await?
            }
        };
        serde_json::from_str(&received).map_err(lost)
    }
}

/// What an answer says of money. One that says nothing of it leaves the outcome unknown.
fn outcome_of(answer: Result<Response, Lost>) -> Outcome {
    match answer {
        Ok(Response::Succeeded { reference }) => Outcome::Succeeded { reference },
        Ok(Response::Declined(failure)) => Outcome::Declined(failure),
        Ok(Response::ActionNeeded { url }) => Outcome::ActionNeeded { url },
        Ok(Response::Invalid { message }) => Outcome::Unknown(message),
        Ok(other @ (Response::Attached { .. } | Response::NotFound)) => {
            Outcome::Unknown(format!("the processor answered {other:?}"))
        }
        Err(Lost(text)) => Outcome::Unknown(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_answer_about_money_is_unknown_and_never_a_decline() {
        let unknown = [
            Err(Lost("time-out".to_owned())),
            Ok(Response::NotFound),
            Ok(Response::Invalid { message: "the key stands for another charge".to_owned() }),
        ];
        for answer in unknown {
            assert!(matches!(outcome_of(answer), Outcome::Unknown(_)));
        }
    }
}
