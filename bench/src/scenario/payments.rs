//! Processors and the ways to them, payment methods, payments and refunds.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::{CARD, CUSTOMER, DEFAULT_PROCESSOR, DRAFT, PAID, PAYER, PROCESSOR},
};

const ROUTE: Step = Step::new(
    "route",
    "POST /api/processor-routes",
    r#"{"name": "Route $n", "processor_ids": ["$processor"]}"#,
);
const PAYMENT: &[Step] = &[DRAFT, PAID];
const REFUND: &[Step] = &[
    DRAFT,
    PAID,
    Step::new(
        "refund",
        "POST /api/payments/refunds",
        r#"{"payment_intent_id": "$payment", "amount_atom": 100}"#,
    ),
];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("processors-create", "POST /api/processors")
        .body(r#"{"name": "Cards $n", "type": "test"}"#),
    Scenario::new("processors-get", "GET /api/processors/$processor").given(One(&[PROCESSOR])),
    Scenario::new("processors-list", "GET /api/processors?limit=20").given(Many(100, &[PROCESSOR])),
    Scenario::new("processors-update", "PATCH /api/processors/$processor")
        .body(r#"{"name": "Name $n"}"#)
        .given(One(&[PROCESSOR])),
    // Signed by nobody: what whoever finds the address can cost.
    Scenario::new("processor-events-receive", "POST /api/processor-events/$processor")
        .body("{}")
        .given(One(&[PROCESSOR]))
        .answers(400)
        .without_aim(),
    Scenario::new("processors-delete", "DELETE /api/processors/$processor")
        .given(Each(&[PROCESSOR])),
    Scenario::new("processor-routes-create", "POST /api/processor-routes")
        .body(r#"{"name": "Route $n", "processor_ids": ["$processor"]}"#)
        .given(One(&[PROCESSOR]))
        .reads_what_it_names(),
    Scenario::new("processor-routes-get", "GET /api/processor-routes/$route")
        .given(One(&[PROCESSOR, ROUTE])),
    Scenario::new("processor-routes-list", "GET /api/processor-routes?limit=20")
        .after(&[PROCESSOR])
        .given(Many(100, &[ROUTE])),
    Scenario::new("processor-routes-update", "PATCH /api/processor-routes/$route")
        .body(r#"{"name": "Name $n"}"#)
        .given(One(&[PROCESSOR, ROUTE])),
    Scenario::new("processor-routes-delete", "DELETE /api/processor-routes/$route")
        .after(&[PROCESSOR])
        .given(Each(&[ROUTE])),
    Scenario::new("payment-methods-create", CARD.ask)
        .body(CARD.body)
        .after(&[PROCESSOR, DEFAULT_PROCESSOR])
        .given(Each(&[CUSTOMER]))
        .without_aim(),
    Scenario::new("payment-methods-list", "GET /api/customers/$customer/payment-methods?limit=20")
        .given(One(PAYER)),
    Scenario::new(
        "payment-methods-delete",
        "DELETE /api/customers/$customer/payment-methods/$card",
    )
    .after(&[PROCESSOR, DEFAULT_PROCESSOR])
    .given(Each(&[CUSTOMER, CARD])),
    Scenario::new("payments-intents-get", "GET /api/payments/intents/$payment")
        .after(PAYER)
        .given(One(PAYMENT)),
    Scenario::new("payments-intents-list", "GET /api/payments/intents?limit=20")
        .after(PAYER)
        .given(Many(100, PAYMENT)),
    // Nobody here makes one: what it costs to find that there is none.
    Scenario::new("disputes-get", "GET /api/disputes/dp_prod_0000000000000000").answers(404),
    Scenario::new("disputes-list", "GET /api/disputes?limit=20"),
    Scenario::new("payments-refunds-create", "POST /api/payments/refunds")
        .body(r#"{"payment_intent_id": "$payment", "amount_atom": 100}"#)
        .after(PAYER)
        .given(Each(PAYMENT))
        .few()
        .without_aim(),
    Scenario::new("payments-refunds-get", "GET /api/payments/refunds/$refund")
        .after(PAYER)
        .given(One(REFUND)),
    Scenario::new("payments-refunds-list", "GET /api/payments/refunds?limit=20")
        .after(PAYER)
        .given(Many(100, REFUND)),
];
