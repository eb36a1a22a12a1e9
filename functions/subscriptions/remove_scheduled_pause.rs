//! `DELETE /api/subscriptions/{id}/scheduled-pause`: take a scheduled pause back.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, subscription::Subscription},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, remove_scheduled_pause).await
}

async fn remove_scheduled_pause(
    cx: Context,
    Found(subscription): Found<Subscription>,
) -> Reply<Subscription> {
    cx.work().remove_scheduled_pause(subscription).await
}
