//! `DELETE /api/test-clock`: return a staging account to real time.

use std::process::ExitCode;

use shared::{
    http::{Context, serve},
    model::{
        auth::Scope,
        test_clock::{AccountClock, TestClock},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TestClockWrite, release_test_clock).await
}

async fn release_test_clock(cx: Context, clock: AccountClock) -> Reply<TestClock> {
    let mut tx = cx.begin();
    let released = tx.set_clock(&clock, clock.released());
    cx.work().commit_clock(tx, released).await
}
