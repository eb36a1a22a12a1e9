//! `POST /api/subscriptions/{id}/resume`: let a paused subscription go on.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, subscription::Subscription},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, resume_subscription).await
}

async fn resume_subscription(
    cx: Context,
    Found(subscription): Found<Subscription>,
) -> Reply<Subscription> {
    cx.work().resume_paused(subscription).await
}
