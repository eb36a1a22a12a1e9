//! `PATCH /api/invoices/{id}`: change a draft invoice.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        invoice::{Invoice, InvoicePatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, update_invoice).await
}

async fn update_invoice(
    cx: Context,
    Found(invoice): Found<Invoice>,
    Body(patch): Body<InvoicePatch>,
) -> Reply<Invoice> {
    let changed = cx.work().changed_invoice(&invoice, patch).await?;
    let mut tx = cx.begin();
    let invoice = tx.update(&invoice, changed);
    cx.commit(tx, invoice).await
}
