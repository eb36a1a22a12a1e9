//! `POST /api/passkeys`: register a passkey, which signs in to the dashboard.
//!
//! A session that it opens may do what the token may that registers it. It works at the host that it was
//! registered at; `422` where it is another's, or answers no challenge of the last five minutes.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        passkey::{NewPasskey, Passkey},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TokensWrite, register_passkey).await
}

async fn register_passkey(cx: Context, Body(new): Body<NewPasskey>) -> Reply<Passkey> {
    let here = (cx.origin(), cx.real_now());
    let (passkey, challenge) = cx.work().new_passkey(new, cx.grants(), here).await?;
    let mut tx = cx.begin();
    tx.redeem(&challenge);
    tx.insert(&passkey);
    cx.commit_lasting(tx, passkey).await
}
