//! `POST /api/webhook-endpoints/{id}/test`: send an example event to a webhook endpoint, and see what it answers.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        webhook::{Delivery, TestSend, WebhookEndpoint},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksWrite, test_webhook_endpoint).await
}

async fn test_webhook_endpoint(
    cx: Context,
    Found(endpoint): Found<WebhookEndpoint>,
    Body(test): Body<TestSend>,
) -> Reply<Delivery> {
    cx.work().test_webhook_endpoint(endpoint, &test).await
}
