//! `POST /api/promotion-codes`: create a promotion code.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, serve},
    model::{
        auth::Scope,
        promotion_code::{NewPromotionCode, PromotionCode},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PromotionCodesWrite, create_promotion_code).await
}

async fn create_promotion_code(
    cx: Context,
    Body(new): Body<NewPromotionCode>,
) -> Reply<PromotionCode> {
    let promotion_code = cx.work().new_promotion_code(new).await?;
    let mut tx = cx.begin();
    tx.while_exists(promotion_code.coupon_id());
    tx.insert(&promotion_code);
    cx.commit(tx, promotion_code).await
}
