//! Invoked every minute: do what is due of all accounts.

use std::process::ExitCode;

use shared::{http::serve_worker, work::worker::Worker};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_worker(Worker::sweep).await
}
