//! Invoked by the table's stream, and every minute: tell webhook endpoints what happened.

use std::process::ExitCode;

use shared::{http::serve_worker, work::worker::Worker};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_worker(Worker::deliver).await
}
