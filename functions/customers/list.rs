//! `GET /api/customers`: list customers, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        customer::{Customer, CustomerFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersRead, list_customers).await
}

async fn list_customers(cx: Context, listing: Listing<CustomerFilter>) -> Reply<Page<Customer>> {
    cx.list(listing).await
}
