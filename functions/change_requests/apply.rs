//! `POST /api/change-requests/{id}/apply`: make the changes of a change request, once.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, change_request::ChangeRequest},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, apply_change_request).await
}

async fn apply_change_request(
    cx: Context,
    Found(request): Found<ChangeRequest>,
) -> Reply<ChangeRequest> {
    cx.work().apply_change_request(request).await
}
