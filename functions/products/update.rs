//! `PATCH /api/products/{id}`: change a product.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    custom_field::EntityType,
    http::{Body, Context, Found, Reply, serve},
    product::{Product, ProductPatch},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProductsWrite, update_product).await
}

async fn update_product(
    cx: Context,
    Found(product): Found<Product>,
    Body(patch): Body<ProductPatch>,
) -> Reply<Product> {
    let fields = cx.settled_fields(EntityType::Product, &patch.custom_fields).await?;
    let mut tx = cx.begin();
    let product = tx.update(&product, product.patched(patch, fields));
    cx.commit(tx, product).await
}
