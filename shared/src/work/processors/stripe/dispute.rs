//! Disputes: a payer's bank asks about a charge, or takes it back. Nobody here asks for one; an event
//! names it, or the list of the last ones, and from then on it is asked about by its name.

use serde::Deserialize;

use super::{
    Stripe,
    amount::answered,
    call::Answered,
    object::{Contested, Keyed, Listed},
    silent,
};
use crate::{
    base::time::Timestamp,
    model::processor::{DisputeState, Disputed, Lost, wire::Response},
};

const MILLIS: i64 = 1_000;

impl Stripe<'_> {
    /// The names of disputes of charges that were made with a key of ours.
    pub(super) async fn find_disputes(&self, since: i64) -> Result<Response, Lost> {
        let (since, mut references, mut after) = (since.to_string(), Vec::new(), None::<String>);
        loop {
            let whole = ("expand[]", "data.payment_intent");
            let mut query = vec![("created[gte]", since.as_str()), ("limit", "100"), whole];
            query.extend(after.as_deref().map(|after| ("starting_after", after)));
            let page: Answered<Listed<Told>> = self.line.get("/v1/disputes", &query).await;
            let page = page?.map_err(|refused| silent(&refused))?;
            after = page.data.last().map(|last| last.id.clone()).filter(|_| page.has_more);
            let is_of_ours = |told: &Told| {
                told.payment_intent.as_ref().is_some_and(|of| of.metadata.contains_key("key"))
            };
            references.extend(page.data.into_iter().filter(is_of_ours).map(|told| told.id));
            if after.is_none() {
                return Ok(Response::Disputes { references });
            }
        }
    }

    /// What has become of a dispute. One of a charge that was made without a key is nobody's here.
    pub(super) async fn find_dispute(&self, reference: &str) -> Result<Response, Lost> {
        let path = format!("/v1/disputes/{reference}");
        let read: Answered<Contested> =
            self.line.get(&path, &[("expand[0]", "payment_intent")]).await;
        match read? {
            Ok(dispute) => disputed(reference, dispute),
            Err(refused) if refused.status == 404 => Ok(Response::NotFound),
            Err(refused) => Err(silent(&refused)),
        }
    }
}

/// A dispute in a list, with the charge that it is of.
#[derive(Debug, Deserialize)]
struct Told {
    id: String,
    payment_intent: Option<Keyed>,
}

fn disputed(reference: &str, dispute: Contested) -> Result<Response, Lost> {
    let of_ours = |charge: Keyed| Some((charge.id, charge.metadata.get("key")?.clone()));
    let Some((charge, key)) = dispute.payment_intent.and_then(of_ours) else {
        return Ok(Response::NotFound);
    };
    let unread = |what: &str| Lost(format!("{reference}: {what} cannot be read"));
    let currency = dispute.currency.parse().map_err(|_| unread("its currency"))?;
    let amount = answered(dispute.amount, currency).ok_or_else(|| unread("its amount"))?;
    let state = state_of(&dispute.status).ok_or_else(|| unread("its status"))?;
    let due_by = dispute.evidence_details.and_then(|evidence| evidence.due_by);
    let evidence_due_by = due_by.and_then(|due| Timestamp::from_millis(due.checked_mul(MILLIS)?));
    Ok(Response::Disputed(Box::new(Disputed {
        charge,
        key,
        amount,
        currency,
        state,
        reason: dispute.reason,
        evidence_due_by,
        refundable: dispute.is_charge_refundable,
    })))
}

/// Our word for Stripe's. An appeal is a dispute that goes on.
fn state_of(status: &str) -> Option<DisputeState> {
    match status {
        "appeal_needs_response" => Some(DisputeState::NeedsResponse),
        "appeal_under_review" => Some(DisputeState::UnderReview),
        word => DisputeState::ALL.iter().copied().find(|state| state.as_str() == word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(changed: &[(&str, serde_json::Value)]) -> Result<Response, String> {
        let mut dispute = json!({
            "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "usd",
            "status": "needs_response", "reason": "fraudulent", "is_charge_refundable": false,
            "evidence_details": {"due_by": 1_790_000_000},
            "payment_intent": {"id": "pi_1", "metadata": {"key": "acc:in:1"}},
        });
        for (name, value) in changed {
            dispute[name] = value.clone();
        }
        disputed("dp_1", serde_json::from_value(dispute).unwrap()).map_err(|lost| lost.0)
    }

    fn of(response: Response) -> Disputed {
        match response {
            Response::Disputed(disputed) => *disputed,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_dispute_is_that_of_a_charge_of_ours() {
        let dispute = of(told(&[]).unwrap());
        assert_eq!((dispute.charge.as_str(), dispute.key.as_str()), ("pi_1", "acc:in:1"));
        assert_eq!((dispute.amount.get(), dispute.state), (1000, DisputeState::NeedsResponse));
        assert_eq!(dispute.evidence_due_by, Timestamp::from_millis(1_790_000_000_000));
        for other in [json!(null), json!({"id": "pi_2", "metadata": {}}), json!({"id": "pi_2"})] {
            let told = told(&[("payment_intent", other)]);
            assert!(matches!(told, Ok(Response::NotFound)));
        }
    }

    #[test]
    fn each_status_has_a_state_and_what_is_unknown_is_no_answer() {
        for state in DisputeState::ALL {
            let told = told(&[("status", json!(state.as_str()))]).unwrap();
            assert_eq!(of(told).state, *state);
        }
        let appealed = told(&[("status", json!("appeal_under_review"))]).unwrap();
        assert_eq!(of(appealed).state, DisputeState::UnderReview);
        assert!(told(&[("status", json!("of_tomorrow"))]).unwrap_err().contains("status"));
        assert!(told(&[("currency", json!("x"))]).unwrap_err().contains("currency"));
    }

    #[test]
    fn amounts_are_those_of_charges() {
        let krona = told(&[("currency", json!("isk")), ("amount", json!(100_000))]).unwrap();
        assert_eq!(of(krona).amount.get(), 1000);
        assert!(told(&[("currency", json!("isk")), ("amount", json!(1))]).is_err());
    }
}
