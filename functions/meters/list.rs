//! `GET /api/meters`: list meters, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        meter::{Meter, MeterFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::MetersRead, list_meters).await
}

async fn list_meters(cx: Context, listing: Listing<MeterFilter>) -> Reply<Page<Meter>> {
    cx.list(listing).await
}
