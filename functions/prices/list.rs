//! `GET /api/prices`: list prices, newest first.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Listing, Reply, serve},
    price::{Price, PriceFilter},
    store::Page,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PricesRead, list_prices).await
}

async fn list_prices(cx: Context, listing: Listing<PriceFilter>) -> Reply<Page<Price>> {
    cx.list(listing).await
}
