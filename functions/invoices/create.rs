//! `POST /api/invoices`: create a draft invoice.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Body, Context, Reply, serve},
    invoice::{Invoice, NewInvoice},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, create_invoice).await
}

async fn create_invoice(cx: Context, Body(new): Body<NewInvoice>) -> Reply<Invoice> {
    let invoice = cx.new_invoice(new).await?;
    let mut tx = cx.begin_invoice(&invoice).await?;
    tx.insert(&invoice);
    cx.commit(tx, invoice).await
}
