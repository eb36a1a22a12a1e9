//! `PATCH /api/subscriptions/{id}`: change a subscription.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        subscription::{Subscription, SubscriptionPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, update_subscription).await
}

async fn update_subscription(
    cx: Context,
    Found(subscription): Found<Subscription>,
    Body(request): Body<SubscriptionPatch>,
) -> Reply<Subscription> {
    cx.work().update_subscription(subscription, request).await
}
