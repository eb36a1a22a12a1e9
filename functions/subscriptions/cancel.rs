//! `POST /api/subscriptions/{id}/cancel`: cancel a subscription now.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        subscription::{Cancellation, Subscription},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, cancel_subscription).await
}

async fn cancel_subscription(
    cx: Context,
    Found(subscription): Found<Subscription>,
    Body(request): Body<Cancellation>,
) -> Reply<Subscription> {
    cx.work().cancel_subscription(subscription, request).await
}
