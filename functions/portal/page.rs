//! `GET /portal/{account_id}/{id}`: the page on which a customer sees what they have, or one invoice.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Visit, serve_page},
    model::{hosted::Hosted, portal::PortalSession},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_page(show_portal).await
}

async fn show_portal(visit: Visit<PortalSession>) -> Result<Hosted, Error> {
    visit.work().portal_page(visit.object(), visit.looked()).await
}
