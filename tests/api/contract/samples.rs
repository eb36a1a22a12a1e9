//! What each operation that takes a body is sent. The one table a new `POST` or `PATCH` route needs:
//! everything else about a route is read from template.yaml and from the function itself.

mod billing;
mod parts;

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use self::{
    billing::billing,
    parts::{
        in_a_day, of_customer, passkey, payment_method, price, seller, usage, with_fields,
        with_rates,
    },
};
use crate::passkeys::soft::Soft;

/// Where a test clock is stopped.
const STOPPED_AT: &str = "2030-01-01T00:00:00Z";

/// Where nobody listens.
const ENDPOINT: &str = "http://127.0.0.1:1024/";

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
            json!({"name": word("Acme"), "allowed_origins": ["https://shop.example"]}),
            Some(json!({"default_currency": "xxq"})),
            vec![
                json!({"request_logging": true}),
                json!({"default_processor_id": format!("proc_prod_{unknown}")}),
                json!({"default_tax_rate_ids": ["<POST /api/tax-rates>"]}),
                json!({"default_tax_rate_ids": []}),
            ],
        ),
        "POST /api/tokens" => (
            json!({"kind": "secret", "name": word("worker")}),
            Some(json!({"kind": "secret", "expires_at": "2020-01-01T00:00:00Z"})),
            vec![json!({"kind": "publishable"})],
        ),
        "POST /api/sessions" => {
            (json!({}), Some(json!({"scopes": []})), vec![json!({"scopes": ["customers:read"]})])
        }
        "POST /api/passkeys" => (
            passkey(&Soft::es256()),
            Some({
                let mut body = passkey(&Soft::es256());
                body["authenticator_data"] = "AAAA".into();
                body
            }),
            vec![passkey(&Soft::ed_dsa())],
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
            json!({
                "email": "jane@example.com", "address": {"country": "DE"},
                "tax_ids": [{"type": "eu_vat", "value": "DE136695976"}],
            }),
            Some(json!({"email": "jane@"})),
            of_customer(json!({"email": "jane@example.com"}), unknown),
        ),
        "PATCH /api/customers/{id}" | "PATCH /api/customers/external/{external_id}" => (
            json!({"name": word("Jane")}),
            Some(json!({"email": "jane@"})),
            of_customer(json!({"email": "joe@example.com"}), unknown),
        ),
        "PATCH /api/customers/{id}/credit-balance" => (
            json!({"currency": "usd", "amount_atom": number()}),
            Some(json!({"currency": "usd", "amount_atom": -1})),
            vec![json!({"currency": "eur", "amount_atom": 0})],
        ),
        "POST /api/customers/{id}/credit-notes" => (
            json!({"currency": "usd", "amount_atom": 500}),
            Some(json!({"currency": "usd", "amount_atom": 0})),
            vec![json!({
                "currency": "usd", "amount_atom": 500, "invoice_id": format!("in_prod_{unknown}"),
            })],
        ),
        "POST /api/products" => (
            json!({"name": word("Team plan")}),
            Some(json!({"name": ""})),
            with_rates(json!({"name": "Team plan"})),
        ),
        "PATCH /api/products/{id}" => (
            json!({"name": word("Team plan")}),
            Some(json!({"name": ""})),
            with_rates(json!({"active": false})),
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
            json!({
                "coupon_id": "<POST /api/coupons>", "code": word("LAUNCH"),
                "customer_id": "<POST /api/customers>",
            }),
            Some(json!({"coupon_id": "<POST /api/coupons>", "code": "x"})),
            vec![
                json!({"coupon_id": "<POST /api/coupons>"}),
                json!({"coupon_id": format!("cpn_prod_{unknown}")}),
            ],
        ),
        "PATCH /api/promotion-codes/{id}" => (
            json!({"metadata": {"campaign": word("launch")}}),
            Some(json!({"expires_at": "2020-01-01T00:00:00Z"})),
            vec![json!({"active": false})],
        ),
        "POST /api/meters" => (
            json!({
                "display_name": "API calls", "event_name": word("api_call"),
                "aggregation_formula": "sum", "usage_thresholds": ["1"],
            }),
            Some(json!({
                "display_name": "API calls", "event_name": "a call", "aggregation_formula": "sum",
            })),
            vec![],
        ),
        "PATCH /api/meters/{id}" => (
            json!({"display_name": word("Calls")}),
            Some(json!({"display_name": ""})),
            vec![json!({"active": false})],
        ),
        "POST /api/tax-rates" => (
            json!({"display_name": word("VAT"), "percentage": "19", "inclusive": false}),
            Some(json!({"display_name": "VAT", "percentage": "100.01", "inclusive": false})),
            vec![],
        ),
        "PATCH /api/tax-rates/{id}" => (
            json!({"display_name": word("VAT")}),
            Some(json!({"display_name": ""})),
            vec![json!({"active": false})],
        ),
        "POST /api/meter-events/{identifier}/void" => (
            json!({"event_name": "<METER of>"}),
            Some(json!({"event_name": word("nothing")})),
            vec![json!({"meter_id": "<POST /api/meters>"}), json!({"identifier": "another"})],
        ),
        "POST /api/meter-events/{identifier}/amend" => (
            json!({"event_name": "<METER of>", "value": number()}),
            Some(json!({"event_name": "<METER of>", "timestamp": "2020-01-01T00:00:00Z"})),
            vec![json!({"event_name": word("nothing"), "value": "1"})],
        ),
        "POST /api/meter-events" => (
            usage(json!({})),
            Some(usage(json!({"timestamp": "2020-01-01T00:00:00Z"}))),
            vec![
                usage(json!({"event_name": word("nothing")})),
                usage(json!({"identifier": "twice"})),
                usage(json!({"identifier": "twice"})),
            ],
        ),
        "POST /api/webhook-endpoints" => (
            json!({"url": ENDPOINT, "events": ["account.created"]}),
            Some(json!({"url": "https://10.0.0.1/", "events": ["*"]})),
            vec![],
        ),
        "PATCH /api/webhook-endpoints/{id}" => (
            json!({"description": word("Accounting")}),
            Some(json!({"events": ["nothing.at_all"]})),
            vec![json!({"state": "enabled", "replay_since": "2020-01-01T00:00:00Z"})],
        ),
        "POST /api/webhook-endpoints/{id}/rotate-secret" => {
            (json!({}), Some(json!({"expires_in_hours": 1000})), vec![])
        }
        "POST /api/webhook-endpoints/{id}/test" => {
            (json!({"type": "invoice.paid"}), Some(json!({"type": "invoice.sold"})), vec![])
        }
        "POST /api/webhook-endpoints/{id}/replay" => (
            json!({"since": "2020-01-01T00:00:00Z"}),
            Some(json!({"since": "yesterday"})),
            vec![json!({"since": "2020-01-01T00:00:00Z", "only": "all"})],
        ),
        "POST /api/events/{id}/resend" => (
            json!({"endpoint_id": "<POST /api/webhook-endpoints>"}),
            Some(json!({"endpoint_id": format!("we_prod_{unknown}")})),
            vec![json!({})],
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
        "POST /api/processors" => (
            json!({"name": word("Cards"), "type": "test"}),
            Some(json!({"name": "Cards", "type": "nonsense"})),
            vec![
                json!({
                    "name": "Stripe", "type": "stripe", "secret_key": "sk_test_1",
                    "publishable_key": "pk_test_1", "webhook_secrets": ["whsec_1"],
                }),
                json!({"name": "Stripe", "type": "stripe", "secret_key": "sk_live_1"}),
            ],
        ),
        "PATCH /api/processors/{id}" => (
            json!({"name": word("Cards")}),
            Some(json!({"name": ""})),
            vec![json!({"active": false}), json!({"secret_key": "sk_test_1"})],
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
        route => return billing(route),
    };
    Some(Sample { accepted, refused, more })
}

