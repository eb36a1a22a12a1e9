//! `POST /api/invoices/{id}/void`: void an invoice.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    invoice::Invoice,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, void_invoice).await
}

async fn void_invoice(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Invoice> {
    cx.void_invoice(invoice).await
}
