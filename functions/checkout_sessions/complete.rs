//! `POST /api/checkout-sessions/{id}/complete`: complete a checkout session.
//!
//! With a `payment_method` it is charged: a decline is answered with 422 and leaves the session open, to
//! be completed by another one. Without, what the customer has is charged as for any invoice, and the
//! session is completed in any case: an invoice that could not be paid stays open, and a subscription
//! `incomplete`. A session is completed once; to complete it again changes nothing and answers with it.
//! A publishable token is answered, and refused, in words for a payer.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Opened, serve},
    model::{
        auth::Scope,
        checkout::{CheckoutSession, Completion, ShownCheckoutSession},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CheckoutWrite, complete_checkout_session).await
}

async fn complete_checkout_session(
    cx: Context,
    Opened(session): Opened<CheckoutSession>,
    Body(completion): Body<Completion>,
) -> Reply<ShownCheckoutSession> {
    let completion = completion.sent_with(cx.token_kind())?;
    cx.work().complete_and_show_checkout_session(session, completion, cx.audience()).await
}
