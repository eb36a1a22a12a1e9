//! `DELETE /api/processor-routes/{id}`: delete a processor route.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, serve},
    model::{auth::Scope, processor::ProcessorRoute},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::ProcessorsWrite, delete_processor_route).await
}

async fn delete_processor_route(
    cx: Context,
    Found(route): Found<ProcessorRoute>,
) -> Reply<Deleted<kind::ProcessorRoute>> {
    let mut tx = cx.begin();
    tx.delete(&route);
    cx.commit_deleted(tx, &route).await
}
