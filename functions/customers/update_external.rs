//! `PATCH /api/customers/external/{external_id}`: change the customer with this external id.
//!
//! The external id itself can be changed too: from then on the customer is found by the new one alone.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, FoundExternal, serve},
    model::{
        auth::Scope,
        customer::{Customer, CustomerPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersWrite, update_customer).await
}

async fn update_customer(
    cx: Context,
    FoundExternal(customer): FoundExternal<Customer>,
    Body(patch): Body<CustomerPatch>,
) -> Reply<Customer> {
    let (tx, customer) = cx.work().begin_customer_update(&customer, patch).await?;
    cx.commit(tx, customer).await
}
