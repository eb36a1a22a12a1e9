//! What several samples have in common.

use serde_json::{Value, json};

use super::word;
use crate::passkeys::soft::{Soft, encoded};

/// What a browser sends to register a passkey of an authenticator. Nobody signs that, so what answers the
/// challenge can be put in when it is sent.
pub(super) fn passkey(soft: &Soft) -> Value {
    json!({
        "name": word("Jane's laptop "), "client_data": "<CHALLENGE of>",
        "authenticator_data": encoded(soft.made("127.0.0.1")),
    })
}

/// An event of usage, with `rest` in place of or beside what it has.
pub(super) fn usage(rest: Value) -> Value {
    let mut body = json!({
        "event_name": "<METER of>", "identifier": word("req"),
        "payload": {"customer_id": "<POST /api/customers>", "value": "12.5"},
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// An instant before any period that begins now ends.
pub(super) fn in_a_day() -> String {
    shared::base::time::Clock.now().plus_days(1).to_string()
}

/// In the middle of a month of whatever begins now, most of a year ahead.
pub(super) fn in_a_year() -> String {
    shared::base::time::Clock.now().plus_days(350).to_string()
}

/// A subscription that is charged automatically, with `rest` in place of or beside what it has.
pub(super) fn subscription(rest: Value) -> Value {
    let mut body = json!({
        "customer_id": "<PAYER of>", "items": [{"price_id": "<POST /api/prices>"}],
        "processor_id": "<POST /api/processors>",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// A checkout session, with `rest` beside what it has in any case.
pub(super) fn session(rest: Value) -> Value {
    let mut body = json!({
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/cart",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// A portal session, with `rest` in place of or beside what it has.
pub(super) fn portal(rest: Value) -> Value {
    let mut body = json!({
        "customer_id": "<POST /api/customers>", "return_url": "https://example.com/account",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// A payment link, with `rest` beside what it has in any case.
pub(super) fn link(rest: Value) -> Value {
    let mut body = session(rest);
    body["name"] = "Team plan".into();
    body
}

/// An invoice that is paid by bill, with `rest` in place of or beside what it has.
pub(super) fn invoice(rest: Value) -> Value {
    let mut body = json!({
        "customer_id": "<PAYER of>", "currency": "usd",
        "collection_method": "send_invoice", "items": [{"name": "Consulting", "amount": "12.50"}],
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// What an electronic invoice needs of who sells.
pub(super) fn seller() -> Value {
    json!({
        "address": {"country": "AT"}, "tax_ids": [{"type": "eu_vat", "value": "ATU13585627"}],
    })
}

/// What is sent to add a payment method.
pub(super) fn payment_method(token: &str) -> Value {
    json!({"processor_id": "<POST /api/processors>", "token": token})
}

/// `base`, and the same with a custom field that nobody defined.
pub(super) fn with_fields(base: Value) -> Vec<Value> {
    let mut strange = base.clone();
    strange["custom_fields"] = json!({"no_such_field": 1});
    vec![base, strange]
}

/// The same, and with a tax rate.
pub(super) fn with_rates(base: Value) -> Vec<Value> {
    let mut taxed = base.clone();
    taxed["tax_rate_ids"] = json!(["<POST /api/tax-rates>"]);
    [with_fields(base), vec![taxed]].concat()
}

/// A price per month, with `rest` in place of or beside what it has.
pub(super) fn price(rest: Value) -> Value {
    let mut body = json!({
        "product_id": "<POST /api/products>", "currency": "usd", "unit_amount_atom": 1200,
        "billing_interval": "month",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

pub(super) fn of_customer(base: Value, unknown: &str) -> Vec<Value> {
    let with = |name: &str, value: Value| {
        let mut body = base.clone();
        body[name] = value;
        body
    };
    vec![
        base.clone(),
        with("custom_fields", json!({"no_such_field": 1})),
        with("tax_rate_ids", json!(["<POST /api/tax-rates>"])),
        with("tax_rate_ids", json!([])),
        with("default_payment_method_id", format!("pm_prod_{unknown}").into()),
    ]
}
