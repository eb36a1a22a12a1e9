//! `DELETE /api/invoices/{id}`: delete a draft invoice.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, serve},
    model::{auth::Scope, invoice::Invoice},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, delete_invoice).await
}

async fn delete_invoice(
    cx: Context,
    Found(invoice): Found<Invoice>,
) -> Reply<Deleted<kind::Invoice>> {
    invoice.deletable()?;
    let mut tx = cx.begin();
    tx.delete(&invoice);
    cx.commit_deleted(tx, &invoice).await
}
