//! `POST /api/payments/refunds`: give back what was paid, or a part of it.
//!
//! The answer says what is known by then: a refund whose processor did not answer is `pending`, and is
//! asked about until it is known. What is pending or succeeded cannot be refunded again.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        refund::{NewRefund, Refund},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentsWrite, create_refund).await
}

async fn create_refund(cx: Context, Body(new): Body<NewRefund>) -> Reply<Refund> {
    cx.work().refund(new).await
}
