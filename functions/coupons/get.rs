//! `GET /api/coupons/{id}`: read a coupon.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, coupon::Coupon},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CouponsRead, get_coupon).await
}

async fn get_coupon(cx: Context, Found(coupon): Found<Coupon>) -> Reply<Coupon> {
    cx.reply(coupon).await
}
