//! `GET /api/customers`: list customers, newest first.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    customer::{Customer, CustomerFilter},
    http::{Context, Listing, Reply, serve},
    store::Page,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersRead, list_customers).await
}

async fn list_customers(cx: Context, listing: Listing<CustomerFilter>) -> Reply<Page<Customer>> {
    cx.list(listing).await
}
