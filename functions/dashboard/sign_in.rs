//! `GET /dashboard/sign-in`: sign in to the dashboard with a passkey: what it signs, and by `POST` the answer.
//!
//! Not below `/api`, and for the dashboard's own page: a passkey works at the host that it was made for.

use std::process::ExitCode;

use shared::http::serve_sign_in;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_sign_in().await
}
