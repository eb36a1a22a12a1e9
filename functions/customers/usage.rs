//! `GET /api/customers/{id}/usage`: read what a customer used, as a meter counted it.
//!
//! It includes every event that had been accepted when the request was sent.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, Params, serve},
    model::{
        auth::Scope,
        customer::Customer,
        meter::{Usage, UsageQuery},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MetersRead, get_customer_usage).await
}

async fn get_customer_usage(
    cx: Context,
    Found(customer): Found<Customer>,
    Params(query): Params<UsageQuery>,
) -> Reply<Usage> {
    cx.work().customer_usage(&customer, &query).await
}
