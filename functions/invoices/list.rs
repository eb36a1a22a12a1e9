//! `GET /api/invoices`: list invoices, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        invoice::{Invoice, InvoiceFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesRead, list_invoices).await
}

async fn list_invoices(cx: Context, listing: Listing<InvoiceFilter>) -> Reply<Page<Invoice>> {
    cx.list(listing).await
}
