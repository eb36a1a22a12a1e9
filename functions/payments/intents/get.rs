//! `GET /api/payments/intents/{id}`: read a payment intent.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    payment_intent::PaymentIntent,
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
