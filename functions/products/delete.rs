//! `DELETE /api/products/{id}`: delete a product.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, serve},
    model::{auth::Scope, product::Product},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProductsWrite, delete_product).await
}

async fn delete_product(
    cx: Context,
    Found(product): Found<Product>,
) -> Reply<Deleted<kind::Product>> {
    let mut tx = cx.work().begin_product_deletion(&product).await?;
    tx.delete(&product);
    cx.commit_deleted(tx, &product).await
}
