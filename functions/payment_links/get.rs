//! `GET /api/payment-links/{id}`: read a payment link.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, payment_link::PaymentLink},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentLinksRead, get_payment_link).await
}

async fn get_payment_link(cx: Context, Found(link): Found<PaymentLink>) -> Reply<PaymentLink> {
    cx.reply(link).await
}
