//! `GET /api/promotion-codes/{id}`: read a promotion code.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, serve},
    model::{auth::Scope, promotion_code::PromotionCode},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PromotionCodesRead, get_promotion_code).await
}

async fn get_promotion_code(
    cx: Context,
    Found(promotion_code): Found<PromotionCode>,
) -> Reply<PromotionCode> {
    cx.reply(promotion_code).await
}
