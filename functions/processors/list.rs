//! `GET /api/processors`: list processors, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{auth::Scope, filter::Unfiltered, processor::Processor},
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsRead, list_processors).await
}

async fn list_processors(
    cx: Context,
    listing: Listing<Unfiltered<Processor>>,
) -> Reply<Page<Processor>> {
    cx.list(listing).await
}
