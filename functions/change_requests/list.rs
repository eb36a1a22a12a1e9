//! `GET /api/change-requests`: list change requests, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        change_request::{ChangeRequest, ChangeRequestFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsRead, list_change_requests).await
}

async fn list_change_requests(
    cx: Context,
    listing: Listing<ChangeRequestFilter>,
) -> Reply<Page<ChangeRequest>> {
    cx.list(listing).await
}
