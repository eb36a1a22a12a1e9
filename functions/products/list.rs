//! `GET /api/products`: list products, newest first.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Listing, Reply, serve},
    product::{Product, ProductFilter},
    store::Page,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProductsRead, list_products).await
}

async fn list_products(cx: Context, listing: Listing<ProductFilter>) -> Reply<Page<Product>> {
    cx.list(listing).await
}
