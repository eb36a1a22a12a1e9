//! `GET /api/invoices/{id}`: read an invoice.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    invoice::Invoice,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesRead, get_invoice).await
}

async fn get_invoice(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Invoice> {
    cx.reply(invoice).await
}
