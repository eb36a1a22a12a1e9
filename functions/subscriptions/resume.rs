//! `POST /api/subscriptions/{id}/resume`: let a paused subscription go on.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    subscription::Subscription,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, resume_subscription).await
}

async fn resume_subscription(
    cx: Context,
    Found(subscription): Found<Subscription>,
) -> Reply<Subscription> {
    cx.resume_paused(subscription).await
}
