//! `PATCH /api/meters/{id}`: change a meter.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        meter::{Meter, MeterPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MetersWrite, update_meter).await
}

async fn update_meter(
    cx: Context,
    Found(meter): Found<Meter>,
    Body(patch): Body<MeterPatch>,
) -> Reply<Meter> {
    let mut tx = cx.begin();
    let meter = tx.update(&meter, meter.patched(patch));
    cx.commit(tx, meter).await
}
