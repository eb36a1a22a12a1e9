//! `GET /api/currencies`: list the currencies that something may be billed in, by their codes.

use std::process::ExitCode;

use shared::{
    http::{Context, Params, serve},
    model::{
        auth::Scope,
        currency::{CurrencyPage, CurrencyQuery},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CurrenciesRead, list_currencies).await
}

async fn list_currencies(cx: Context, Params(query): Params<CurrencyQuery>) -> Reply<CurrencyPage> {
    cx.work().currencies(&query)
}
