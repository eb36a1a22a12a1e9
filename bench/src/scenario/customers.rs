//! Customers and their credit.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::{CARD, CUSTOMER, DEFAULT_PROCESSOR, DRAFT, KNOWN_BUYER, KNOWN_SELLER, PAID, PROCESSOR},
};

const NOTE: Step = Step::new(
    "note",
    "POST /api/customers/$customer/credit-notes",
    r#"{"currency": "usd", "amount_atom": 100}"#,
);

const NAMED: Step = Step::new(
    "named",
    "POST /api/customers",
    r#"{"email": "n$n@example.com", "name": "Jane Smith", "external_id": "crm-$n"}"#,
)
.at("/external_id");

/// Credit for an invoice that was paid.
const CREDITED: &[Step] = &[
    DRAFT,
    PAID,
    Step::new(
        "note",
        "POST /api/customers/$customer/credit-notes",
        r#"{"currency": "usd", "amount_atom": 100, "invoice_id": "$invoice"}"#,
    ),
];
/// Somebody of whom an electronic document can be written, and who can be charged.
const KNOWN_PAYER: &[Step] =
    &[PROCESSOR, DEFAULT_PROCESSOR, KNOWN_SELLER, CUSTOMER, KNOWN_BUYER, CARD];

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
    Scenario::new("customers-delete-external", "DELETE /api/customers/external/$named")
        .given(Each(&[NAMED])),
    Scenario::new("customers-get-external", "GET /api/customers/external/$named")
        .given(One(&[NAMED])),
    Scenario::new("customers-update-external", "PATCH /api/customers/external/$named")
        .body(r#"{"name": "Name $n"}"#)
        .given(One(&[NAMED])),
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
    Scenario::new("credit-notes-html", "GET /api/credit-notes/$note/html")
        .after(KNOWN_PAYER)
        .given(One(CREDITED)),
    Scenario::new("credit-notes-pdf", "GET /api/credit-notes/$note/pdf")
        .after(KNOWN_PAYER)
        .given(One(CREDITED)),
    Scenario::new("credit-notes-ubl", "GET /api/credit-notes/$note/ubl")
        .after(KNOWN_PAYER)
        .given(One(CREDITED)),
];
