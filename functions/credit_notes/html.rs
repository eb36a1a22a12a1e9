//! `GET /api/credit-notes/{id}/html`: read a credit note for an invoice as a page to print or to send.
//!
//! What it gives back of which line, with the tax of that: one page of HTML without scripts, as that of the
//! invoice. One that is for no invoice has none (`422`, `no_invoice`).

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, credit_note::CreditNote},
    work::answer::{Html, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CreditNotesRead, show_credit_note).await
}

async fn show_credit_note(cx: Context, Found(note): Found<CreditNote>) -> Reply<Html> {
    cx.work().credit_note_page(note).await
}
