//! `DELETE /api/customers/{id}`: delete a customer.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    customer::Customer,
    http::{Context, Deleted, Found, Reply, serve},
    id::kind,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersWrite, delete_customer).await
}

async fn delete_customer(
    cx: Context,
    Found(customer): Found<Customer>,
) -> Reply<Deleted<kind::Customer>> {
    let mut tx = cx.begin_customer_deletion(&customer).await?;
    tx.delete(&customer);
    cx.commit_deleted(tx, &customer).await
}
