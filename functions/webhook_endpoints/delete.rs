//! `DELETE /api/webhook-endpoints/{id}`: delete a webhook endpoint; nothing is sent there any more.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Named, serve},
    model::{auth::Scope, webhook::WebhookEndpoint},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksWrite, delete_webhook_endpoint).await
}

async fn delete_webhook_endpoint(
    cx: Context,
    Named(id): Named<WebhookEndpoint>,
) -> Reply<Deleted<kind::WebhookEndpoint>> {
    cx.work().delete_webhook_endpoint(&id).await
}
