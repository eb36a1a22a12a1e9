//! `POST /api/products`: create a product.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        entity_type::EntityType,
        product::{NewProduct, Product},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProductsWrite, create_product).await
}

async fn create_product(cx: Context, Body(new): Body<NewProduct>) -> Reply<Product> {
    cx.work().settled_tax_rates(new.tax_rate_ids.as_ref(), "product").await?;
    let fields = cx.work().settled_fields(EntityType::Product, &new.custom_fields).await?;
    let product = Product::new(cx.record(), new, fields);
    let mut tx = cx.begin();
    tx.insert(&product);
    cx.commit(tx, product).await
}
