//! `POST /api/invoices/{id}/mark-uncollectible`: write an invoice off.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, invoice::Invoice},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, mark_uncollectible).await
}

async fn mark_uncollectible(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Invoice> {
    cx.work().write_off_invoice(invoice).await
}
