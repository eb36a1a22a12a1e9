//! Redeeming a coupon, by its id or by a promotion code: whether it is allowed.

use crate::{
    base::{id::CustomerId, time::Timestamp},
    model::{
        coupon::{Coupon, Refusal},
        promotion_code::PromotionCode,
    },
};

/// A coupon that a client may redeem, and the promotion code it named, if it named one.
#[derive(Clone, Debug)]
pub struct Redemption {
    coupon: Coupon,
    code: Option<PromotionCode>,
}

impl Redemption {
    /// What `customer`, or somebody not yet known, redeems at `now` with a coupon, or with a code that
    /// stands for it; or why they cannot.
    pub fn new(
        coupon: Coupon,
        code: Option<PromotionCode>,
        customer: Option<&CustomerId>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let of_code = code.as_ref().and_then(|code| code.refusal(customer, now));
        match of_code.or_else(|| coupon.refusal(now)) {
            Some(refusal) => Err(refusal),
            None => Ok(Self { coupon, code }),
        }
    }

    /// The coupon, before this redemption is counted.
    pub fn coupon(&self) -> &Coupon {
        &self.coupon
    }

    /// The promotion code, before this redemption is counted.
    pub fn promotion_code(&self) -> Option<&PromotionCode> {
        self.code.as_ref()
    }
}
