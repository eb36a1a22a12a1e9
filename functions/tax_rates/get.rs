//! `GET /api/tax-rates/{id}`: read a tax rate.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, tax_rate::TaxRate},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TaxRatesRead, get_tax_rate).await
}

async fn get_tax_rate(cx: Context, Found(rate): Found<TaxRate>) -> Reply<TaxRate> {
    cx.reply(rate).await
}
