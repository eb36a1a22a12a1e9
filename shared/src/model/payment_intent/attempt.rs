//! The attempt: what its processor is asked for, and what the intent is after the answer.

use super::{NextAction, PaymentIntent, PaymentIntentState};
use crate::model::{
    payment_method::PaymentMethod,
    processor::{Blame, Charge, DeclineKind, Failure, Outcome},
};

impl PaymentIntent {
    /// The charge that the processor is asked for.
    pub fn charge(&self, method: &PaymentMethod) -> Charge {
        let statement = self.invoice_id.as_ref().map(|invoice| invoice.as_str());
        Charge {
            key: self.idempotency_key.clone(),
            amount: self.amount_atom,
            currency: self.currency,
            source: method.source().to_owned(),
            payer: method.payer().map(str::to_owned),
            statement: statement.unwrap_or(self.record.id.as_str()).to_owned(),
            reference: self.processor_reference.clone(),
            return_url: self.return_url.clone(),
            again: false,
        }
    }

    /// The same charge, to ask about: also where the payment method is gone.
    pub(crate) fn charge_by(&self, method: Option<&PaymentMethod>) -> Charge {
        match method {
            Some(method) => self.charge(method),
            None => Charge {
                key: self.idempotency_key.clone(),
                amount: self.amount_atom,
                currency: self.currency,
                source: String::new(),
                payer: None,
                statement: String::new(),
                reference: self.processor_reference.clone(),
                return_url: self.return_url.clone(),
                again: false,
            },
        }
    }

    /// The outcome, if the processor took what it was asked for. Anything else is for a person to look
    /// at.
    pub(crate) fn checked(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Succeeded { taken: Some(taken), reference }
                if taken.amount != self.amount_atom || taken.currency != self.currency =>
            {
                let (asked, currency) = (self.amount_atom.get(), self.currency);
                let (took, of) = (taken.amount.get(), taken.currency);
                Outcome::Strange(format!(
                    "{reference}: {took} {of} were taken where {asked} {currency} were asked for"
                ))
            }
            outcome => outcome,
        }
    }

    /// The intent, prepared at its processor under this name.
    pub(crate) fn opened(&self, reference: String) -> Self {
        Self { processor_reference: Some(reference), ..self.clone() }
    }

    /// The intent after the processor has answered or not. What is final stays as it is, and so does
    /// what an answer cannot change.
    pub fn settled(&self, outcome: &Outcome) -> Self {
        let next = match outcome {
            Outcome::Succeeded { .. } => PaymentIntentState::Succeeded,
            Outcome::Declined(_) | Outcome::Rejected(_) | Outcome::Cancelled => {
                PaymentIntentState::Failed
            }
            Outcome::ActionNeeded(_) => PaymentIntentState::RequiresAction,
            Outcome::Pending { .. } => PaymentIntentState::Processing,
            Outcome::Strange(_) | Outcome::Unknown(_) | Outcome::Unreachable(_) => {
                PaymentIntentState::Unknown
            }
        };
        let named = |reference: &String| Some(reference.clone());
        if !self.state.can_become(next) {
            return match outcome {
                Outcome::Pending { reference } if self.state == next => {
                    Self { processor_reference: named(reference), ..self.clone() }
                }
                _ => self.clone(),
            };
        }
        let settled =
            Self { state: next, next_action: None, next_action_url: None, ..self.clone() };
        let failed = |failure| Self { failure: Some(failure), ..settled.clone() };
        match outcome {
            Outcome::Succeeded { reference, .. } => Self {
                processor_reference: named(reference),
                captured_amount_atom: self.amount_atom,
                ..settled
            },
            Outcome::Declined(failure) => failed(failure.clone()),
            Outcome::Rejected(rejection) => Self {
                failure: Some(rejection.failure()),
                refused: rejection.blame != Blame::Method,
                ..settled
            },
            Outcome::Cancelled => {
                let message = "The payment was given up before it was confirmed";
                failed(Failure::new("payment_cancelled", message, DeclineKind::Soft))
            }
            Outcome::ActionNeeded(action) => Self {
                processor_reference: action.reference.clone().or(settled.processor_reference),
                next_action: Some(NextAction { r#type: action.r#type, url: action.url.clone() }),
                next_action_url: action.url.clone(),
                ..settled
            },
            Outcome::Pending { reference } => {
                Self { processor_reference: named(reference), ..settled }
            }
            Outcome::Strange(_) | Outcome::Unknown(_) | Outcome::Unreachable(_) => settled,
        }
    }
}
