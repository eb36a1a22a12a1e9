//! `GET /api/customers/{id}/payment-methods`: list a customer's payment methods, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, Listing, serve},
    model::{auth::Scope, customer::Customer, filter::Unfiltered, payment_method::PaymentMethod},
    store::Page,
    work::answer::Reply,
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
