//! `GET /api/invoices/{id}`: read an invoice.
//!
//! A draft that bills usage is shown with what is counted by now, as it would become final now; a list has
//! it as it was when it was made.

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
    let invoice = cx.work().invoice_by_now(invoice).await?;
    cx.reply(invoice).await
}
