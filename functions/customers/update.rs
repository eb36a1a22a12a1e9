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
    let method = &patch.default_payment_method_id;
    let fields =
        cx.work().customer_references(Some(customer.id()), method, &patch.custom_fields).await?;
    let mut tx = cx.begin();
    let customer = tx.update(&customer, customer.patched(patch, fields));
    cx.commit(tx, customer).await
}
