//! `POST /api/tokens`: create a token; its text is shown in this answer only.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        account::Account,
        auth::Scope,
        token::{IssuedToken, NewToken, Token},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TokensWrite, create_token).await
}

async fn create_token(
    cx: Context,
    Found(account): Found<Account>,
    Body(new): Body<NewToken>,
) -> Reply<IssuedToken> {
    let new = new.permitted(cx.grants(), cx.real_now())?;
    let (token, text) = Token::new(cx.record(), new, cx.grants(), account.rate_limits());
    let mut tx = cx.begin();
    tx.insert(&token);
    tx.while_at(&account);
    cx.commit_issued(tx, token, text).await
}
