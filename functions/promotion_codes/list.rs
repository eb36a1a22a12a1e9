//! `GET /api/promotion-codes`: list promotion codes, newest first.

use std::process::ExitCode;

use shared::{
    http::{Context, Listing, serve},
    model::{
        auth::Scope,
        promotion_code::{PromotionCode, PromotionCodeFilter},
    },
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::PromotionCodesRead, list_promotion_codes).await
}

async fn list_promotion_codes(
    cx: Context,
    listing: Listing<PromotionCodeFilter>,
) -> Reply<Page<PromotionCode>> {
    cx.list(listing).await
}
