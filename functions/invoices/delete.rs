//! `DELETE /api/invoices/{id}`: delete a draft invoice.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Deleted, Found, Reply, serve},
    id::kind,
    invoice::Invoice,
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
