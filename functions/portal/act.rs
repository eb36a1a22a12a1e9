//! `POST /portal/{account_id}/{id}`: what a customer does on that page.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Visit, serve_page},
    model::{hosted::Hosted, portal::PortalSession},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_page(act_on_portal).await
}

async fn act_on_portal(visit: Visit<PortalSession>) -> Result<Hosted, Error> {
    let form = visit.portal_form();
    visit.work().act_on_portal(visit.object(), &form, visit.looked(), visit.origin()).await
}
