//! What each operation that takes a body is sent. The one table a new `POST` or `PATCH` route needs:
//! everything else about a route is read from template.yaml and from the function itself.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use crate::passkeys::soft::{Soft, encoded};

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

/// The samples of subscriptions and invoices.
fn billing(route: &str) -> Option<Sample> {
    let add = json!([{"action": "add", "price_id": "<POST /api/prices>"}]);
    let sent = json!({
        "customer_id": "<NEW /api/customers>", "collection_method": "send_invoice",
    });
    let (accepted, refused, more) = match route {
        "POST /api/subscriptions" => (
            subscription(json!({})),
            Some(subscription(json!({"currency": "eur"}))),
            vec![
                subscription(sent),
                subscription(json!({"coupon_id": "<POST /api/coupons>", "trial_period_days": 7})),
                subscription(json!({"custom_fields": {"no_such_field": 1}})),
            ],
        ),
        "PATCH /api/subscriptions/{id}" => (
            json!({"description": word("Team")}),
            Some(json!({"trial_end": "2020-01-01T00:00:00Z"})),
            vec![
                json!({"coupon_id": "<POST /api/coupons>"}),
                json!({"coupon_id": "", "description": "x"}),
                json!({"promotion_code": "none", "custom_fields": {"no_such_field": 1}}),
            ],
        ),
        "POST /api/subscriptions/{id}/items" => (
            json!({"proration_behavior": "always_invoice", "items": add}),
            Some(json!({"proration_behavior": "none", "items": [
                {"action": "delete", "subscription_item_id": "si_prod_0000000000000000"},
            ]})),
            vec![json!({"proration_behavior": "create_prorations", "items": add})],
        ),
        "POST /api/subscriptions/{id}/preview" => (
            json!({"items": add}),
            Some(json!({"items": [
                {"action": "delete", "subscription_item_id": "si_prod_0000000000000000"},
            ]})),
            vec![],
        ),
        "POST /api/simulate" => (
            json!({"subscription_id": "<POST /api/subscriptions>", "until": in_a_year()}),
            Some(json!({"until": in_a_year()})),
            vec![
                json!({"customer_id": "<POST /api/customers>", "until": in_a_year()}),
                json!({
                    "subscription_id": "<POST /api/subscriptions>", "until": in_a_year(),
                    "changes": {"items": add},
                }),
            ],
        ),
        "POST /api/subscriptions/{id}/change-plan" => (
            json!({"new_price_id": "<POST /api/prices>", "reason": "upgrade"}),
            Some(json!({"new_price_id": "price_prod_0000000000000000"})),
            vec![
                json!({"new_price_id": "<NEW /api/prices>"}),
                json!({"new_price_id": "<NEW /api/prices>", "effective_at": in_a_day()}),
            ],
        ),
        "POST /api/subscriptions/{id}/pause" => (
            json!({}),
            Some(json!({"pause_for_cycles": 0})),
            vec![json!({"behavior": "pause_at_end", "pause_for_cycles": 1})],
        ),
        "POST /api/subscriptions/{id}/resume" => (json!({}), None, vec![]),
        "POST /api/subscriptions/{id}/cancel" => (
            json!({}),
            Some(json!({"refund_option": "nonsense"})),
            vec![json!({"refund_option": "prorated"}), json!({"refund_option": "cancel_unpaid"})],
        ),
        "POST /api/subscriptions/{id}/schedule-cancellation" => (
            json!({"cancel_at_period_end": true}),
            Some(json!({"cancel_at": "2020-01-01T00:00:00Z"})),
            vec![json!({"cancel_at_period_end": false}), json!({"cancel_at": in_a_day()})],
        ),
        "POST /api/change-requests" => (
            json!({"subscription_id": "<NEW /api/subscriptions>", "changes": {"items": add}}),
            Some(json!({
                "subscription_id": "<NEW /api/subscriptions>",
                "changes": {"items": add, "pause": {}},
            })),
            vec![json!({"subscription_id": "sub_prod_0000000000000000"})],
        ),
        "POST /api/change-requests/{id}/changes" => (
            json!({"effective_at": "period_end", "coupon_id": "<POST /api/coupons>"}),
            Some(json!({"effective_at": "2020-01-01T00:00:00Z"})),
            vec![json!({"items": null, "cancellation": {"refund_option": "prorated"}})],
        ),
        "POST /api/change-requests/{id}/preview"
        | "POST /api/change-requests/{id}/apply"
        | "POST /api/change-requests/{id}/cancel" => (json!({}), None, vec![]),
        "POST /api/checkout-sessions" => (
            session(json!({
                "line_items": [{"price_id": "<POST /api/prices>"}],
                "customer_id": "<POST /api/customers>",
                "processor_route_id": "<POST /api/processor-routes>",
            })),
            Some(session(json!({"line_items": [{"price_id": "price_prod_0000000000000000"}]}))),
            vec![
                session(json!({
                    "line_items": [{"price_id": "<POST /api/prices>"}],
                    "customer_id": "<POST /api/customers>", "promotion_code": "none",
                    "processor_route_id": "<POST /api/processor-routes>",
                    "custom_fields": {"no_such_field": 1},
                    "params_for_sub": {"custom_fields": {"no_such_field": 1}},
                })),
                session(json!({"mode": "setup"})),
            ],
        ),
        "POST /api/checkout-sessions/{id}/complete" => (
            json!({
                "customer_email": "jane@example.com", "payment_method": payment_method("test_success"),
            }),
            Some(json!({"customer_email": "joe@example.com"})),
            vec![
                json!({"customer_email": "jane@example.com"}),
                json!({
                    "customer_email": "jane@example.com",
                    "payment_method": payment_method("test_decline_soft"),
                }),
            ],
        ),
        "POST /api/checkout-sessions/{id}/expire" => (json!({}), None, vec![]),
        "POST /api/portal-sessions" => (
            portal(json!({})),
            Some(portal(json!({"flow": "nonsense"}))),
            vec![portal(json!({"flow": "details"}))],
        ),
        "POST /api/payment-links" => (
            link(json!({"mode": "setup", "customer_id": "<POST /api/customers>"})),
            Some(link(json!({"mode": "setup", "free_trial_days": 14}))),
            vec![link(json!({
                "mode": "subscription", "line_items": [{"price_id": "<POST /api/prices>"}],
                "customer_id": "<POST /api/customers>", "coupon_id": "<POST /api/coupons>",
            }))],
        ),
        "PATCH /api/payment-links/{id}" => (
            json!({"name": word("Team plan")}),
            Some(json!({"expires_in_hours": 0})),
            vec![json!({"is_active": false})],
        ),
        "POST /api/invoices" => (
            invoice(json!({})),
            Some(invoice(json!({"items": [{"name": "x", "amount": "0.001"}]}))),
            vec![
                invoice(json!({
                    "customer_id": "<NEW /api/customers>",
                    "items": [{"price_id": "<POST /api/prices>"}],
                })),
                invoice(json!({"custom_fields": {"no_such_field": 1}})),
                invoice(json!({"items": [{
                    "name": "x", "amount": "1", "tax_rate_ids": ["<POST /api/tax-rates>"],
                }]})),
            ],
        ),
        "PATCH /api/invoices/{id}" => (
            json!({"description": word("January")}),
            Some(json!({"items": [{"name": "x", "amount": "0.001"}]})),
            vec![
                json!({"items": [{"price_id": "<POST /api/prices>"}]}),
                json!({"custom_fields": {"no_such_field": 1}, "description": "x"}),
            ],
        ),
        "POST /api/invoices/{id}/pay" => (
            json!({"paid_out_of_band": true}),
            Some(json!({"amount_atom": 0})),
            vec![
                json!({}),
                json!({"payment_method_id": "<POST /api/customers/{id}/payment-methods>"}),
            ],
        ),
        "POST /api/invoices/{id}/finalize"
        | "POST /api/invoices/{id}/void"
        | "POST /api/invoices/{id}/mark-uncollectible" => (json!({}), None, vec![]),
        _ => return None,
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

/// What a browser sends to register a passkey of an authenticator. Nobody signs that, so what answers the
/// challenge can be put in when it is sent.
fn passkey(soft: &Soft) -> Value {
    json!({
        "name": word("Jane's laptop "), "client_data": "<CHALLENGE of>",
        "authenticator_data": encoded(soft.made("127.0.0.1")),
    })
}

/// An event of usage, with `rest` in place of or beside what it has.
fn usage(rest: Value) -> Value {
    let mut body = json!({
        "event_name": "<METER of>", "identifier": word("req"),
        "payload": {"customer_id": "<POST /api/customers>", "value": "12.5"},
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// An instant before any period that begins now ends.
fn in_a_day() -> String {
    shared::base::time::Clock.now().plus_days(1).to_string()
}

/// In the middle of a month of whatever begins now, most of a year ahead.
fn in_a_year() -> String {
    shared::base::time::Clock.now().plus_days(350).to_string()
}

/// A subscription that is charged automatically, with `rest` in place of or beside what it has.
fn subscription(rest: Value) -> Value {
    let mut body = json!({
        "customer_id": "<PAYER of>", "items": [{"price_id": "<POST /api/prices>"}],
        "processor_id": "<POST /api/processors>",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// A checkout session, with `rest` beside what it has in any case.
fn session(rest: Value) -> Value {
    let mut body = json!({
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/cart",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// A portal session, with `rest` in place of or beside what it has.
fn portal(rest: Value) -> Value {
    let mut body = json!({
        "customer_id": "<POST /api/customers>", "return_url": "https://example.com/account",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// A payment link, with `rest` beside what it has in any case.
fn link(rest: Value) -> Value {
    let mut body = session(rest);
    body["name"] = "Team plan".into();
    body
}

/// An invoice that is paid by bill, with `rest` in place of or beside what it has.
fn invoice(rest: Value) -> Value {
    let mut body = json!({
        "customer_id": "<PAYER of>", "currency": "usd",
        "collection_method": "send_invoice", "items": [{"name": "Consulting", "amount": "12.50"}],
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
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

/// What an electronic invoice needs of who sells.
fn seller() -> Value {
    json!({
        "address": {"country": "AT"}, "tax_ids": [{"type": "eu_vat", "value": "ATU13585627"}],
    })
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

/// `base`, and the same with a custom field that nobody defined.
fn with_fields(base: Value) -> Vec<Value> {
    let mut strange = base.clone();
    strange["custom_fields"] = json!({"no_such_field": 1});
    vec![base, strange]
}

/// The same, and with a tax rate.
fn with_rates(base: Value) -> Vec<Value> {
    let mut taxed = base.clone();
    taxed["tax_rate_ids"] = json!(["<POST /api/tax-rates>"]);
    [with_fields(base), vec![taxed]].concat()
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
        with("tax_rate_ids", json!(["<POST /api/tax-rates>"])),
        with("tax_rate_ids", json!([])),
        with("default_payment_method_id", format!("pm_prod_{unknown}").into()),
    ]
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
