//! `GET /api/credit-notes/{id}/pdf`: read a credit note for an invoice as a file to print or to keep.
//!
//! What it gives back of which line, with the tax of that, in the language of the invoice. The same credit
//! note is the same file. One that is for no invoice has none (`422`, `no_invoice`).

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, credit_note::CreditNote},
    work::answer::{Pdf, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CreditNotesRead, draw_credit_note).await
}

async fn draw_credit_note(cx: Context, Found(note): Found<CreditNote>) -> Reply<Pdf> {
    cx.work().credit_note_file(note).await
}
