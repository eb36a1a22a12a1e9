//! What each operation that takes a body is sent. The one table a new `POST` or `PATCH` route needs:
//! everything else about a route is read from template.yaml and from the function itself.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

/// Bodies for one operation. `<POST /api/customers>` in one stands for the id of an object that such
/// a request makes.
pub(crate) struct Sample {
    /// One that succeeds, whatever was sent before.
    pub(crate) accepted: Value,
    /// One that is understood and not valid: 422. Some operations have none.
    pub(crate) refused: Option<Value>,
    /// More that go through parts of the operation which the others do not: what they are answered
    /// with does not matter, only which items they touch.
    pub(crate) more: Vec<Value>,
}

/// The sample for a route such as `POST /api/customers`.
pub(crate) fn sample(route: &str) -> Option<Sample> {
    let unknown = "0000000000000000";
    let (accepted, refused, more) = match route {
        "PATCH /api/account" => (
            json!({"name": word("Acme")}),
            Some(json!({"default_currency": "xxq"})),
            vec![json!({"default_processor_id": format!("proc_prod_{unknown}")})],
        ),
        "POST /api/tokens" => (
            json!({"kind": "secret", "name": word("worker")}),
            Some(json!({"kind": "secret", "expires_at": "2020-01-01T00:00:00Z"})),
            vec![json!({"kind": "publishable"})],
        ),
        "POST /api/tokens/{id}/roll" => (
            json!({}),
            Some(json!({"expires_in_hours": 1000})),
            vec![json!({"expires_in_hours": 1})],
        ),
        "POST /api/custom-field-definitions" => (
            json!({
                "entity_type": "customer", "key": word("tier"), "data_type": "select",
                "options": ["gold", "silver"],
            }),
            Some(json!({"entity_type": "customer", "key": "k", "data_type": "text", "min": 1})),
            vec![],
        ),
        "PATCH /api/custom-field-definitions/{id}" => (
            json!({"display_name": word("Tier")}),
            Some(json!({"options": []})),
            vec![json!({"options": ["gold"]})],
        ),
        "POST /api/customers" => (
            json!({"email": "jane@example.com"}),
            Some(json!({"email": "jane@"})),
            of_customer(json!({"email": "jane@example.com"}), unknown),
        ),
        "PATCH /api/customers/{id}" => (
            json!({"name": word("Jane")}),
            Some(json!({"email": "jane@"})),
            of_customer(json!({"email": "joe@example.com"}), unknown),
        ),
        "POST /api/processors" => (
            json!({"name": word("Cards"), "type": "test"}),
            Some(json!({"name": "Cards", "type": "nonsense"})),
            vec![],
        ),
        "PATCH /api/processors/{id}" => (
            json!({"name": word("Cards")}),
            Some(json!({"name": ""})),
            vec![json!({"active": false})],
        ),
        "POST /api/processor-routes" => (
            json!({"name": word("Europe"), "processor_ids": ["<POST /api/processors>"]}),
            Some(json!({"name": "Europe", "processor_ids": []})),
            vec![json!({"name": "x", "processor_ids": [format!("proc_prod_{unknown}")]})],
        ),
        "PATCH /api/processor-routes/{id}" => (
            json!({"name": word("Europe")}),
            Some(json!({"processor_ids": []})),
            vec![json!({"processor_ids": ["<POST /api/processors>"], "currency": "eur"})],
        ),
        "POST /api/customers/{id}/payment-methods" => (
            payment_method("test_success"),
            Some(payment_method("4242424242424242")),
            vec![
                payment_method("nonsense"),
                json!({"token": "test_success"}),
                json!({
                    "processor_id": "<POST /api/processors>", "token": "test_success",
                    "make_default": true,
                }),
            ],
        ),
        "POST /api/payments/refunds" => (
            json!({"payment_intent_id": "<GET /api/payments/intents>", "amount_atom": 1}),
            Some(json!({"payment_intent_id": "<GET /api/payments/intents>", "amount_atom": 0})),
            vec![json!({"payment_intent_id": format!("pi_prod_{unknown}")})],
        ),
        _ => return None,
    };
    Some(Sample { accepted, refused, more })
}

/// What is sent to a new object, at its path and these, so that it is in a state in which the operation
/// behind `route` may succeed. A path that begins with `/api/` is a whole one.
pub(crate) fn before(route: &str) -> Vec<(Method, &'static str, Value)> {
    match route {
        // So that there is one to list, and another one beside the default.
        "GET /api/customers/{id}/payment-methods" | "POST /api/customers/{id}/payment-methods" => {
            vec![(Method::POST, "/payment-methods", payment_method("test_success"))]
        }
        // So that the customer is not changed with it.
        "DELETE /api/customers/{id}/payment-methods/{payment_method_id}" => {
            vec![(Method::PATCH, "/api/customers/{id}", json!({"default_payment_method_id": null}))]
        }
        _ => Vec::new(),
    }
}

/// What is sent to add a payment method.
fn payment_method(token: &str) -> Value {
    json!({"processor_id": "<POST /api/processors>", "token": token})
}

/// What is sent so that there is an object in a list that no request adds to by itself.
pub(crate) fn causes(list: &str) -> Vec<(Method, &'static str, Value)> {
    let account = "/api/account";
    match list {
        // Whatever happens is an event.
        "/api/events" => vec![
            (Method::PATCH, account, json!({"brand": {"display_name": "x"}})),
            (Method::PATCH, account, json!({"brand": {"display_name": null}})),
        ],
        _ => Vec::new(),
    }
}

fn of_customer(base: Value, unknown: &str) -> Vec<Value> {
    let with = |name: &str, value: Value| {
        let mut body = base.clone();
        body[name] = value;
        body
    };
    vec![
        base.clone(),
        with("custom_fields", json!({"no_such_field": 1})),
        with("default_payment_method_id", format!("pm_prod_{unknown}").into()),
    ]
}

/// A word that was not used before.
fn word(stem: &str) -> String {
    static USED: AtomicU64 = AtomicU64::new(0);
    format!("{stem}-{}", USED.fetch_add(1, Ordering::Relaxed))
}
