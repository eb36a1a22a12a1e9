//! `POST /api/payment-links`: create a payment link.
//!
//! The answer holds the `url` to share. Each opening of it makes a checkout session of its own.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        payment_link::{NewPaymentLink, PaymentLink},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentLinksWrite, create_payment_link).await
}

async fn create_payment_link(cx: Context, Body(new): Body<NewPaymentLink>) -> Reply<PaymentLink> {
    let link = cx.work().new_payment_link(new).await?.hosted_at(cx.origin());
    let mut tx = cx.begin();
    tx.insert(&link);
    cx.commit(tx, link).await
}
