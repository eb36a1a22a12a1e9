use serde_json::{Value, json};

use super::*;
use crate::model::entity::Representation;

fn read<T: serde::de::DeserializeOwned>(mut example: Value, rest: Value) -> T {
    example.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    serde_json::from_value(example).unwrap()
}

fn session(rest: Value) -> CheckoutSession {
    read(CheckoutSession::example(), rest)
}

fn invoice(rest: Value) -> Invoice {
    read(Invoice::example(), rest)
}

fn attempting() -> CheckoutSession {
    session(json!({"attempt": {"invoice_id": invoice(json!({})).id()}}))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOON: &str = "2026-01-31T12:00:00Z";

#[test]
fn the_payment_of_its_invoice_completes_a_session_and_nothing_else_does() {
    let paid = attempting().following(&invoice(json!({})), at(NOON));
    assert_eq!((paid.state, paid.completed_at), (CheckoutState::Completed, Some(at(NOON))));
    assert!(paid.payment_intent_id.is_some() && paid.attempt.is_none());
    assert_eq!(paid.amount_total_atom.get(), 30_000);
    let other = invoice(json!({"id": "in_prod_0000000000000000"}));
    for invoice in [other, invoice(json!({"state": "open"})), invoice(json!({"state": "void"}))] {
        assert_eq!(attempting().following(&invoice, at(NOON)).state, CheckoutState::Open);
    }
    let expired = attempting().expired().following(&invoice(json!({})), at(NOON));
    assert_eq!(expired.state, CheckoutState::Expired);
}

#[test]
fn what_was_completed_before_it_was_paid_tells_of_the_payment() {
    let invoice = invoice(json!({}));
    let owed = session(json!({"state": "completed", "invoice_id": invoice.id()}));
    assert!(owed.following(&invoice, at(NOON)).payment_intent_id.is_some());
}

#[test]
fn its_last_instant_is_the_one_before_it_expires() {
    let session = session(json!({}));
    assert!(session.must_be_open("completed", at("2026-02-01T09:29:59.999Z")).is_ok());
    let refused = session.must_be_open("completed", at("2026-02-01T09:30:00Z")).unwrap_err();
    assert_eq!((refused.status(), session.is_expired(at("2026-02-01T09:30:00Z"))), (422, true));
}

#[test]
fn each_offer_that_is_declined_leads_to_the_next_and_the_last_to_the_first() {
    let tier = |price: &str| {
        json!({
            "line_items": [{"price_id": price, "quantity": 1}], "processor_route_id": null,
            "amount_total_atom": 1, "state": "pending",
        })
    };
    let prices = ["price_prod_0000000000000001", "price_prod_0000000000000002"];
    let mut session = session(json!({
        "cascade_tiers": prices.map(tier),
        "cascade_status": {"current_tier": 0, "total_tiers": 2},
    }));
    let mut offered = Vec::new();
    loop {
        offered.push(session.offered().0[0].price_id.to_string());
        let (after, more) = session.declined();
        session = after;
        if !more {
            break;
        }
    }
    assert_eq!(offered, ["price_prod_0mkz6k3ca9b8c7d6", prices[0], prices[1]]);
    assert_eq!(session.tier(), 0);
    let declined = |tier: &crate::model::checkout::CascadeTier| tier.state == TierState::Declined;
    assert!(session.cascade_tiers.iter().flatten().all(declined));
}
