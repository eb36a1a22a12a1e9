//! `GET /api/customers/{id}`: read a customer.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, customer::Customer},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersRead, get_customer).await
}

async fn get_customer(cx: Context, Found(customer): Found<Customer>) -> Reply<Customer> {
    cx.reply(customer).await
}
