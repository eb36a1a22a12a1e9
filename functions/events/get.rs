//! `GET /api/events/{id}`: read an event.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, event::Event},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::EventsRead, get_event).await
}

async fn get_event(cx: Context, Found(event): Found<Event>) -> Reply<Event> {
    cx.reply(event).await
}
