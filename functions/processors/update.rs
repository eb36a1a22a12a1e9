//! `PATCH /api/processors/{id}`: change a processor.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        processor::{Processor, ProcessorPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsWrite, update_processor).await
}

async fn update_processor(
    cx: Context,
    Found(processor): Found<Processor>,
    Body(patch): Body<ProcessorPatch>,
) -> Reply<Processor> {
    let patched = cx.work().patched_processor(&processor, patch).await?;
    let mut tx = cx.begin();
    let processor = tx.update(&processor, patched);
    cx.commit(tx, processor).await
}
