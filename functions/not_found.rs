//! `$default`: answer for a route or a method that does not exist.

use std::process::ExitCode;

use shared::http::{Route, serve_unrouted};

/// Every route of template.yaml, written by build.rs.
const ROUTES: &[Route] = include!(concat!(env!("OUT_DIR"), "/routes.rs"));

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_unrouted(ROUTES).await
}
