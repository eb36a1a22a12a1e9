//! `POST /api/meter-events`: record usage: one event, or up to 100 at once.
//!
//! Each event has a verdict of its own. What is accepted is counted when the answer is sent, and an event
//! whose identifier its meter has counted before is a duplicate: a request whose answer was lost can be
//! sent again as it was. An event that is sent alone and cannot be counted is a problem like any other.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        meter::{NewUsage, UsageResults},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MeterEventsWrite, record_usage).await
}

async fn record_usage(cx: Context, Body(new): Body<NewUsage>) -> Reply<UsageResults> {
    cx.work().record_usage(new).await
}
