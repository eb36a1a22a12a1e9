//! `POST /api/tax-rates`: create a tax rate.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        tax_rate::{NewTaxRate, TaxRate},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TaxRatesWrite, create_tax_rate).await
}

async fn create_tax_rate(cx: Context, Body(new): Body<NewTaxRate>) -> Reply<TaxRate> {
    let rate = TaxRate::new(cx.record(), new);
    let tx = cx.work().begin_tax_rate(&rate).await?;
    cx.commit(tx, rate).await
}
