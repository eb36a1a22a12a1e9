//! `GET /api/customers/{id}/payment-methods`: list a customer's payment methods, newest first.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    customer::Customer,
    http::{Context, Found, Listing, Reply, Unfiltered, serve},
    payment_method::PaymentMethod,
    store::Page,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentMethodsRead, list_payment_methods).await
}

async fn list_payment_methods(
    cx: Context,
    Found(customer): Found<Customer>,
    listing: Listing<Unfiltered<PaymentMethod>>,
) -> Reply<Page<PaymentMethod>> {
    cx.list_in(&PaymentMethod::of_customer(customer.id()), listing).await
}
