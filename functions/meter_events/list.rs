//! `GET /api/meter-events`: list the events of a customer that a meter counts, newest first.
//!
//! Newest is by when they happened. `total` is exact, and counts every event that had been accepted when
//! the request was sent and is not void. With an `identifier` in place of a customer it is that event
//! alone, void or not.

use std::process::ExitCode;

use shared::{
    http::{Context, Params, serve},
    model::{
        auth::Scope,
        meter::{UsageEventPage, UsageEventQuery},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MetersRead, list_usage_events).await
}

async fn list_usage_events(
    cx: Context,
    Params(query): Params<UsageEventQuery>,
) -> Reply<UsageEventPage> {
    cx.work().usage_events(&query).await
}
