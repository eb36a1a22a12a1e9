//! Charges: a PaymentIntent is made unconfirmed, which moves nothing; its name is written down; then it
//! is confirmed. From then on it is asked about by its name, which tells the truth at any age.

use super::{
    Stripe,
    amount::{answered, sent},
    call::{Answered, Refused},
    failure_of,
    object::Intent,
    proves_nothing, rejected, silent,
};
use crate::{
    model::processor::{
        Action, ActionType, Blame, DeclineKind, Failure, Lost, Rejection, Taken,
        wire::{Order, Response},
    },
    work::processors::payable::unpayable,
};

impl Stripe<'_> {
    pub(super) async fn open(&self, order: &Order) -> Result<Response, Lost> {
        let Some(amount) = sent(order.amount, order.currency) else {
            return Ok(unsayable(order));
        };
        let (amount, currency) = (amount.to_string(), order.currency.to_string());
        let mut form = vec![
            ("amount", amount.as_str()),
            ("currency", &currency),
            ("payment_method", &order.source),
            ("payment_method_types[0]", "card"),
            ("metadata[key]", &order.idempotency_key),
            ("metadata[invoice]", &order.statement),
        ];
        form.extend(order.payer.as_deref().map(|payer| ("customer", payer)));
        // The same key each time, so that it is one intent even where nobody remembers that it was asked
        // for.
        let path = "/v1/payment_intents";
        let key = format!("{}:open", order.idempotency_key);
        let made: Answered<Intent> = self.line.post_harmless(path, &form, &key).await;
        Ok(match made? {
            Ok(intent) => Response::Opened { reference: intent.id },
            Err(refused) if proves_nothing(&refused) => return Err(silent(&refused)),
            Err(refused) => rejected(&refused),
        })
    }

    pub(super) async fn confirm(&self, order: &Order) -> Result<Response, Lost> {
        let Some(name) = &order.reference else {
            return Ok(Response::Invalid { message: "a charge without a name".to_owned() });
        };
        let path = format!("/v1/payment_intents/{name}/confirm");
        let presence = match &order.return_url {
            Some(url) => ("return_url", url.as_str()),
            None => ("off_session", "true"),
        };
        let key = format!("{}:confirm", order.idempotency_key);
        let confirmed: Answered<Intent> = self.line.post(&path, &[presence], &key).await;
        match confirmed? {
            Ok(intent) => self.concluded(state_of(&intent, order)?, order).await,
            Err(refused) if refused.fault.r#type == "card_error" => {
                self.concluded(Response::Declined(failure_of(&refused.fault)), order).await
            }
            // Under this key something else was asked for there, and was perhaps done.
            Err(refused) if refused.is_of_another() => {
                Ok(Response::Invalid { message: format!("{name}: {}", refused.fault.message) })
            }
            Err(refused) => match inside(&refused) {
                Some(intent) => self.concluded(state_of(&intent, order)?, order).await,
                // Sent again, it may be the first sending that did it.
                None if order.again || proves_nothing(&refused) => Err(silent(&refused)),
                // Whoever has its name too could still confirm it, when the next attempt is made: so it is
                // given up before the refusal is told.
                None => match self.closed(name, order).await? {
                    Some(_) => Ok(rejected(&refused)),
                    None => state_of(&self.shown(name).await?, order),
                },
            },
        }
    }

    pub(super) async fn cancel(&self, order: &Order) -> Result<Response, Lost> {
        // What was never prepared under a name that is known here is never confirmed.
        let Some(name) = &order.reference else { return Ok(Response::Cancelled) };
        match self.closed(name, order).await? {
            Some(intent) => state_of(&intent, order),
            // Too late, or too early: what it came to is asked, because a refusal is kept with the key.
            None => state_of(&self.shown(name).await?, order),
        }
    }

    /// Gives an intent up; none, where it is past that.
    async fn closed(&self, name: &str, order: &Order) -> Result<Option<Intent>, Lost> {
        let path = format!("/v1/payment_intents/{name}/cancel");
        let key = format!("{}:cancel", order.idempotency_key);
        let form = [("cancellation_reason", "abandoned")];
        let cancelled: Answered<Intent> = self.line.post(&path, &form, &key).await;
        match cancelled? {
            Ok(intent) => Ok(Some(intent)),
            Err(refused) if refused.fault.code == "payment_intent_unexpected_state" => Ok(None),
            Err(refused) => Err(silent(&refused)),
        }
    }

    /// What a charge has come to. A payer who was sent away and declined could try the same intent again
    /// there, after we have made another attempt: so it is given up before its decline is told.
    async fn concluded(&self, response: Response, order: &Order) -> Result<Response, Lost> {
        let (Response::Declined(_), Some(name)) = (&response, &order.reference) else {
            return Ok(response);
        };
        if order.return_url.is_none() || self.closed(name, order).await?.is_some() {
            return Ok(response);
        }
        let intent = self.shown(name).await?;
        match intent.status.as_str() {
            "canceled" => Ok(response),
            _ => state_of(&intent, order),
        }
    }

    async fn shown(&self, name: &str) -> Result<Intent, Lost> {
        let path = format!("/v1/payment_intents/{name}");
        let found: Answered<Intent> = self.line.get(&path, &[]).await;
        found?.map_err(|refused| silent(&refused))
    }

    pub(super) async fn find_charge(&self, order: &Order) -> Result<Response, Lost> {
        // A charge without a name was never confirmed.
        let Some(name) = &order.reference else { return Ok(Response::NotFound) };
        let intent = self.shown(name).await?;
        let response = state_of(&intent, order)?;
        match intent.status.as_str() {
            "canceled" => Ok(response),
            _ => self.concluded(response, order).await,
        }
    }
}

