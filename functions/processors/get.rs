//! `GET /api/processors/{id}`: read a processor.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Found, Reply, serve},
    processor::Processor,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsRead, get_processor).await
}

async fn get_processor(cx: Context, Found(processor): Found<Processor>) -> Reply<Processor> {
    cx.reply(processor).await
}
