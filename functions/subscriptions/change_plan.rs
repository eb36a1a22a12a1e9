//! `POST /api/subscriptions/{id}/change-plan`: give the only item of a subscription another price (deprecated: use items).

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Body, Context, Found, Reply, serve},
    subscription::{PlanChange, Subscription},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, change_plan).await
}

async fn change_plan(
    cx: Context,
    Found(subscription): Found<Subscription>,
    Body(request): Body<PlanChange>,
) -> Reply<Subscription> {
    cx.change_plan(subscription, request).await
}
