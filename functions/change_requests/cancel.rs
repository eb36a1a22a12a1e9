//! `POST /api/change-requests/{id}/cancel`: take a change request back.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, change_request::ChangeRequest},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, cancel_change_request).await
}

async fn cancel_change_request(
    cx: Context,
    Found(request): Found<ChangeRequest>,
) -> Reply<ChangeRequest> {
    cx.work().cancel_change_request(request).await
}
