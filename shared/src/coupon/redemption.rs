//! Redeeming a coupon, by its id or by a promotion code: whether it is allowed, and counting it.
//!
//! What redeems reads first and decides; the count is written with what the redemption is for, in one
//! transaction, on the condition that nobody else has counted since. So no limit is ever exceeded.

use super::Coupon;
use crate::{
    error::Error,
    id::{CouponId, CustomerId, PromotionCodeId},
    input::{Faults, Location},
    money::Currency,
    promotion_code::{Code, PromotionCode},
    store::Tx,
    time::Timestamp,
    work::Work,
};

/// Why something cannot be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What, for a program.
    pub code: &'static str,
    /// What, for a person; continues "Request coupon_id …".
    pub hint: String,
}

impl Refusal {
    /// Why a `noun` that is `active` or not, ends, and was redeemed some of the times it may be,
    /// cannot be redeemed at `now`.
    pub(crate) fn of(
        noun: &str,
        active: bool,
        end: Option<Timestamp>,
        (times, most): (i64, Option<i64>),
        now: Timestamp,
    ) -> Option<Self> {
        if !active {
            let hint = format!("names a {noun} that is not active");
            return Some(Self { code: "not_active", hint });
        }
        if let Some(end) = end.filter(|end| *end <= now) {
            let hint = format!("names a {noun} that could be redeemed until {end}");
            return Some(Self { code: "expired", hint });
        }
        let most = most.filter(|most| times >= *most)?;
        let hint = format!("names a {noun} that was redeemed as often as it may be: {most} times");
        Some(Self { code: "used_up", hint })
    }

    /// A code that was made for somebody else.
    pub(crate) fn of_another() -> Self {
        let hint = "names a promotion code that was made for another customer".to_owned();
        Self { code: "other_customer", hint }
    }

    /// What there is not.
    fn of_nothing() -> Self {
        let hint = "names nothing that can be redeemed".to_owned();
        Self { code: "no_such_object", hint }
    }

    /// The refusal of a whole request, for its field `field`.
    pub(crate) fn into_error(self, field: &'static str) -> Error {
        Error::rule("request", field, self.code, &self.hint)
    }
}

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

    /// Counts the redemption, in the transaction of what it is for.
    pub fn count(&self, tx: &mut Tx) {
        tx.update(&self.coupon, self.coupon.counted());
        if let Some(code) = &self.code {
            tx.update(code, code.counted());
        }
    }
}

impl Work {
    /// Takes a redemption back, in the transaction of what undoes what it was for.
    pub async fn redemption_undone(
        &self,
        tx: &mut Tx,
        coupon: &CouponId,
        code: Option<&PromotionCodeId>,
    ) -> Result<(), Error> {
        let coupon: Option<Coupon> = self.store().find(self.account(), coupon).await?;
        if let Some(coupon) = coupon {
            tx.update(&coupon, coupon.uncounted());
        }
        let Some(code) = code else { return Ok(()) };
        let code: Option<PromotionCode> = self.store().find(self.account(), code).await?;
        if let Some(code) = code {
            tx.update(&code, code.uncounted());
        }
        Ok(())
    }

    /// What a request whose fields `coupon_id` and `promotion_code` are these redeems for `customer`,
    /// if anything. Why it cannot is noted at the field it named.
    pub async fn redemption(
        &self,
        body: &Location<'_>,
        (coupon, code): (Option<&CouponId>, Option<&Code>),
        customer: Option<&CustomerId>,
        faults: &mut Faults,
    ) -> Result<Option<Redemption>, Error> {
        let (of_coupon, of_code) = (body.field("coupon_id"), body.field("promotion_code"));
        let (at, named, code) = match (coupon, code) {
            (None, None) => return Ok(None),
            (Some(coupon), None) => (of_coupon, Some(coupon.clone()), None),
            (None, Some(code)) => {
                let found = self.store().promotion_code_named(self.account(), code).await?;
                (of_code, found.as_ref().map(|found| found.coupon_id().clone()), found)
            }
            (Some(_), Some(_)) => {
                let hint = "cannot be given beside coupon_id: a code stands for its coupon";
                faults.not_valid(&of_code, "not_allowed", hint);
                return Ok(None);
            }
        };
        let coupon = match named {
            Some(coupon) => self.store().find(self.account(), &coupon).await?,
            None => None,
        };
        let refusal = match coupon {
            None => Refusal::of_nothing(),
            Some(coupon) => match Redemption::new(coupon, code, customer, self.now()) {
                Ok(redemption) => return Ok(Some(redemption)),
                Err(refusal) => refusal,
            },
        };
        faults.not_valid(&at, refusal.code, &refusal.hint);
        Ok(None)
    }
}
