//! `GET /api/change-requests/{id}`: read a change request.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, change_request::ChangeRequest},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsRead, get_change_request).await
}

async fn get_change_request(
    cx: Context,
    Found(request): Found<ChangeRequest>,
) -> Reply<ChangeRequest> {
    cx.reply(request).await
}