/// What is sent in the query to an operation that cannot be asked without.
pub(crate) fn query(route: &str) -> Value {
    match route {
        "GET /api/customers/{id}/usage" => json!({"meter_id": "<POST /api/meters>"}),
        "GET /api/meter-events" => json!({
            "meter_id": "<POST /api/meters>", "customer_id": "<POST /api/customers>",
        }),
        _ => json!({}),
    }
}

/// What is sent to a new object, at its path and these, so that it is in a state in which the operation
/// behind `route` may succeed. A path that begins with `/api/` is a whole one.
pub(crate) fn before(route: &str) -> Vec<(Method, &'static str, Value)> {
    let clock = "/api/test-clock";
    match route {
        route if route.contains(clock) => vec![
            (Method::DELETE, clock, json!({})),
            (Method::POST, clock, json!({"now": STOPPED_AT})),
        ],
        // So that there is one to list, and another one beside the default.
        "GET /api/customers/{id}/payment-methods" | "POST /api/customers/{id}/payment-methods" => {
            vec![(Method::POST, "/payment-methods", payment_method("test_success"))]
        }
        "GET /api/customers/{id}/credit-notes" => {
            let credit = json!({"currency": "usd", "amount_atom": 500});
            vec![(Method::POST, "/credit-notes", credit)]
        }
        // So that the customer is not changed with it.
        "DELETE /api/customers/{id}/payment-methods/{payment_method_id}" => {
            vec![(Method::PATCH, "/api/customers/{id}", json!({"default_payment_method_id": null}))]
        }
        "POST /api/subscriptions/{id}/resume" => {
            vec![(Method::POST, "/pause", json!({"resumes_at": "2099-01-01T00:00:00Z"}))]
        }
        "DELETE /api/subscriptions/{id}/pending-change" => {
            let later = json!({"new_price_id": "<POST /api/prices>", "effective_at": in_a_day()});
            vec![(Method::POST, "/change-plan", later)]
        }
        // So that it is due, and no longer after.
        "POST /api/change-requests/{id}/cancel" => vec![
            (Method::POST, "/changes", json!({"effective_at": in_a_day()})),
            (Method::POST, "/apply", json!({})),
        ],
        "DELETE /api/subscriptions/{id}/scheduled-pause" => {
            vec![(Method::POST, "/pause", json!({"behavior": "pause_at_end"}))]
        }
        "GET /api/invoices/{id}/pdf"
        | "POST /api/invoices/{id}/pay"
        | "POST /api/invoices/{id}/void"
        | "POST /api/invoices/{id}/mark-uncollectible" => {
            vec![(Method::POST, "/finalize", json!({}))]
        }
        "GET /api/invoices/{id}/ubl" => {
            vec![(Method::PATCH, "/api/account", seller()), (Method::POST, "/finalize", json!({}))]
        }
        "GET /api/credit-notes/{id}/ubl" => vec![(Method::PATCH, "/api/account", seller())],
        // So that there is one to list.
        "GET /api/webhook-endpoints/{id}/deliveries" => {
            vec![(Method::POST, "/test", json!({}))]
        }
        "GET /api/events/{id}/deliveries" => {
            let to = json!({"endpoint_id": "<POST /api/webhook-endpoints>"});
            vec![(Method::POST, "/resend", to)]
        }
        _ => Vec::new(),
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

/// A word that was not used before.
pub(crate) fn word(stem: &str) -> String {
    format!("{stem}-{}", number())
}

/// A number that was not used before.
fn number() -> u64 {
    static USED: AtomicU64 = AtomicU64::new(1);
    USED.fetch_add(1, Ordering::Relaxed)
}
