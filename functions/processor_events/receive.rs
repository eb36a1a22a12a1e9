//! `POST /api/processor-events/{id}`: receive an event of a processor.
//!
//! For the processor to send to, not for clients. What an event says is a hint: the processor is asked
//! about its payment or refund, and what that answers is written. An event about anything else is
//! answered `200` and does nothing. `400` means that the signature in `Stripe-Signature` is none of the
//! processor's `webhook_secrets`, or is older than 300 seconds, or that there is no such processor.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Notice, serve_notices},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_notices(receive_event).await
}

async fn receive_event(notice: Notice) -> Result<(), Error> {
    notice.work().hear(notice.processor(), notice.body()).await
}
