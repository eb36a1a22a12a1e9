//! `POST /api/webhook-endpoints/{id}/replay`: send what happened since an instant to a webhook endpoint once more.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        webhook::{Replay, WebhookEndpoint},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksWrite, replay_events).await
}

async fn replay_events(
    cx: Context,
    Found(endpoint): Found<WebhookEndpoint>,
    Body(replay): Body<Replay>,
) -> Reply<WebhookEndpoint> {
    cx.work().replay_events(endpoint, replay).await
}
