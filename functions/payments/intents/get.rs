//! `GET /api/payments/intents/{id}`: read a payment intent.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, payment_intent::PaymentIntent},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentsRead, get_payment_intent).await
}

async fn get_payment_intent(
    cx: Context,
    Found(intent): Found<PaymentIntent>,
) -> Reply<PaymentIntent> {
    cx.reply(intent).await
}
