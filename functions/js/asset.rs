//! `GET /js/v1/{id}`: PaymentKit.js, which shows and completes a checkout session on a page of the seller's.
//!
//! Its files are in the program, as `make paymentkit-js` built them.

use std::process::ExitCode;

use shared::http::{Asset, serve_scripts};

const FILES: &[Asset] = include!("../../web/paymentkit-js/served/files.rs");

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_scripts("js-asset", FILES).await
}
