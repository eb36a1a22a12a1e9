//! `GET /api/invoices/{id}/pdf`: read a final invoice as a file to print or to keep.
//!
//! What is on the page, in the same language, as PDF. The same invoice is the same file. A draft has none
//! (`422`, `not_final`).

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, invoice::Invoice},
    work::answer::{Pdf, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesRead, draw_invoice).await
}

async fn draw_invoice(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Pdf> {
    cx.work().invoice_file(invoice).await
}
