//! `GET /pay/{account_id}/{id}`: the address of a payment link, which makes a checkout session.
//!
//! A browser is led to the session's page. What asks for `application/json` is answered with what a
//! payer may know of the session, its `secure_token` and the address of its page.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Visit, serve_page},
    model::{hosted::Hosted, payment_link::PaymentLink},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_page(open_payment_link).await
}

async fn open_payment_link(visit: Visit<PaymentLink>) -> Result<Hosted, Error> {
    visit.work().open_payment_link(visit.object(), visit.how()).await
}
