//! What each operation that takes a body is sent. The one table a new `POST` or `PATCH` route needs:
//! everything else about a route is read from template.yaml and from the function itself.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

/// Where a test clock is stopped.
const STOPPED_AT: &str = "2030-01-01T00:00:00Z";

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
        "POST /api/products" => (
            json!({"name": word("Team plan")}),
            Some(json!({"name": ""})),
            with_fields(json!({"name": "Team plan"})),
        ),
        "PATCH /api/products/{id}" => (
            json!({"name": word("Team plan")}),
            Some(json!({"name": ""})),
            with_fields(json!({"active": false})),
        ),
        "POST /api/prices" => (
            price(json!({})),
            Some(price(json!({"usage_type": "metered"}))),
            vec![
                price(json!({"product_id": format!("prod_prod_{unknown}")})),
                price(json!({"lookup_key": word("monthly")})),
                price(json!({"custom_fields": {"no_such_field": 1}})),
            ],
        ),
        "PATCH /api/prices/{id}" => (
            json!({"nickname": word("Monthly")}),
            Some(json!({"nickname": "x".repeat(201)})),
            with_fields(json!({"active": false})),
        ),
        "POST /api/coupons" => (
            json!({"discount_type": "percentage", "percent_off": 20}),
            Some(json!({"discount_type": "fixed_amount", "amount_off_atom": 500})),
            vec![],
        ),
        "PATCH /api/coupons/{id}" => (
            json!({"name": word("Launch week")}),
            Some(json!({"redeem_by": "2020-01-01T00:00:00Z"})),
            vec![json!({"active": false})],
        ),
        "POST /api/promotion-codes" => (
            json!({"coupon_id": "<POST /api/coupons>", "code": word("LAUNCH")}),
            Some(json!({"coupon_id": "<POST /api/coupons>", "code": "x"})),
            vec![
                json!({"coupon_id": "<POST /api/coupons>"}),
                json!({"coupon_id": format!("cpn_prod_{unknown}")}),
                json!({"coupon_id": "<POST /api/coupons>", "customer_id": "<POST /api/customers>"}),
            ],
        ),
        "PATCH /api/promotion-codes/{id}" => (
            json!({"metadata": {"campaign": word("launch")}}),
            Some(json!({"expires_at": "2020-01-01T00:00:00Z"})),
            vec![json!({"active": false})],
        ),
        "POST /api/test-clock" => (
            json!({"now": STOPPED_AT}),
            Some(json!({"now": "1960-01-01T00:00:00Z"})),
            vec![json!({"now": "2031-01-01T00:00:00Z"})],
        ),
        "POST /api/test-clock/advance" => (
            json!({"to": "2030-02-01T00:00:00Z"}),
            Some(json!({"to": "2029-12-31T00:00:00Z"})),
            vec![],
        ),
        _ => return None,
    };
    Some(Sample { accepted, refused, more })
}

/// What is sent to a new object, at its path and these, so that it is in a state in which the operation
/// behind `route` may succeed.
pub(crate) fn before(route: &str) -> Vec<(Method, &'static str, Value)> {
    let clock = "/api/test-clock";
    match route.split_once(clock) {
        Some(_) => vec![
            (Method::DELETE, clock, json!({})),
            (Method::POST, clock, json!({"now": STOPPED_AT})),
        ],
        None => Vec::new(),
    }
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

/// `base`, and the same with a custom field that nobody defined.
fn with_fields(base: Value) -> Vec<Value> {
    let mut strange = base.clone();
    strange["custom_fields"] = json!({"no_such_field": 1});
    vec![base, strange]
}

/// A price per month, with `rest` in place of or beside what it has.
fn price(rest: Value) -> Value {
    let mut body = json!({
        "product_id": "<POST /api/products>", "currency": "usd", "unit_amount_atom": 1200,
        "billing_interval": "month",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
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
