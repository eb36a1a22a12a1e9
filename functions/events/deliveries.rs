//! `GET /api/events/{id}/deliveries`: list the deliveries of an event, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, Listing, serve},
    model::{
        auth::Scope,
        event::Event,
        filter::Filter,
        webhook::{Delivery, DeliveryFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksRead, list_event_deliveries).await
}

async fn list_event_deliveries(
    cx: Context,
    Found(event): Found<Event>,
    listing: Listing<DeliveryFilter>,
) -> Reply<Page<Delivery>> {
    let list = listing.filter.within(Delivery::of_event(event.id()));
    cx.list_in(&list, listing).await
}
