//! `GET /api/products`: list products, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        product::{Product, ProductFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProductsRead, list_products).await
}

async fn list_products(cx: Context, listing: Listing<ProductFilter>) -> Reply<Page<Product>> {
    cx.list(listing).await
}
