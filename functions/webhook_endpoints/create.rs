//! `POST /api/webhook-endpoints`: add a webhook endpoint; its secret is shown in this answer only.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        webhook::{IssuedEndpoint, NewWebhookEndpoint},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksWrite, create_webhook_endpoint).await
}

async fn create_webhook_endpoint(
    cx: Context,
    Body(new): Body<NewWebhookEndpoint>,
) -> Reply<IssuedEndpoint> {
    cx.work().create_webhook_endpoint(new).await
}
