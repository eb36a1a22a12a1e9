//! The discount of a subscription: a coupon's terms, as they were when it was applied.
//!
//! The terms are copied, so that a coupon that is changed or deleted later takes nothing back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    base::{
        error::Error,
        id::{CouponId, DiscountId, PromotionCodeId},
        money::{Atoms, Currency, Overflow, rounded},
        time::{TimeZoneName, Timestamp},
    },
    model::{
        billing::{cycle::Cycle, discount::Reduction},
        {coupon::Lasts, redemption::Redemption},
    },
};

/// A coupon that a subscription has.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct AppliedDiscount {
    /// The discount's id.
    pub id: DiscountId,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The code it was applied by.
    pub promotion_code_id: Option<PromotionCodeId>,
    /// From 1 to 100 hundredths of each line.
    percent_off: Option<i64>,
    /// An amount of each invoice.
    amount_off_atom: Option<Atoms>,
    /// Since when.
    started_at: Timestamp,
    /// Until when; invoices for periods that begin later are not reduced. Null for ever, and for a
    /// discount of one invoice.
    ends_at: Option<Timestamp>,
    /// Whether it reduces one invoice only.
    once: bool,
    /// Whether it has reduced an invoice.
    used: bool,
}

impl AppliedDiscount {
    /// The discount that a redeemed coupon gives on a subscription in `currency`, from `now` on; none,
    /// where it only makes the trial longer or is in another currency.
    pub fn of(
        id: DiscountId,
        redemption: &Redemption,
        currency: Currency,
        zone: &TimeZoneName,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let coupon = redemption.coupon();
        let Some(reduction) = coupon.reduction(currency) else { return Ok(None) };
        let ends_at = match coupon.lasts() {
            Lasts::Once | Lasts::Forever => None,
            Lasts::Months(months) => Some(months_after(now, months, zone)?),
        };
        Ok(Some(Self {
            id,
            coupon_id: coupon.id().clone(),
            promotion_code_id: redemption.promotion_code().map(|code| code.id().clone()),
            percent_off: match reduction {
                Reduction::Percent(percent) => Some(percent),
                Reduction::Fixed(_) => None,
            },
            amount_off_atom: match reduction {
                Reduction::Fixed(amount) => Some(amount),
                Reduction::Percent(_) => None,
            },
            started_at: now,
            ends_at,
            once: matches!(coupon.lasts(), Lasts::Once),
            used: false,
        }))
    }

    /// What it takes off an invoice for a period that begins at `at`.
    pub fn reduction(&self, at: Timestamp) -> Option<Reduction> {
        let over = self.ends_at.is_some_and(|end| at >= end) || (self.once && self.used);
        let percent = self.percent_off.map(Reduction::Percent);
        percent.or(self.amount_off_atom.map(Reduction::Fixed)).filter(|_| !over)
    }

    /// What it takes off a line that settles a change at `at`. An amount off is an invoice's, once a
    /// period: a change does not earn it again.
    pub fn share_of_change(&self, charged: Atoms, at: Timestamp) -> Result<Atoms, Overflow> {
        match self.reduction(at) {
            Some(Reduction::Percent(percent)) if charged.is_positive() => {
                rounded(i128::from(charged.get()) * i128::from(percent), 100)
            }
            _ => Ok(Atoms::ZERO),
        }
    }

    /// The discount after it has reduced an invoice.
    pub fn spent(&self) -> Self {
        Self { used: true, ..self.clone() }
    }
}

fn months_after(now: Timestamp, months: i64, zone: &TimeZoneName) -> Result<Timestamp, Error> {
    use crate::{
        base::input::Integer,
        model::billing::cycle::{Interval, IntervalUnit},
    };
    let interval = Interval { unit: IntervalUnit::Month, count: Integer::clamped(1) };
    let months = Cycle { anchor: now, interval, zone: zone.clone() }.boundary(months)?;
    Ok(months)
}
