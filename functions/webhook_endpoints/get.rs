//! `GET /api/webhook-endpoints/{id}`: read a webhook endpoint.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, webhook::WebhookEndpoint},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksRead, get_webhook_endpoint).await
}

async fn get_webhook_endpoint(
    cx: Context,
    Found(endpoint): Found<WebhookEndpoint>,
) -> Reply<WebhookEndpoint> {
    cx.work().answer_webhook_endpoint(endpoint).await
}
