//! `GET /api/checkout-sessions/{id}`: read a checkout session.
//!
//! A publishable token, with the session's `secure_token`, sees what a page needs on which it is paid, in
//! the language of `Accept-Language`, and nothing that is the seller's alone.

use std::process::ExitCode;

use shared::{
    http::{Context, Opened, serve},
    model::{
        auth::Scope,
        checkout::{CheckoutSession, ShownCheckoutSession},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CheckoutRead, get_checkout_session).await
}

async fn get_checkout_session(
    cx: Context,
    Opened(session): Opened<CheckoutSession>,
) -> Reply<ShownCheckoutSession> {
    cx.work().show_checkout_session(session, cx.audience()).await
}
