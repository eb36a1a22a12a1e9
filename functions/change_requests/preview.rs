//! `POST /api/change-requests/{id}/preview`: compute what a change request would come to.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{
        auth::Scope,
        change_request::{ChangePreview, ChangeRequest},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, preview_change_request).await
}

async fn preview_change_request(
    cx: Context,
    Found(request): Found<ChangeRequest>,
) -> Reply<ChangePreview> {
    cx.work().preview_change_request(request).await
}
