//! Subscriptions and everything that changes one.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::{SHOP, SUBSCRIPTION},
};

const ITEM: Step = Step::new("item", "GET /api/subscriptions/$subscription", "").at("/items/0/id");
const END: Step =
    Step::new("end", "GET /api/subscriptions/$subscription", "").at("/current_period_end");
const PAUSED: Step = Step::new("paused", "POST /api/subscriptions/$subscription/pause", "{}");
const TO_BE_CHANGED: Step = Step::new(
    "changed",
    "POST /api/subscriptions/$subscription/change-plan",
    r#"{"new_price_id": "$dearer", "effective_at": "2099-01-01T00:00:00Z"}"#,
);
const TO_BE_PAUSED: Step = Step::new(
    "paused",
    "POST /api/subscriptions/$subscription/pause",
    r#"{"behavior": "pause_at_end"}"#,
);

/// An operation on a subscription, each on one of its own.
const fn each(bin: &'static str, ask: &'static str, steps: &'static [Step]) -> Scenario {
    Scenario::new(bin, ask).body("{}").after(SHOP).given(Each(steps)).few()
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("subscriptions-create", SUBSCRIPTION.ask)
        .body(SUBSCRIPTION.body)
        .given(One(SHOP))
        .without_aim(),
    Scenario::new("subscriptions-get", "GET /api/subscriptions/$subscription")
        .after(SHOP)
        .given(One(&[SUBSCRIPTION])),
    Scenario::new("subscriptions-list", "GET /api/subscriptions?limit=20")
        .after(SHOP)
        .given(Many(100, &[SUBSCRIPTION])),
    Scenario::new("subscriptions-update", "PATCH /api/subscriptions/$subscription")
        .body(r#"{"description": "Of $n"}"#)
        .after(SHOP)
        .given(One(&[SUBSCRIPTION])),
    Scenario::new("subscriptions-preview", "POST /api/subscriptions/$subscription/preview")
        .body(
            r#"{"items": [{"action": "update", "subscription_item_id": "$item", "quantity": 2}]}"#,
        )
        .after(SHOP)
        .given(One(&[SUBSCRIPTION, ITEM])),
    Scenario::new("analytics-revenue", "GET /api/analytics/revenue")
        .after(SHOP)
        .given(One(&[SUBSCRIPTION])),
    Scenario::new("simulate-run", "POST /api/simulate")
        .body(r#"{"subscription_id": "$subscription", "until": "$end"}"#)
        .after(SHOP)
        .given(One(&[SUBSCRIPTION, END])),
    each(
        "subscriptions-items",
        "POST /api/subscriptions/$subscription/items",
        &[SUBSCRIPTION, ITEM],
    )
    .body(
        r#"{"proration_behavior": "always_invoice",
            "items": [{"action": "update", "subscription_item_id": "$item", "quantity": 3}]}"#,
    ),
    each(
        "subscriptions-change-plan",
        "POST /api/subscriptions/$subscription/change-plan",
        &[SUBSCRIPTION],
    )
    .body(r#"{"new_price_id": "$dearer"}"#),
    each("subscriptions-pause", "POST /api/subscriptions/$subscription/pause", &[SUBSCRIPTION]),
    each(
        "subscriptions-remove-pending-change",
        "DELETE /api/subscriptions/$subscription/pending-change",
        &[SUBSCRIPTION, TO_BE_CHANGED],
    )
    .body(""),
    each(
        "subscriptions-remove-scheduled-pause",
        "DELETE /api/subscriptions/$subscription/scheduled-pause",
        &[SUBSCRIPTION, TO_BE_PAUSED],
    )
    .body(""),
    each(
        "subscriptions-resume",
        "POST /api/subscriptions/$subscription/resume",
        &[SUBSCRIPTION, PAUSED],
    ),
    each("subscriptions-cancel", "POST /api/subscriptions/$subscription/cancel", &[SUBSCRIPTION]),
    each(
        "subscriptions-schedule-cancellation",
        "POST /api/subscriptions/$subscription/schedule-cancellation",
        &[SUBSCRIPTION],
    ),
];
