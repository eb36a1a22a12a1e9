//! Invoked every minute: do what is due of all accounts.

use std::process::ExitCode;

use shared::http::{Worker, serve_worker};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_worker(Worker::sweep).await
}
