//! Checkout sessions, and the links that make them. Each session is completed by a customer of its own, whose first card that is.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::{CUSTOMER, SHOP},
};

const SESSION: Step = Step::new(
    "session",
    "POST /api/checkout-sessions",
    r#"{"success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
        "customer_id": "$customer", "line_items": [{"price_id": "$price"}]}"#,
);
const LINK: Step = Step::new(
    "link",
    "POST /api/payment-links",
    r#"{"name": "Team plan", "mode": "subscription", "line_items": [{"price_id": "$price"}],
        "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart"}"#,
);
/// One of a customer who has no card yet.
const NEW: &[Step] = &[CUSTOMER, SESSION];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("checkout-sessions-create", SESSION.ask)
        .body(SESSION.body)
        .given(One(SHOP))
        .without_aim(),
    Scenario::new("checkout-sessions-get", "GET /api/checkout-sessions/$session")
        .after(SHOP)
        .given(One(&[SESSION])),
    Scenario::new("checkout-sessions-list", "GET /api/checkout-sessions?limit=20")
        .after(SHOP)
        .given(Many(100, &[SESSION])),
    Scenario::new("checkout-sessions-complete", "POST /api/checkout-sessions/$session/complete")
        .body(r#"{"payment_method": {"token": "test_success"}}"#)
        .after(SHOP)
        .given(Each(NEW))
        .few(),
    Scenario::new("checkout-sessions-expire", "POST /api/checkout-sessions/$session/expire")
        .body("{}")
        .after(SHOP)
        .given(Each(&[SESSION]))
        .few(),
    Scenario::new("portal-sessions-create", "POST /api/portal-sessions")
        .body(r#"{"customer_id": "$customer", "return_url": "https://example.com/account"}"#)
        .given(One(&[CUSTOMER]))
        .without_aim(),
    Scenario::new("payment-links-create", LINK.ask).body(LINK.body).given(One(SHOP)).without_aim(),
    Scenario::new("payment-links-get", "GET /api/payment-links/$link")
        .after(SHOP)
        .given(One(&[LINK])),
    Scenario::new("payment-links-list", "GET /api/payment-links?limit=20")
        .after(SHOP)
        .given(Many(100, &[LINK])),
    Scenario::new("payment-links-update", "PATCH /api/payment-links/$link")
        .body(r#"{"name": "Name $n"}"#)
        .after(SHOP)
        .given(One(&[LINK])),
];
