//! Redeeming a coupon, by its id or by a promotion code: whether it is allowed.

use crate::{
    base::{
        id::CustomerId,
        input::{Faults, Location},
        money::Currency,
        time::Timestamp,
    },
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

    /// The field of a request that named it.
    pub fn field(&self) -> &'static str {
        if self.code.is_some() { "promotion_code" } else { "coupon_id" }
    }

    /// Why it takes nothing off what is sold in `currency`, if it does not: one that makes a trial
    /// longer is for a subscription that can have one.
    pub fn misfit(&self, currency: Currency, trial: bool) -> Option<Refusal> {
        let only = self.coupon.currency().filter(|own| *own != currency);
        if let Some(own) = only {
            let hint = format!("names a coupon in {own}, which takes nothing off in {currency}");
            return Some(Refusal { code: "other_currency", hint });
        }
        let extends = self.coupon.trial_extension_days().is_some();
        (extends && !trial).then(|| Refusal {
            code: "no_trial",
            hint: "names a coupon that makes a trial longer, and there is no trial".to_owned(),
        })
    }

    /// Notes why it takes nothing off, at the field that named it.
    pub fn check_fit(
        &self,
        (currency, trial): (Currency, bool),
        body: &Location<'_>,
        faults: &mut Faults,
    ) {
        if let Some(refusal) = self.misfit(currency, trial) {
            faults.not_valid(&body.field(self.field()), refusal.code, &refusal.hint);
        }
    }

    /// The promotion code, before this redemption is counted.
    pub fn promotion_code(&self) -> Option<&PromotionCode> {
        self.code.as_ref()
    }
}
