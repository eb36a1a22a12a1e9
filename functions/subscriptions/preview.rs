//! `POST /api/subscriptions/{id}/preview`: compute what a change of items would come to now.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Body, Context, Found, Reply, serve},
    subscription::{Preview, PreviewRequest, Subscription},
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
    cx.preview_items(subscription, request).await
}
