//! `GET /api/invoices/{id}`: read an invoice.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, invoice::Invoice},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesRead, get_invoice).await
}

async fn get_invoice(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Invoice> {
    cx.reply(invoice).await
}
