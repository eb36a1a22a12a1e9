//! `POST /api/simulate`: compute the invoices that would come until an instant.
//!
//! Nothing is changed: what is going to happen is imagined by the flows that do it, each invoice paid as
//! soon as it is final. Of usage it is what has been counted by now.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        simulation::{NewSimulation, Simulation},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, simulate).await
}

async fn simulate(cx: Context, Body(asked): Body<NewSimulation>) -> Reply<Simulation> {
    cx.work().simulate(asked).await
}
