//! `POST /api/test-clock`: stop a staging account's time at an instant.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        test_clock::{AccountClock, NewTestClock, TestClock},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TestClockWrite, stop_test_clock).await
}

async fn stop_test_clock(
    cx: Context,
    clock: AccountClock,
    Body(new): Body<NewTestClock>,
) -> Reply<TestClock> {
    let stopped = clock.stopped(new.now, cx.real_now())?;
    let mut tx = cx.begin();
    let stopped = tx.set_clock(&clock, stopped);
    cx.work().commit_clock(tx, stopped).await
}
