//! `POST /api/invoices`: create a draft invoice.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        invoice::{Invoice, NewInvoice},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, create_invoice).await
}

async fn create_invoice(cx: Context, Body(new): Body<NewInvoice>) -> Reply<Invoice> {
    let invoice = cx.work().new_invoice(new).await?;
    let mut tx = cx.work().begin_invoice(&invoice).await?;
    tx.insert(&invoice);
    cx.commit(tx, invoice).await
}
