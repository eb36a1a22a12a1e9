//! `PATCH /api/coupons/{id}`: change a coupon.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        coupon::{Coupon, CouponPatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CouponsWrite, update_coupon).await
}

async fn update_coupon(
    cx: Context,
    Found(coupon): Found<Coupon>,
    Body(patch): Body<CouponPatch>,
) -> Reply<Coupon> {
    let patched = coupon.patched(patch, cx.now())?;
    let mut tx = cx.begin();
    let coupon = tx.update(&coupon, patched);
    cx.commit(tx, coupon).await
}
