//! `POST /api/test-clock/advance`: move a stopped clock forward, doing everything that falls due on the way.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        test_clock::{AccountClock, TestClock, TestClockAdvance},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TestClockWrite, advance_test_clock).await
}

async fn advance_test_clock(
    cx: Context,
    clock: AccountClock,
    Body(advance): Body<TestClockAdvance>,
) -> Reply<TestClock> {
    let sent = clock.sent(advance.to)?;
    let mut tx = cx.begin();
    let sent = tx.set_clock(&clock, sent);
    cx.work().advance_clock(tx, sent, cx.ends_at()).await
}
