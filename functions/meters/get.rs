//! `GET /api/meters/{id}`: read a meter.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, meter::Meter},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MetersRead, get_meter).await
}

async fn get_meter(cx: Context, Found(meter): Found<Meter>) -> Reply<Meter> {
    cx.reply(meter).await
}
