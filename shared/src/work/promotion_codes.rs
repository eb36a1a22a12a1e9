//! Promotion codes: what a new one refers to.

use crate::work::Work;
use crate::{
    base::{
        error::Error,
        input::{Faults, Location},
        patch::Patch,
    },
    model::promotion_code::{NOUN, NewPromotionCode, PromotionCode},
};

impl Work {
    /// A new promotion code for one of the account's coupons.
    pub async fn new_promotion_code(&self, new: NewPromotionCode) -> Result<PromotionCode, Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let coupon = Patch::Set(new.coupon_id.clone());
        self.refers_to(&coupon, &body.field("coupon_id"), &mut faults).await?;
        let customer = new.customer_id.clone().map_or(Patch::Keep, Patch::Set);
        self.refers_to(&customer, &body.field("customer_id"), &mut faults).await?;
        PromotionCode::new(self.record(), new, faults)
    }
}
