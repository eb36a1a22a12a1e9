//! `POST /api/processors`: add a processor.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        processor::{NewProcessor, Processor},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsWrite, create_processor).await
}

async fn create_processor(cx: Context, Body(new): Body<NewProcessor>) -> Reply<Processor> {
    let processor = cx.work().new_processor(new).await?;
    let mut tx = cx.begin();
    tx.insert(&processor);
    cx.commit(tx, processor).await
}
