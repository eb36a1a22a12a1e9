//! `GET /api/tokens`: list tokens, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{auth::Scope, filter::Unfiltered, token::Token},
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::TokensRead, list_tokens).await
}

async fn list_tokens(cx: Context, listing: Listing<Unfiltered<Token>>) -> Reply<Page<Token>> {
    let page = cx.page(listing).await?;
    let items = cx.store().all_with_last_use(cx.account(), page.items).await?;
    cx.reply_page(Page { items, ..page }).await
}
