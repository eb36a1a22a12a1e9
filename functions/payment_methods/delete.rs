//! `DELETE /api/customers/{id}/payment-methods/{payment_method_id}`: delete a customer's payment method.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, Part, serve},
    model::{auth::Scope, customer::Customer, payment_method::PaymentMethod},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentMethodsWrite, delete_payment_method).await
}

async fn delete_payment_method(
    cx: Context,
    Found(customer): Found<Customer>,
    Part(method): Part<PaymentMethod>,
) -> Reply<Deleted<kind::PaymentMethod>> {
    cx.work().remove_payment_method(customer, method).await
}
