//! `DELETE /api/subscriptions/{id}/pending-change`: take a change back that has not happened yet.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    subscription::Subscription,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, remove_pending_change).await
}

async fn remove_pending_change(
    cx: Context,
    Found(subscription): Found<Subscription>,
) -> Reply<Subscription> {
    cx.remove_pending_change(subscription).await
}
