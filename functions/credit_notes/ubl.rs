//! `GET /api/credit-notes/{id}/ubl`: read a credit note for an invoice as an electronic one.
//!
//! UBL 2.1 by EN 16931 (type 381), which names the invoice; as Peppol BIS Billing 3.0 or, with
//! `?profile=xrechnung`, as XRechnung 3.0 wants it. What is missing for that is refused field by field, as of
//! the invoice: `/account/…`, `/customer/…`, `/credit_note/…`.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, Params, serve},
    model::{auth::Scope, credit_note::CreditNote, einvoice::UblQuery},
    work::answer::{Reply, Ubl},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CreditNotesRead, show_credit_note_ubl).await
}

async fn show_credit_note_ubl(
    cx: Context,
    Found(note): Found<CreditNote>,
    Params(query): Params<UblQuery>,
) -> Reply<Ubl> {
    cx.work().credit_note_ubl(note, query.profile()).await
}
