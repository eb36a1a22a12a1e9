//! `POST /api/change-requests`: create a change request of a subscription.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        change_request::{ChangeRequest, NewChangeRequest},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, create_change_request).await
}

async fn create_change_request(
    cx: Context,
    Body(new): Body<NewChangeRequest>,
) -> Reply<ChangeRequest> {
    cx.work().create_change_request(new).await
}
