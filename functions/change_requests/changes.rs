//! `POST /api/change-requests/{id}/changes`: add to what a change request asks for.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        change_request::{ChangeRequest, ChangesPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, add_changes).await
}

async fn add_changes(
    cx: Context,
    Found(request): Found<ChangeRequest>,
    Body(patch): Body<ChangesPatch>,
) -> Reply<ChangeRequest> {
    cx.work().add_changes(request, patch).await
}
