//! Invoked by the table's stream, and every quarter of an hour: compact the lists that ask for it.

use std::process::ExitCode;

use shared::{http::serve_worker, work::worker::Worker};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_worker(Worker::compact).await
}
