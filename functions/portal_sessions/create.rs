//! `POST /api/portal-sessions`: open the customer portal.
//!
//! The answer holds the `url` of a page on which the customer sees invoices and pays them, has other
//! cards charged, cancels subscriptions and takes that back, and changes name and address. It opens for
//! an hour, for whoever has it, and that customer's portal alone: send it to nobody else.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve_portal_session},
    model::{
        auth::Scope,
        portal::{NewPortalSession, PortalSession},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_portal_session(Scope::PortalWrite, create_portal_session).await
}

async fn create_portal_session(
    cx: Context,
    Body(new): Body<NewPortalSession>,
) -> Reply<PortalSession> {
    let (session, secret) = cx.work().new_portal_session(new, cx.real_now()).await?;
    let session = session.hosted_at(cx.origin());
    let mut tx = cx.begin();
    tx.insert(&session);
    cx.commit_session(tx, session, secret).await
}
