//! `GET /api/payment-links`: list payment links, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{auth::Scope, filter::Unfiltered, payment_link::PaymentLink},
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentLinksRead, list_payment_links).await
}

async fn list_payment_links(
    cx: Context,
    listing: Listing<Unfiltered<PaymentLink>>,
) -> Reply<Page<PaymentLink>> {
    cx.list(listing).await
}
