//! `DELETE /api/processors/{id}`: delete a processor with which no payment method was ever added.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, serve},
    model::{auth::Scope, processor::Processor},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsWrite, delete_processor).await
}

async fn delete_processor(
    cx: Context,
    Found(processor): Found<Processor>,
) -> Reply<Deleted<kind::Processor>> {
    let processor = processor.deletable()?;
    let mut tx = cx.begin();
    tx.delete(&processor);
    cx.commit_deleted(tx, &processor).await
}
