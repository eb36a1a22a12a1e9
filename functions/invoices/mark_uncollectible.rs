//! `POST /api/invoices/{id}/mark-uncollectible`: write an invoice off.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    invoice::Invoice,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, mark_uncollectible).await
}

async fn mark_uncollectible(cx: Context, Found(invoice): Found<Invoice>) -> Reply<Invoice> {
    cx.write_off_invoice(invoice).await
}