/// What a PaymentIntent's state means for the charge.
fn state_of(intent: &Intent, order: &Order) -> Result<Response, Lost> {
    let reference = intent.id.clone();
    Ok(match intent.status.as_str() {
        "succeeded" => Response::Succeeded { reference, taken: Some(taken(intent, order)?) },
        "processing" => Response::Pending { reference },
        "requires_action" => {
            let redirect =
                intent.next_action.as_ref().and_then(|next| next.redirect_to_url.as_ref());
            let url = redirect.and_then(|address| address.url.clone());
            let r#type = if url.is_some() { ActionType::Redirect } else { ActionType::InPage };
            Response::ActionNeeded(Action { r#type, url, reference: Some(reference) })
        }
        "requires_payment_method" => match &intent.last_payment_error {
            Some(fault) => Response::Declined(failure_of(fault)),
            None => Response::NotFound,
        },
        "requires_confirmation" => Response::NotFound,
        "canceled" => match &intent.last_payment_error {
            Some(fault) => {
                let failure = failure_of(fault);
                Response::Declined(Failure { kind: DeclineKind::Soft, ..failure })
            }
            None => Response::Cancelled,
        },
        other => Response::Invalid { message: format!("{reference} is {other}") },
    })
}

fn taken(intent: &Intent, order: &Order) -> Result<Taken, Lost> {
    let currency = intent.currency.parse().unwrap_or(order.currency);
    let amount = answered(intent.amount_received, currency);
    let amount = amount.ok_or_else(|| {
        Lost(format!("{} received {} {currency}", intent.id, intent.amount_received))
    })?;
    Ok(Taken { amount, currency })
}

/// The intent that a refusal is about, where it says so.
fn inside(refused: &Refused) -> Option<Intent> {
    let intent: Intent = serde_json::from_value(refused.fault.payment_intent.clone()?).ok()?;
    // As it was before it was confirmed: that says nothing.
    let confirmed = !matches!(intent.status.as_str(), "requires_confirmation");
    confirmed.then_some(intent)
}

fn unsayable(order: &Order) -> Response {
    Response::Rejected(Rejection {
        code: "amount_not_payable".to_owned(),
        message: unpayable(order.amount, order.currency),
        blame: Blame::Request,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::money::{Atoms, Currency};

    fn order() -> Order {
        Order {
            idempotency_key: "k".to_owned(),
            amount: Atoms::new(100),
            currency: Currency::USD,
            source: "pm_1".to_owned(),
            payer: None,
            statement: String::new(),
            reference: Some("pi_1".to_owned()),
            return_url: None,
            again: false,
        }
    }

    fn state(rest: Value) -> Result<Response, Lost> {
        let mut intent = json!({"id": "pi_1", "amount_received": 100, "currency": "usd"});
        intent.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        state_of(&serde_json::from_value(intent).unwrap(), &order())
    }

    #[test]
    fn each_state_is_one_outcome() {
        let error = json!({"type": "card_error", "code": "card_declined",
            "decline_code": "insufficient_funds", "message": "no"});
        let is = |rest: Value, expected: fn(&Response) -> bool| {
            let response = state(rest.clone()).unwrap();
            assert!(expected(&response), "{rest} {response:?}");
        };
        is(json!({"status": "succeeded"}), |one| matches!(one, Response::Succeeded { .. }));
        is(json!({"status": "processing"}), |one| matches!(one, Response::Pending { .. }));
        is(json!({"status": "requires_confirmation"}), |one| *one == Response::NotFound);
        is(json!({"status": "requires_payment_method"}), |one| *one == Response::NotFound);
        let declined = json!({"status": "requires_payment_method", "last_payment_error": error});
        is(declined, |one| matches!(one, Response::Declined(_)));
        is(json!({"status": "canceled"}), |one| *one == Response::Cancelled);
        let failed = json!({"status": "canceled", "last_payment_error": error});
        is(failed, |one| matches!(one, Response::Declined(_)));
        let redirect = json!({"type": "redirect_to_url", "redirect_to_url": {"url": "https://a"}});
        is(json!({"status": "requires_action", "next_action": redirect}), |one| {
            matches!(one, Response::ActionNeeded(Action { r#type: ActionType::Redirect, .. }))
        });
        let sdk = json!({"type": "use_stripe_sdk", "use_stripe_sdk": {}});
        is(json!({"status": "requires_action", "next_action": sdk}), |one| {
            matches!(one, Response::ActionNeeded(Action { r#type: ActionType::InPage, .. }))
        });
        for status in ["requires_capture", "of_next_year"] {
            is(json!({"status": status}), |one| matches!(one, Response::Invalid { .. }));
        }
    }
}
