//! `POST /api/customers/{id}/payment-methods`: add a payment method to a customer.
//!
//! The card itself goes to the processor, whose client-side library returns a token for it; the token
//! comes here. A customer's first payment method becomes the default. The test processor knows these
//! tokens: `test_success`, `test_decline_soft`, `test_decline_hard`, `test_requires_action`,
//! `test_timeout_after_charge`, `test_timeout_before_charge`, `test_fail_once_then_succeed`,
//! `test_refund_declined`, `test_refund_timeout_after`, `test_refund_timeout_before`,
//! `test_action_completed`, `test_action_abandoned`, `test_processing`, `test_rejected`,
//! `test_key_refused`, `test_attach_declined`, `test_attach_requires_action`, `test_refund_pending`,
//! `test_refund_pending_fails`.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        customer::Customer,
        payment_method::{NewPaymentMethod, PaymentMethod},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentMethodsWrite, create_payment_method).await
}

async fn create_payment_method(
    cx: Context,
    Found(customer): Found<Customer>,
    Body(new): Body<NewPaymentMethod>,
) -> Reply<PaymentMethod> {
    cx.work().add_payment_method(&customer, new).await
}
