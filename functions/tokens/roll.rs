//! `POST /api/tokens/{id}/roll`: replace a token; the new text is shown in this answer only.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        account::Account,
        auth::Scope,
        token::{IssuedToken, Roll, Token},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TokensWrite, roll_token).await
}

async fn roll_token(
    cx: Context,
    Found(token): Found<Token>,
    Body(roll): Body<Roll>,
) -> Reply<IssuedToken> {
    let account: Account = cx.find(cx.account()).await?;
    let limited = token.clone().limited_by(account.rate_limits());
    let (old, new, text) =
        limited.rolled(cx.record(), &roll, (cx.token(), cx.grants()), cx.real_now())?;
    let mut tx = cx.begin();
    tx.update(&token, old);
    tx.insert(&new);
    tx.while_at(&account);
    cx.commit_issued(tx, new, text).await
}
