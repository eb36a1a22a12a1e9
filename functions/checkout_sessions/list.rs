//! `GET /api/checkout-sessions`: list checkout sessions, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        checkout::{CheckoutSession, CheckoutSessionFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CheckoutSessionsRead, list_checkout_sessions).await
}

async fn list_checkout_sessions(
    cx: Context,
    listing: Listing<CheckoutSessionFilter>,
) -> Reply<Page<CheckoutSession>> {
    cx.list(listing).await
}
