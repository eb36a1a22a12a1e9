//! `POST /api/checkout-sessions/{id}/expire`: end an open checkout session.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, checkout::CheckoutSession},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CheckoutSessionsWrite, expire_checkout_session).await
}

async fn expire_checkout_session(
    cx: Context,
    Found(session): Found<CheckoutSession>,
) -> Reply<CheckoutSession> {
    cx.work().expire_checkout_session(session).await
}
