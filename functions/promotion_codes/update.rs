//! `PATCH /api/promotion-codes/{id}`: change a promotion code.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        promotion_code::{PromotionCode, PromotionCodePatch},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PromotionCodesWrite, update_promotion_code).await
}

async fn update_promotion_code(
    cx: Context,
    Found(promotion_code): Found<PromotionCode>,
    Body(patch): Body<PromotionCodePatch>,
) -> Reply<PromotionCode> {
    let patched = promotion_code.patched(patch, cx.now())?;
    let mut tx = cx.begin();
    let promotion_code = tx.update(&promotion_code, patched);
    cx.commit(tx, promotion_code).await
}
