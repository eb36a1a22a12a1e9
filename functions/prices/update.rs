//! `PATCH /api/prices/{id}`: change a price.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        entity_type::EntityType,
        price::{Price, PricePatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PricesWrite, update_price).await
}

async fn update_price(
    cx: Context,
    Found(price): Found<Price>,
    Body(patch): Body<PricePatch>,
) -> Reply<Price> {
    let fields = cx.work().settled_fields(EntityType::Price, &patch.custom_fields).await?;
    let mut tx = cx.begin();
    let price = tx.update(&price, price.patched(patch, fields));
    cx.commit(tx, price).await
}
