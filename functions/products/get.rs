//! `GET /api/products/{id}`: read a product.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, product::Product},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProductsRead, get_product).await
}

async fn get_product(cx: Context, Found(product): Found<Product>) -> Reply<Product> {
    cx.reply(product).await
}
