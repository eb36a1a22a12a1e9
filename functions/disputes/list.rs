//! `GET /api/disputes`: list disputes, newest first.
//!
//! `payment_intent_id`, `customer_id` and `invoice_id` exclude one another; each can be combined with
//! a state.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        dispute::{Dispute, DisputeFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentsRead, list_disputes).await
}

async fn list_disputes(cx: Context, listing: Listing<DisputeFilter>) -> Reply<Page<Dispute>> {
    cx.list(listing).await
}
