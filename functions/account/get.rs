//! `GET /api/account`: read the account the token belongs to.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{account::Account, auth::Scope},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::AccountRead, get_account).await
}

async fn get_account(cx: Context, Found(account): Found<Account>) -> Reply<Account> {
    cx.reply(account).await
}
