//! `POST /api/meter-events`: record usage: one event, or up to 100 at once.
//!
//! Each event has a verdict of its own. What is accepted is counted when the answer is sent, and an event
//! whose identifier its meter has counted before is a duplicate: a request whose answer was lost can be
//! sent again as it was. An event that is sent alone and cannot be counted is a problem like any other.
//!
//! Usage can also be sent as CloudEvents 1.0: one as `application/cloudevents+json`, up to 100 as
//! `application/cloudevents-batch+json`. The `type` is the meter's `event_name`, the `time` the
//! timestamp, the `data` the payload; the `subject` is the customer, where the payload names none. The
//! identifier is `source` and `id` with a blank in between, because only together they tell an event
//! from every other.

use std::process::ExitCode;

use shared::{
    http::{Context, EventBody, serve},
    model::{
        auth::Scope,
        meter::{SentUsage, UsageResults},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MeterEventsWrite, record_usage).await
}

async fn record_usage(cx: Context, EventBody(sent): EventBody<SentUsage>) -> Reply<UsageResults> {
    cx.work().record_usage(sent).await
}
