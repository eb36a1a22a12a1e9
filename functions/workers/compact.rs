//! Invoked by the table's stream when a list wants compacting, and every quarter of an hour in case the
//! stream's word was lost: move long logs of lists into their trees.

use std::process::ExitCode;

use shared::http::{Worker, serve_worker};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_worker(Worker::compact).await
}
