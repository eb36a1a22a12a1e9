//! Change requests, each of a subscription of its own.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::{SHOP, SUBSCRIPTION},
};

const REQUEST: Step = Step::new(
    "request",
    "POST /api/change-requests",
    r#"{"subscription_id": "$subscription",
        "changes": {"items": [{"action": "add", "price_id": "$price"}]}}"#,
);

const fn each(bin: &'static str, ask: &'static str) -> Scenario {
    Scenario::new(bin, ask).body("{}").after(SHOP).given(Each(&[SUBSCRIPTION, REQUEST])).few()
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("change-requests-create", REQUEST.ask)
        .body(REQUEST.body)
        .after(SHOP)
        .given(Each(&[SUBSCRIPTION]))
        .few(),
    Scenario::new("change-requests-get", "GET /api/change-requests/$request")
        .after(SHOP)
        .given(One(&[SUBSCRIPTION, REQUEST])),
    Scenario::new("change-requests-list", "GET /api/change-requests?limit=20")
        .after(SHOP)
        .given(Many(100, &[SUBSCRIPTION, REQUEST])),
    each("change-requests-changes", "POST /api/change-requests/$request/changes")
        .body(r#"{"effective_at": "period_end"}"#),
    each("change-requests-preview", "POST /api/change-requests/$request/preview"),
    each("change-requests-apply", "POST /api/change-requests/$request/apply"),
    each("change-requests-cancel", "POST /api/change-requests/$request/cancel"),
];
