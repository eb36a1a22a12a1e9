//! `POST /api/subscriptions/{id}/preview`: compute what a change of items would come to now.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        subscription::{Preview, PreviewRequest, Subscription},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, preview_items).await
}

async fn preview_items(
    cx: Context,
    Found(subscription): Found<Subscription>,
    Body(request): Body<PreviewRequest>,
) -> Reply<Preview> {
    cx.work().preview_items(subscription, request).await
}
