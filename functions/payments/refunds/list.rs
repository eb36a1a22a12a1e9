//! `GET /api/payments/refunds`: list refunds, newest first.
//!
//! `payment_intent_id`, `customer_id` and `invoice_id` exclude one another; each can be combined with
//! a state.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        refund::{Refund, RefundFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentsRead, list_refunds).await
}

async fn list_refunds(cx: Context, listing: Listing<RefundFilter>) -> Reply<Page<Refund>> {
    cx.list(listing).await
}
