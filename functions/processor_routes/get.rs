//! `GET /api/processor-routes/{id}`: read a processor route.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, processor::ProcessorRoute},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsRead, get_processor_route).await
}

async fn get_processor_route(
    cx: Context,
    Found(route): Found<ProcessorRoute>,
) -> Reply<ProcessorRoute> {
    cx.reply(route).await
}
