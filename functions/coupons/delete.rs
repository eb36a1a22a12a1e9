//! `DELETE /api/coupons/{id}`: delete a coupon.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    coupon::Coupon,
    http::{Context, Deleted, Found, Reply, serve},
    id::kind,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CouponsWrite, delete_coupon).await
}

async fn delete_coupon(cx: Context, Found(coupon): Found<Coupon>) -> Reply<Deleted<kind::Coupon>> {
    let mut tx = cx.begin_coupon_deletion(&coupon).await?;
    tx.delete(&coupon);
    cx.commit_deleted(tx, &coupon).await
}
