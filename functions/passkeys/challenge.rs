//! `GET /api/passkeys/new/challenge`: ask what a passkey is registered with.
//!
//! A page of the dashboard hands it to `navigator.credentials.create`, and what that comes to is sent to
//! `POST /passkeys` within five minutes. It is for this account and is answered once; asking changes nothing.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{account::Account, auth::Scope, passkey::PasskeyChallenge},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TokensRead, challenge_passkey).await
}

async fn challenge_passkey(cx: Context, Found(account): Found<Account>) -> Reply<PasskeyChallenge> {
    cx.work().passkey_challenge(&account, cx.origin(), cx.real_now()).await
}
