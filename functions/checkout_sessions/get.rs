//! `GET /api/checkout-sessions/{id}`: read a checkout session.

use std::process::ExitCode;

use shared::{
    http::{Context, Opened, serve},
    model::{auth::Scope, checkout::CheckoutSession},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CheckoutRead, get_checkout_session).await
}

async fn get_checkout_session(
    cx: Context,
    Opened(session): Opened<CheckoutSession>,
) -> Reply<CheckoutSession> {
    cx.reply(session).await
}
