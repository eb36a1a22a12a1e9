//! `POST /api/subscriptions/{id}/change-plan`: give the only item of a subscription another price (deprecated: use items).

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve_deprecated},
    model::{
        auth::Scope,
        subscription::{PlanChange, Subscription},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    let sunset = "Fri, 31 Dec 2027 23:59:59 GMT";
    serve_deprecated(Scope::SubscriptionsWrite, sunset, change_plan).await
}

async fn change_plan(
    cx: Context,
    Found(subscription): Found<Subscription>,
    Body(request): Body<PlanChange>,
) -> Reply<Subscription> {
    cx.work().change_plan(subscription, request).await
}
