//! `GET /api/events`: list events, newest first, or those after one.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        event::{Event, EventFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::EventsRead, list_events).await
}

async fn list_events(cx: Context, listing: Listing<EventFilter>) -> Reply<Page<Event>> {
    cx.list_events(listing).await
}
