//! `GET /dashboard`: the dashboard, a page that uses the public API and nothing else.
//!
//! Its files are in the program, as `make dashboard` built them.

use std::process::ExitCode;

use shared::http::{Asset, serve_assets};

const FILES: &[Asset] = include!("../../web/dashboard/dist/files.rs");

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_assets("dashboard-asset", FILES).await
}
