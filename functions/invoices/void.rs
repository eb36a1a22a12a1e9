//! `POST /api/invoices/{id}/void`: void an invoice.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, invoice::Invoice},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, void_invoice).await
}

async fn void_invoice(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Invoice> {
    cx.work().void_invoice(invoice).await
}
