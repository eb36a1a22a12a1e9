//! `POST /api/subscriptions/{id}/pause`: pause a subscription, now or at the end of the period.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        subscription::{PauseRequest, Subscription},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, pause_subscription).await
}

async fn pause_subscription(
    cx: Context,
    Found(subscription): Found<Subscription>,
    Body(request): Body<PauseRequest>,
) -> Reply<Subscription> {
    cx.work().pause_subscription(subscription, request).await
}
