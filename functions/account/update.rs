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
    cx.work().account_references(&patch).await?;
    let mut tx = cx.begin();
    let account = tx.update(&account, account.patched(patch));
    cx.commit(tx, account).await
}
