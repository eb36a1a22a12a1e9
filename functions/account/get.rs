//! `GET /api/account`: read the account the token belongs to.

use std::process::ExitCode;

use shared::{
    account::Account,
    auth::Scope,
    http::{Context, Found, Reply, serve},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::AccountRead, get_account).await
}

async fn get_account(cx: Context, Found(account): Found<Account>) -> Reply<Account> {
    cx.reply(account).await
}
