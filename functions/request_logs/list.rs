//! `GET /api/request-logs`: list requests of the last seven days, newest first.
//!
//! Of an account that has `request_logging`. The newest 1,000 that failed and the newest 1,000 that did not
//! are looked at, between `from` and `to`; at most 1,000 of them are listed, and older ones are reached by
//! `to`. A request is in the log a moment after it was answered. Reading the log is not in it.

use std::process::ExitCode;

use shared::{
    http::{Context, Params, serve},
    model::{
        auth::Scope,
        request_log::{RequestLogPage, RequestLogQuery},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::RequestLogsRead, list_request_logs).await
}

async fn list_request_logs(
    cx: Context,
    Params(query): Params<RequestLogQuery>,
) -> Reply<RequestLogPage> {
    cx.work().logged_requests(&query).await
}
