//! `DELETE /api/tokens/{id}`: revoke a token: it stops working within 30 seconds.
//!
//! A session of the dashboard that revokes itself is signed out: the answer takes its cookie from the browser.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve_revocation},
    model::{auth::Scope, token::Token},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_revocation(Scope::TokensWrite, revoke_token).await
}

async fn revoke_token(cx: Context, Found(token): Found<Token>) -> Reply<Token> {
    let token = cx.store().with_last_use(cx.account(), token).await?;
    let revoked = token.revoked(cx.grants(), cx.now())?;
    let mut tx = cx.begin();
    let token = tx.update(&token, revoked);
    cx.commit(tx, token).await
}
