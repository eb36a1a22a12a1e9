//! `GET /api/processors/{id}`: read a processor.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, processor::Processor},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsRead, get_processor).await
}

async fn get_processor(cx: Context, Found(processor): Found<Processor>) -> Reply<Processor> {
    cx.reply(processor).await
}
