//! `PATCH /api/account`: change the account's settings.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        account::{Account, AccountPatch},
        auth::Scope,
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::AccountWrite, update_account).await
}

async fn update_account(
    cx: Context,
    Found(account): Found<Account>,
    Body(patch): Body<AccountPatch>,
) -> Reply<Account> {
    cx.work().update_account(account, patch).await
}
