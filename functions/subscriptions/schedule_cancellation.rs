//! `POST /api/subscriptions/{id}/schedule-cancellation`: cancel a subscription later.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        subscription::{ScheduledCancellation, Subscription},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, schedule_cancellation).await
}

async fn schedule_cancellation(
    cx: Context,
    Found(subscription): Found<Subscription>,
    Body(request): Body<ScheduledCancellation>,
) -> Reply<Subscription> {
    cx.work().schedule_cancellation(subscription, request).await
}
