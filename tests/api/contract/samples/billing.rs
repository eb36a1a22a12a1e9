//! The samples of subscriptions and invoices.

use serde_json::json;

use super::{
    Sample,
    parts::{in_a_day, in_a_year, invoice, link, payment_method, portal, session, subscription},
    word,
};

/// The samples of subscriptions and invoices.
pub(super) fn billing(route: &str) -> Option<Sample> {
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
