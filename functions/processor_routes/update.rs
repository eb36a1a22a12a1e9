//! `PATCH /api/processor-routes/{id}`: change a processor route.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        processor::{ProcessorRoute, ProcessorRoutePatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsWrite, update_processor_route).await
}

async fn update_processor_route(
    cx: Context,
    Found(route): Found<ProcessorRoute>,
    Body(patch): Body<ProcessorRoutePatch>,
) -> Reply<ProcessorRoute> {
    cx.work().route_references(patch.processor_ids.value().map_or(&[], Vec::as_slice)).await?;
    let mut tx = cx.begin();
    let route = tx.update(&route, route.patched(patch)?);
    cx.commit(tx, route).await
}
