//! `GET /api/invoices/{id}/html`: read an invoice as a page to print or to send.
//!
//! One page of HTML without scripts, in the account's brand, that loads nothing but the brand's logo.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, invoice::Invoice},
    work::answer::{Html, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesRead, show_invoice).await
}

async fn show_invoice(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Html> {
    cx.work().invoice_page(invoice).await
}
