//! `POST /api/meter-events/{identifier}/amend`: amend an event of usage: it was another value, or at another time.
//!
//! What it was is kept beside it as `previous`, and its identifier stays. Usage, drafts and previews are
//! those of the amended event at once. What comes to more on a final invoice is billed by the next one;
//! what comes to less is proposed as a credit note, which is for you to issue. An event that says so
//! already is answered as it is.
//!
//! An identifier is percent-encoded. One that cannot be part of a path on its way is sent in the body.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, FoundUsage, serve},
    model::{
        auth::Scope,
        meter::{CorrectedUsage, UsageAmendment, UsageCorrection},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MeterEventsWrite, amend_usage_event).await
}

async fn amend_usage_event(
    cx: Context,
    FoundUsage(event): FoundUsage,
    Body(request): Body<UsageAmendment>,
) -> Reply<CorrectedUsage> {
    cx.work().correct_usage(event, UsageCorrection::Amendment(request)).await
}
