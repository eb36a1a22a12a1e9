//! `DELETE /api/customers/external/{external_id}`: delete the customer with this external id.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, FoundExternal, serve},
    model::{auth::Scope, customer::Customer},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersWrite, delete_customer).await
}

async fn delete_customer(
    cx: Context,
    FoundExternal(customer): FoundExternal<Customer>,
) -> Reply<Deleted<kind::Customer>> {
    let mut tx = cx.work().begin_customer_deletion(&customer).await?;
    tx.delete(&customer);
    cx.commit_deleted(tx, &customer).await
}
