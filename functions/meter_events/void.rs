//! `POST /api/meter-events/{identifier}/void`: void an event of usage: it counts no longer.
//!
//! What it was stays, and so does its identifier: sent again, it is a duplicate. An invoice that is a
//! draft bills it no more; what a final one billed too much is proposed as a credit note, which is for
//! you to issue. An event that is void already is answered as it is.
//!
//! An identifier is percent-encoded. One that cannot be part of a path on its way is sent in the body.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, FoundUsage, serve},
    model::{
        auth::Scope,
        meter::{CorrectedUsage, UsageCorrection, UsageVoid},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MeterEventsWrite, void_usage_event).await
}

async fn void_usage_event(
    cx: Context,
    FoundUsage(event): FoundUsage,
    Body(request): Body<UsageVoid>,
) -> Reply<CorrectedUsage> {
    cx.work().correct_usage(event, UsageCorrection::Void(request)).await
}
