//! `GET /api/tokens/{id}`: read a token, but for its text.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, token::Token},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TokensRead, get_token).await
}

async fn get_token(cx: Context, Found(token): Found<Token>) -> Reply<Token> {
    let token = cx.store().with_last_use(cx.account(), token).await?;
    cx.reply(token).await
}
