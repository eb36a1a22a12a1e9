//! `POST /api/invoices/{id}/finalize`: give an invoice its number, and take its money where that is automatic.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    invoice::Invoice,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, finalize_invoice).await
}

async fn finalize_invoice(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Invoice> {
    cx.finalize_invoice(invoice).await
}
