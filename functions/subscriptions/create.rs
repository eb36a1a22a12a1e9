//! `POST /api/subscriptions`: create a subscription, bill its first period and take the money.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        subscription::{NewSubscription, Subscription},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, create_subscription).await
}

async fn create_subscription(cx: Context, Body(new): Body<NewSubscription>) -> Reply<Subscription> {
    cx.work().create_subscription(new).await
}
