//! `DELETE /api/promotion-codes/{id}`: delete a promotion code.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Context, Deleted, Found, Reply, serve},
    id::kind,
    promotion_code::PromotionCode,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PromotionCodesWrite, delete_promotion_code).await
}

async fn delete_promotion_code(
    cx: Context,
    Found(promotion_code): Found<PromotionCode>,
) -> Reply<Deleted<kind::PromotionCode>> {
    let mut tx = cx.begin();
    tx.delete(&promotion_code);
    cx.commit_deleted(tx, &promotion_code).await
}
