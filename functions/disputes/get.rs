//! `GET /api/disputes/{id}`: read a dispute.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, dispute::Dispute},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentsRead, get_dispute).await
}

async fn get_dispute(cx: Context, Found(dispute): Found<Dispute>) -> Reply<Dispute> {
    cx.reply(dispute).await
}
