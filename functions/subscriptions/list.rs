//! `GET /api/subscriptions`: list subscriptions, newest first.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Listing, Reply, serve},
    store::Page,
    subscription::{Subscription, SubscriptionFilter},
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
