//! Invoked with IAM credentials: have objects that were stored before a filter enter its lists.
//!
//! It is invoked until the answer's `after` is null. The event is `{}` to begin with, then `{"after": "…"}` with what the last answer said. What is done is
//! found done: to begin again does no harm.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Operator, serve_operator},
    work::backfill::{Backfill, Backfilled},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_operator(backfill).await
}

async fn backfill(operator: Operator, from: Backfill) -> Result<Backfilled, Error> {
    operator.backfill(from).await
}
