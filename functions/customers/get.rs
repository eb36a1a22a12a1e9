//! `GET /api/customers/{id}`: read a customer.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    customer::Customer,
    http::{Context, Found, Reply, serve},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersRead, get_customer).await
}

async fn get_customer(cx: Context, Found(customer): Found<Customer>) -> Reply<Customer> {
    cx.reply(customer).await
}
