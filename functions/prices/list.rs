//! `GET /api/prices`: list prices, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        price::{Price, PriceFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PricesRead, list_prices).await
}

async fn list_prices(cx: Context, listing: Listing<PriceFilter>) -> Reply<Page<Price>> {
    cx.list(listing).await
}
