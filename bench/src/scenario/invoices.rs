//! Invoices that are written by hand, from the draft to what becomes of them.

use super::{
    Given::{Each, Many, One},
    Scenario, Step,
    steps::{DRAFT, DRAFT_TO_SEND, FINALIZED, KNOWN_BUYER, KNOWN_SELLER, PAYER},
};

/// One that is final and not paid.
const OPEN: &[Step] = &[DRAFT_TO_SEND, FINALIZED];
/// The same, of parties of whom an electronic invoice can be written.
const KNOWN_AND_OPEN: &[Step] = &[KNOWN_SELLER, KNOWN_BUYER, DRAFT_TO_SEND, FINALIZED];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("invoices-create", DRAFT.ask)
        .body(DRAFT.body)
        .given(One(PAYER))
        .reads_what_it_names(),
    Scenario::new("invoices-get", "GET /api/invoices/$invoice").after(PAYER).given(One(OPEN)),
    Scenario::new("invoices-pdf", "GET /api/invoices/$invoice/pdf").after(PAYER).given(One(OPEN)),
    Scenario::new("invoices-html", "GET /api/invoices/$invoice/html").after(PAYER).given(One(OPEN)),
    Scenario::new("invoices-ubl", "GET /api/invoices/$invoice/ubl")
        .after(PAYER)
        .given(One(KNOWN_AND_OPEN)),
    Scenario::new("invoices-list", "GET /api/invoices?limit=20")
        .after(PAYER)
        .given(Many(100, &[DRAFT])),
    Scenario::new("invoices-update", "PATCH /api/invoices/$invoice")
        .body(r#"{"description": "Of $n"}"#)
        .after(PAYER)
        .given(One(&[DRAFT])),
    Scenario::new("invoices-delete", "DELETE /api/invoices/$invoice")
        .after(PAYER)
        .given(Each(&[DRAFT])),
    Scenario::new("invoices-finalize", FINALIZED.ask)
        .body(FINALIZED.body)
        .after(PAYER)
        .given(Each(&[DRAFT]))
        .few(),
    Scenario::new("invoices-pay", "POST /api/invoices/$invoice/pay")
        .body("{}")
        .after(PAYER)
        .given(Each(OPEN))
        .few(),
    Scenario::new("invoices-void", "POST /api/invoices/$invoice/void")
        .body("{}")
        .after(PAYER)
        .given(Each(OPEN))
        .few(),
    Scenario::new("invoices-mark-uncollectible", "POST /api/invoices/$invoice/mark-uncollectible")
        .body("{}")
        .after(PAYER)
        .given(Each(OPEN))
        .few(),
];
