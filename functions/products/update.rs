//! `PATCH /api/products/{id}`: change a product.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        entity_type::EntityType,
        product::{Product, ProductPatch},
    },
    work::answer::Reply,
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
    cx.work().settled_tax_rates(patch.tax_rate_ids.value(), "product").await?;
    let fields = cx.work().settled_fields(EntityType::Product, &patch.custom_fields).await?;
    let mut tx = cx.begin();
    let product = tx.update(&product, product.patched(patch, fields));
    cx.commit(tx, product).await
}
