//! `POST /api/customers`: create a customer.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        customer::{Customer, NewCustomer},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CustomersWrite, create_customer).await
}

async fn create_customer(cx: Context, Body(new): Body<NewCustomer>) -> Reply<Customer> {
    let rates = new.tax_rate_ids.as_ref();
    let named = (new.default_payment_method_id.as_ref(), rates, &new.custom_fields);
    let fields = cx.work().customer_references(None, named).await?;
    let customer = Customer::new(cx.record(), new, fields);
    let mut tx = cx.begin();
    tx.insert(&customer);
    cx.commit(tx, customer).await
}
