//! `GET /api/test-clock`: read a staging account's time.

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
    serve(Scope::TestClockRead, get_test_clock).await
}

async fn get_test_clock(cx: Context, clock: AccountClock) -> Reply<TestClock> {
    cx.work().answer_clock(&clock)
}
