//! `GET /api/payments/refunds/{id}`: read a refund.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, refund::Refund},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentsRead, get_refund).await
}

async fn get_refund(cx: Context, Found(refund): Found<Refund>) -> Reply<Refund> {
    cx.reply(refund).await
}
