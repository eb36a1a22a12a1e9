//! Customers and their credit.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::CUSTOMER,
};

const NOTE: Step = Step::new(
    "note",
    "POST /api/customers/$customer/credit-notes",
    r#"{"currency": "usd", "amount_atom": 100}"#,
);

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("customers-create", "POST /api/customers")
        .body(r#"{"email": "c$n@example.com", "name": "Jane Smith"}"#),
    Scenario::new("customers-create", "POST /api/customers")
        .body(r#"{"email": "k$n@example.com", "name": "Jane Smith"}"#)
        .with_key(),
    Scenario::new("customers-delete", "DELETE /api/customers/$customer").given(Each(&[CUSTOMER])),
    Scenario::new("customers-get", "GET /api/customers/$customer").given(One(&[CUSTOMER])),
    Scenario::new("customers-list", "GET /api/customers?limit=20").given(Many(100, &[CUSTOMER])),
    Scenario::new("customers-update", "PATCH /api/customers/$customer")
        .body(r#"{"name": "Name $n"}"#)
        .given(One(&[CUSTOMER])),
    Scenario::new("customers-set-credit-balance", "PATCH /api/customers/$customer/credit-balance")
        .body(r#"{"currency": "usd", "amount_atom": 1$n}"#)
        .given(One(&[CUSTOMER])),
    Scenario::new("credit-notes-create", "POST /api/customers/$customer/credit-notes")
        .body(r#"{"currency": "usd", "amount_atom": 100}"#)
        .given(One(&[CUSTOMER]))
        .reads_what_it_names(),
    Scenario::new("credit-notes-list", "GET /api/customers/$customer/credit-notes?limit=20")
        .after(&[CUSTOMER])
        .given(Many(100, &[NOTE])),
];
