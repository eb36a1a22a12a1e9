//! `GET /api/coupons`: list coupons, newest first.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    coupon::{Coupon, CouponFilter},
    http::{Context, Listing, Reply, serve},
    store::Page,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CouponsRead, list_coupons).await
}

async fn list_coupons(cx: Context, listing: Listing<CouponFilter>) -> Reply<Page<Coupon>> {
    cx.list(listing).await
}
