//! `POST /api/events/{id}/resend`: send an event to webhook endpoints once more.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{auth::Scope, event::Event, webhook::Resend},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::WebhooksWrite, resend_event).await
}

async fn resend_event(
    cx: Context,
    Found(event): Found<Event>,
    Body(resend): Body<Resend>,
) -> Reply<Event> {
    cx.work().resend_event(event, &resend).await
}
