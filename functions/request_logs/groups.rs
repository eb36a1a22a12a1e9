//! `GET /api/request-logs/groups`: list how requests ended, by operation, status and code.
//!
//! Of the newest 1,000 that failed and the newest 1,000 that did not, between `from` and `to`. The group with
//! the newest request stands first.

use std::process::ExitCode;

use shared::{
    http::{Context, Params, serve},
    model::{
        auth::Scope,
        request_log::{RequestGroupPage, RequestGroupQuery},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::RequestLogsRead, group_request_logs).await
}

async fn group_request_logs(
    cx: Context,
    Params(query): Params<RequestGroupQuery>,
) -> Reply<RequestGroupPage> {
    cx.work().request_groups(&query).await
}
