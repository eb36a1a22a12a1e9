//! `GET /api/coupons`: list coupons, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        coupon::{Coupon, CouponFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CouponsRead, list_coupons).await
}

async fn list_coupons(cx: Context, listing: Listing<CouponFilter>) -> Reply<Page<Coupon>> {
    cx.list(listing).await
}
