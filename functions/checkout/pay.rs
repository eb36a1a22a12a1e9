//! `POST /checkout/{account_id}/{id}`: the form of that page, which pays.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Visit, serve_page},
    model::{checkout::CheckoutSession, hosted::Hosted},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_page(pay_checkout).await
}

async fn pay_checkout(visit: Visit<CheckoutSession>) -> Result<Hosted, Error> {
    visit.work().pay_on_page(visit.object(), visit.form(), visit.locale()).await
}
