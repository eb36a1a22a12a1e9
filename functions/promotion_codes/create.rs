//! `POST /api/promotion-codes`: create a promotion code.

use std::process::ExitCode;

use shared::{
    auth::Scope,
    http::{Body, Context, Reply, serve},
    promotion_code::{NewPromotionCode, PromotionCode},
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PromotionCodesWrite, create_promotion_code).await
}

async fn create_promotion_code(
    cx: Context,
    Body(new): Body<NewPromotionCode>,
) -> Reply<PromotionCode> {
    let promotion_code = cx.new_promotion_code(new).await?;
    let mut tx = cx.begin();
    tx.while_exists(promotion_code.coupon_id());
    tx.mark(promotion_code.coupon_id(), promotion_code.id());
    tx.insert(&promotion_code);
    cx.commit(tx, promotion_code).await
}
