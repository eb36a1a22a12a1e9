//! `DELETE /api/coupons/{id}`: delete a coupon.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, serve},
    model::{auth::Scope, coupon::Coupon},
    work::answer::{Deleted, Reply},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CouponsWrite, delete_coupon).await
}

async fn delete_coupon(cx: Context, Found(coupon): Found<Coupon>) -> Reply<Deleted<kind::Coupon>> {
    let mut tx = cx.work().begin_coupon_deletion(&coupon).await?;
    tx.delete(&coupon);
    cx.commit_deleted(tx, &coupon).await
}
