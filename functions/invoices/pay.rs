//! `POST /api/invoices/{id}/pay`: pay an invoice, wholly or in part.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        invoice::{Invoice, Payment},
    },
    work::answer::Reply,
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
    cx.work().pay_invoice(invoice, payment).await
}
