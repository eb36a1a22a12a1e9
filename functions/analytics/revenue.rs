//! `GET /api/analytics/revenue`: read MRR, how it moves, cash and subscriptions by day or month.
//!
//! What is counted are events, a minute after they happened: those that nobody has asked about yet are
//! counted by the request, and each once. `counted_until` says how far that is.

use std::process::ExitCode;

use shared::{
    http::{Context, Params, serve},
    model::{
        analytics::{Figures, FiguresQuery},
        auth::Scope,
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::EventsRead, read_revenue).await
}

async fn read_revenue(cx: Context, Params(query): Params<FiguresQuery>) -> Reply<Figures> {
    cx.work().figures(&query, cx.ends_at()).await
}
