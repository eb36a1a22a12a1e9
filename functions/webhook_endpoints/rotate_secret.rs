//! `POST /api/webhook-endpoints/{id}/rotate-secret`: replace the secret of a webhook endpoint; the new one is shown in this answer only.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        webhook::{IssuedEndpoint, RotateSecret, WebhookEndpoint},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksWrite, rotate_webhook_secret).await
}

async fn rotate_webhook_secret(
    cx: Context,
    Found(endpoint): Found<WebhookEndpoint>,
    Body(rotate): Body<RotateSecret>,
) -> Reply<IssuedEndpoint> {
    cx.work().rotate_webhook_secret(endpoint, &rotate).await
}
