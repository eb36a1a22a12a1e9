//! `PATCH /api/webhook-endpoints/{id}`: change a webhook endpoint.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        webhook::{WebhookEndpoint, WebhookEndpointPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksWrite, update_webhook_endpoint).await
}

async fn update_webhook_endpoint(
    cx: Context,
    Found(endpoint): Found<WebhookEndpoint>,
    Body(patch): Body<WebhookEndpointPatch>,
) -> Reply<WebhookEndpoint> {
    cx.work().update_webhook_endpoint(endpoint, patch).await
}
