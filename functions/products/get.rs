//! `GET /api/products/{id}`: read a product.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    product::Product,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProductsRead, get_product).await
}

async fn get_product(cx: Context, Found(product): Found<Product>) -> Reply<Product> {
    cx.reply(product).await
}
