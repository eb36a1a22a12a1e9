//! `DELETE /api/subscriptions/{id}/pending-change`: take a change back that has not happened yet.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, subscription::Subscription},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, remove_pending_change).await
}

async fn remove_pending_change(
    cx: Context,
    Found(subscription): Found<Subscription>,
) -> Reply<Subscription> {
    cx.work().remove_pending_change(subscription).await
}
