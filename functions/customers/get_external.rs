//! `GET /api/customers/external/{external_id}`: read the customer with this external id.

use std::process::ExitCode;

use shared::{
    http::{Context, FoundExternal, serve},
    model::{auth::Scope, customer::Customer},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersRead, get_customer).await
}

async fn get_customer(
    cx: Context,
    FoundExternal(customer): FoundExternal<Customer>,
) -> Reply<Customer> {
    cx.reply(customer).await
}
