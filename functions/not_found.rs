//! `$default`: answer for a route or a method that does not exist.

use std::process::ExitCode;

use shared::http::{Route, serve_unrouted};

/// Every route of template.yaml, written by `make functions`.
const ROUTES: &[Route] = include!("routes.rs");

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_unrouted(ROUTES).await
}
