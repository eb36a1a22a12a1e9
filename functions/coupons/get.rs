//! `GET /api/coupons/{id}`: read a coupon.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    coupon::Coupon,
    http::{Context, Found, Reply, serve},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CouponsRead, get_coupon).await
}

async fn get_coupon(cx: Context, Found(coupon): Found<Coupon>) -> Reply<Coupon> {
    cx.reply(coupon).await
}
