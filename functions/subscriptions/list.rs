//! `GET /api/subscriptions`: list subscriptions, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        subscription::{Subscription, SubscriptionFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsRead, list_subscriptions).await
}

async fn list_subscriptions(
    cx: Context,
    listing: Listing<SubscriptionFilter>,
) -> Reply<Page<Subscription>> {
    cx.list(listing).await
}
