//! `DELETE /api/passkeys/{id}`: remove a passkey; sessions that it opened go on.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, serve},
    model::{auth::Scope, passkey::Passkey},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TokensWrite, remove_passkey).await
}

async fn remove_passkey(
    cx: Context,
    Found(passkey): Found<Passkey>,
) -> Reply<Deleted<kind::Passkey>> {
    passkey.removable(cx.grants())?;
    let mut tx = cx.begin();
    tx.delete(&passkey);
    cx.commit_deleted(tx, &passkey).await
}
