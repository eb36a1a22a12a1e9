//! `POST /api/meters`: create a meter.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        meter::{Meter, NewMeter},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MetersWrite, create_meter).await
}

async fn create_meter(cx: Context, Body(new): Body<NewMeter>) -> Reply<Meter> {
    let meter = Meter::new(cx.record(), new);
    let mut tx = cx.begin();
    tx.insert(&meter);
    cx.commit(tx, meter).await
}
