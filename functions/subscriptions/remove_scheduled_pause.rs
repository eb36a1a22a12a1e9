//! `DELETE /api/subscriptions/{id}/scheduled-pause`: take a scheduled pause back.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    subscription::Subscription,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, remove_scheduled_pause).await
}

async fn remove_scheduled_pause(
    cx: Context,
    Found(subscription): Found<Subscription>,
) -> Reply<Subscription> {
    cx.remove_scheduled_pause(subscription).await
}
