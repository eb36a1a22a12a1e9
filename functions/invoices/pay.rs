//! `POST /api/invoices/{id}/pay`: pay an invoice, wholly or in part.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Body, Context, Found, Reply, serve},
    invoice::{Invoice, Payment},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesWrite, pay_invoice).await
}

async fn pay_invoice(
    cx: Context,
    Found(invoice): Found<Invoice>,
    Body(payment): Body<Payment>,
) -> Reply<Invoice> {
    cx.pay_invoice(invoice, payment).await
}
