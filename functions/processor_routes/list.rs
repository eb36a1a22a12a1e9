//! `GET /api/processor-routes`: list processor routes, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{auth::Scope, filter::Unfiltered, processor::ProcessorRoute},
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsRead, list_processor_routes).await
}

async fn list_processor_routes(
    cx: Context,
    listing: Listing<Unfiltered<ProcessorRoute>>,
) -> Reply<Page<ProcessorRoute>> {
    cx.list(listing).await
}
