//! `GET /api/passkeys`: list passkeys, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{auth::Scope, filter::Unfiltered, passkey::Passkey},
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TokensRead, list_passkeys).await
}

async fn list_passkeys(cx: Context, listing: Listing<Unfiltered<Passkey>>) -> Reply<Page<Passkey>> {
    cx.list(listing).await
}
