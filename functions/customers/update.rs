//! `PATCH /api/customers/{id}`: change a customer.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
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
    Found(customer): Found<Customer>,
    Body(patch): Body<CustomerPatch>,
) -> Reply<Customer> {
    let (tx, customer) = cx.work().begin_customer_update(&customer, patch).await?;
    cx.commit(tx, customer).await
}
