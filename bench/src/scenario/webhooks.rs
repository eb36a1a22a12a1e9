//! Webhook endpoints and deliveries. Nothing is sent: nobody listens at the address, and workers do not run.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::PRODUCT,
};

const ENDPOINT: Step = Step::new(
    "endpoint",
    "POST /api/webhook-endpoints",
    r#"{"url": "http://127.0.0.1:1024/", "events": ["refund.*"]}"#,
);
const TESTED: Step = Step::new("delivery", "POST /api/webhook-endpoints/$endpoint/test", "{}");
const EVENT: Step = Step::new("event", "GET /api/events?limit=1", "").at("/items/0/id");

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("webhook-endpoints-create", ENDPOINT.ask)
        .body(ENDPOINT.body)
        .reads_what_it_names()
        .undo("DELETE /api/webhook-endpoints/$id"),
    Scenario::new("webhook-endpoints-get", "GET /api/webhook-endpoints/$endpoint")
        .given(One(&[ENDPOINT]))
        .reads_what_it_names(),
    Scenario::new("webhook-endpoints-list", "GET /api/webhook-endpoints?limit=20")
        .given(Many(50, &[ENDPOINT]))
        .without_aim(),
    Scenario::new("webhook-endpoints-update", "PATCH /api/webhook-endpoints/$endpoint")
        .body(r#"{"description": "Number $n"}"#)
        .given(One(&[ENDPOINT])),
    Scenario::new("webhook-endpoints-delete", "DELETE /api/webhook-endpoints/$endpoint")
        .given(Each(&[ENDPOINT])),
    Scenario::new(
        "webhook-endpoints-rotate-secret",
        "POST /api/webhook-endpoints/$endpoint/rotate-secret",
    )
    .body("{}")
    .given(One(&[ENDPOINT])),
    Scenario::new("webhook-endpoints-test", TESTED.ask).body("{}").given(One(&[ENDPOINT])).few(),
    Scenario::new("webhook-endpoints-replay", "POST /api/webhook-endpoints/$endpoint/replay")
        .body(r#"{"since": "2020-01-01T00:00:00Z"}"#)
        .given(Each(&[ENDPOINT]))
        .few(),
    Scenario::new(
        "webhook-endpoints-deliveries",
        "GET /api/webhook-endpoints/$endpoint/deliveries?limit=20",
    )
    .after(&[ENDPOINT])
    .given(Many(30, &[TESTED])),
    Scenario::new("events-deliveries", "GET /api/events/$event/deliveries?limit=20")
        .given(One(&[PRODUCT, EVENT])),
    Scenario::new("events-resend", "POST /api/events/$event/resend")
        .body(r#"{"endpoint_id": "$endpoint"}"#)
        .given(Each(&[ENDPOINT, PRODUCT, EVENT]))
        .few(),
];
