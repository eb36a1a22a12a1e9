//! `GET /api/prices/{id}`: read a price.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, price::Price},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PricesRead, get_price).await
}

async fn get_price(cx: Context, Found(price): Found<Price>) -> Reply<Price> {
    cx.reply(price).await
}
