//! `POST /api/prices`: create a price.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        price::{NewPrice, Price},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PricesWrite, create_price).await
}

async fn create_price(cx: Context, Body(new): Body<NewPrice>) -> Reply<Price> {
    let price = cx.work().new_price(new).await?;
    let mut tx = cx.work().begin_price(&price).await?;
    tx.insert(&price);
    cx.commit(tx, price).await
}
