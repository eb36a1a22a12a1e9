//! `GET /api/invoices/{id}/ubl`: read a final invoice as an electronic one.
//!
//! UBL 2.1 by EN 16931, as Peppol BIS Billing 3.0 or, with `?profile=xrechnung`, as XRechnung 3.0 wants it.
//! What is missing for that is refused field by field: `/account/…`, `/customer/…`, `/invoice/…`.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, Params, serve},
    model::{auth::Scope, einvoice::UblQuery, invoice::Invoice},
    work::answer::{Reply, Ubl},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::InvoicesRead, show_invoice_ubl).await
}

async fn show_invoice_ubl(
    cx: Context,
    Found(invoice): Found<Invoice>,
    Params(query): Params<UblQuery>,
) -> Reply<Ubl> {
    cx.work().invoice_ubl(invoice, query.profile()).await
}
