//! `POST /api/sessions`: sign in to the dashboard.
//!
//! A session is a secret token of eight hours, in a cookie that no script can read: its text is in no
//! answer. It may do what the token it is asked for with may do, or less. Requests with the cookie need
//! the header `PaymentKit-Session: 1`, which no other site can send. It is listed with the tokens, and
//! revoked like one.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve_session},
    model::{
        account::Account,
        auth::Scope,
        token::{NewSession, Token},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_session(Scope::TokensWrite, create_session).await
}

async fn create_session(
    cx: Context,
    Found(account): Found<Account>,
    Body(new): Body<NewSession>,
) -> Reply<Token> {
    let new = new.token(cx.real_now()).permitted(cx.grants(), cx.real_now())?;
    let (token, text) = Token::new(cx.record(), new, cx.grants(), account.rate_limits());
    let mut tx = cx.begin();
    tx.insert(&token);
    tx.while_at(&account);
    cx.commit_session(tx, token, text).await
}
