//! `POST /api/invoices/{id}/finalize`: give an invoice its number, and take its money where that is automatic.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, invoice::Invoice},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, finalize_invoice).await
}

async fn finalize_invoice(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Invoice> {
    cx.work().finalize_invoice(invoice).await
}
