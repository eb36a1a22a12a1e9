//! `DELETE /api/promotion-codes/{id}`: delete a promotion code.

use std::process::ExitCode;

use shared::{
    base::id::kind,
    http::{Context, Found, serve},
    model::{auth::Scope, promotion_code::PromotionCode},
    work::answer::{Deleted, Reply},
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
