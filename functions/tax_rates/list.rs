//! `GET /api/tax-rates`: list tax rates, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        tax_rate::{TaxRate, TaxRateFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TaxRatesRead, list_tax_rates).await
}

async fn list_tax_rates(cx: Context, listing: Listing<TaxRateFilter>) -> Reply<Page<TaxRate>> {
    cx.list(listing).await
}
