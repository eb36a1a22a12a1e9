//! `GET /api/webhook-endpoints`: list webhook endpoints, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{auth::Scope, filter::Unfiltered, webhook::WebhookEndpoint},
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksRead, list_webhook_endpoints).await
}

async fn list_webhook_endpoints(
    cx: Context,
    listing: Listing<Unfiltered<WebhookEndpoint>>,
) -> Reply<Page<WebhookEndpoint>> {
    let page = cx.page(listing).await?;
    cx.work().answer_webhook_endpoints(page).await
}
