//! `GET /api/webhook-endpoints/{id}/deliveries`: list the deliveries to a webhook endpoint, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, Listing, serve},
    model::{
        auth::Scope,
        filter::Filter,
        webhook::{Delivery, DeliveryFilter, WebhookEndpoint},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksRead, list_endpoint_deliveries).await
}

async fn list_endpoint_deliveries(
    cx: Context,
    Found(endpoint): Found<WebhookEndpoint>,
    listing: Listing<DeliveryFilter>,
) -> Reply<Page<Delivery>> {
    let list = listing.filter.within(Delivery::of_endpoint(endpoint.id()));
    cx.list_in(&list, listing).await
}
