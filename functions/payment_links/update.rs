//! `PATCH /api/payment-links/{id}`: change a payment link.
//!
//! `is_active: false` switches it off for good: its address leads nowhere, and the sessions that it made
//! go on.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        payment_link::{PaymentLink, PaymentLinkPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PaymentLinksWrite, update_payment_link).await
}

async fn update_payment_link(
    cx: Context,
    Found(link): Found<PaymentLink>,
    Body(patch): Body<PaymentLinkPatch>,
) -> Reply<PaymentLink> {
    let mut tx = cx.begin();
    let link = tx.update(&link, link.patched(patch)?);
    cx.commit(tx, link).await
}
