//! Usage: meters, events, and what was counted.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::CUSTOMER,
};

const METER: Step = Step::new(
    "meter",
    "POST /api/meters",
    r#"{"display_name": "Calls $n", "event_name": "given$n", "aggregation_formula": "sum"}"#,
);
const CALLS: Step = Step::new(
    "calls",
    "POST /api/meters",
    r#"{"display_name": "Calls", "event_name": "calls", "aggregation_formula": "sum"}"#,
);
const EVENT: &str = r#"{"event_name": "calls", "identifier": "req-$n",
    "payload": {"customer_id": "$customer", "value": 1.5, "region": "eu-central-1"}}"#;
const CALL: Step = Step::new(
    "call",
    "POST /api/meter-events",
    r#"{"event_name": "calls", "identifier": "given-$n",
        "payload": {"customer_id": "$customer", "value": 1.5, "region": "eu-central-1"}}"#,
)
.at("/results/0/identifier");

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("meters-create", "POST /api/meters").body(
        r#"{"display_name": "Meter $n", "event_name": "event$n", "aggregation_formula": "sum"}"#,
    ),
    Scenario::new("meters-get", "GET /api/meters/$meter").given(One(&[METER])),
    Scenario::new("meters-list", "GET /api/meters?limit=20").given(Many(100, &[METER])),
    Scenario::new("meters-update", "PATCH /api/meters/$meter")
        .body(r#"{"display_name": "Meter $n"}"#)
        .given(One(&[METER])),
    Scenario::new("meter-events-create", "POST /api/meter-events")
        .body(EVENT)
        .given(One(&[CUSTOMER, CALLS]))
        .without_aim(),
    Scenario::new("meter-events-void", "POST /api/meter-events/$call/void")
        .body(r#"{"event_name": "calls"}"#)
        .after(&[CUSTOMER, CALLS])
        .given(Each(&[CALL]))
        .without_aim(),
    Scenario::new("meter-events-amend", "POST /api/meter-events/$call/amend")
        .body(r#"{"event_name": "calls", "value": 2}"#)
        .after(&[CUSTOMER, CALLS])
        .given(Each(&[CALL]))
        .without_aim(),
    Scenario::new(
        "meter-events-list",
        "GET /api/meter-events?meter_id=$calls&customer_id=$customer",
    )
    .after(&[CUSTOMER, CALLS])
    .given(Many(100, &[CALL]))
    .without_aim(),
    Scenario::new("customers-usage", "GET /api/customers/$customer/usage?meter_id=$calls")
        .after(&[CUSTOMER, CALLS])
        .given(Many(100, &[CALL])),
    Scenario::new("customers-state", "GET /api/customers/$customer/state")
        .given(One(&[CUSTOMER]))
        .without_aim(),
];
