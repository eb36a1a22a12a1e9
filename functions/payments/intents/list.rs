//! `GET /api/payments/intents`: list payment intents, newest first.
//!
//! `customer_id` and `invoice_id` exclude one another; either can be combined with a state.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        payment_intent::{PaymentIntent, PaymentIntentFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentsRead, list_payment_intents).await
}

async fn list_payment_intents(
    cx: Context,
    listing: Listing<PaymentIntentFilter>,
) -> Reply<Page<PaymentIntent>> {
    cx.list(listing).await
}
