//! `GET /api/processor-routes/{id}`: read a processor route.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    processor::ProcessorRoute,
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
