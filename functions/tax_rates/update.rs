//! `PATCH /api/tax-rates/{id}`: change a tax rate.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        tax_rate::{TaxRate, TaxRatePatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TaxRatesWrite, update_tax_rate).await
}

async fn update_tax_rate(
    cx: Context,
    Found(rate): Found<TaxRate>,
    Body(patch): Body<TaxRatePatch>,
) -> Reply<TaxRate> {
    let mut tx = cx.begin();
    let rate = tx.update(&rate, rate.patched(patch));
    cx.commit(tx, rate).await
}
