//! `GET /checkout/{account_id}/{id}`: the page on which a checkout session is paid.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Visit, serve_page},
    model::{checkout::CheckoutSession, hosted::Hosted},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_page(show_checkout).await
}

async fn show_checkout(visit: Visit<CheckoutSession>) -> Result<Hosted, Error> {
    visit.work().checkout_page(visit.object(), visit.looked()).await
}
