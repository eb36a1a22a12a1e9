//! `POST /api/processor-routes`: create a processor route.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        processor::{NewProcessorRoute, ProcessorRoute},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsWrite, create_processor_route).await
}

async fn create_processor_route(
    cx: Context,
    Body(new): Body<NewProcessorRoute>,
) -> Reply<ProcessorRoute> {
    cx.work().route_references(&new.processor_ids).await?;
    let route = ProcessorRoute::new(cx.record(), new)?;
    let mut tx = cx.begin();
    tx.insert(&route);
    cx.commit(tx, route).await
}
