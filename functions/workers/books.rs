//! Invoked on the first of a month, and with IAM credentials: write accounts' books to a bucket.
//!
//! The event is `{}` for the month before of the accounts that the deployment names, or any of `{"account_id": "acc_…",
//! "from": "2026-01-01", "to": "2026-12-31", "format": "csv" | "beancount" | "hledger"}`; the answer says what was written.
//! Sent twice, the same is written in the same place.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Operator, serve_operator},
    work::books::{BooksAsked, BooksWritten},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_operator(books).await
}

async fn books(operator: Operator, asked: BooksAsked) -> Result<BooksWritten, Error> {
    operator.books(asked).await
}
