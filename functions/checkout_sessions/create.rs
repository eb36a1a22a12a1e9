//! `POST /api/checkout-sessions`: create a checkout session.
//!
//! The answer holds the `secure_token`: give it to the page that shows the session to your customer. With
//! it and the id, which it begins with, a publishable token reads and completes this one session, and
//! nothing else.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        checkout::{CheckoutSession, NewCheckoutSession},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CheckoutSessionsWrite, create_checkout_session).await
}

async fn create_checkout_session(
    cx: Context,
    Body(new): Body<NewCheckoutSession>,
) -> Reply<CheckoutSession> {
    let session = cx.work().new_checkout_session(new).await?.hosted_at(cx.origin());
    let mut tx = cx.begin();
    tx.insert(&session);
    cx.commit(tx, session).await
}
