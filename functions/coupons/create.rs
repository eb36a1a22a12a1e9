//! `POST /api/coupons`: create a coupon.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        coupon::{Coupon, NewCoupon},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CouponsWrite, create_coupon).await
}

async fn create_coupon(cx: Context, Body(new): Body<NewCoupon>) -> Reply<Coupon> {
    let coupon = Coupon::new(cx.record(), new)?;
    let mut tx = cx.begin();
    tx.insert(&coupon);
    cx.commit(tx, coupon).await
}
