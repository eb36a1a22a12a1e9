//! `GET /api/processors`: list processors, newest first.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Listing, Reply, Unfiltered, serve},
    processor::Processor,
    store::Page,
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
