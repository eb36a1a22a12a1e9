//! How a processor is asked: the one place that knows its adapters.

use crate::model::processor::Lost;
use crate::work::processors::test::TestProcessor;
use crate::{
    base::error::Error,
    model::processor::{
        Processor, ProcessorType,
        boundary::{Attached, Charge, Outcome, RefundOrder, Told},
        wire::{Envelope, Request, Response},
    },
    work::Work,
};

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
