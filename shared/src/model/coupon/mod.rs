//! Coupons: a part off, an amount off, or more days of trial; once, for some months, or for good.
//!
//! A coupon says what it takes off and how often it may be redeemed, and counts how often it was. The
//! count is on the coupon itself, in the transaction of what redeems it, so that it is never more than
//! the coupon allows. What a redeemed coupon still takes off is the business of the subscription: it
//! keeps a copy, and neither a change nor the end of the coupon reaches it.
//!
//! A client redeems a coupon by its id or by a promotion code (`promotion_code`); both at once are in
//! `redemption`.

pub mod refusal;

pub mod terms;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::terms::check_end;
pub use self::{
    refusal::Refusal,
    terms::{
        AmountOff, CouponDuration, DiscountType, Months, NewCoupon, Percent, Redemptions, TrialDays,
    },
};
use crate::{
    base::{
        error::Error,
        id::{CouponId, kind},
        input::{Faults, Integer, Text, input},
        metadata::Metadata,
        money::{Atoms, Currency},
        patch::{Change, Patch},
        time::Timestamp,
    },
    model::{
        billing::discount::Reduction,
        entity::{Entity, Item, Representation, recorded},
        event_type::{CouponEvent, created_or_updated},
        filter::{Filter, filter},
        list::List,
        record::Record,
    },
};

pub(crate) const NOUN: &str = "coupon";

/// How long a redeemed coupon takes something off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// One invoice.
    Once,
    /// The invoices of so many months from when it is redeemed.
    Months(i64),
    /// Every invoice.
    Forever,
}

/// A discount that can be redeemed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Coupon {
    #[serde(flatten)]
    record: Record<kind::Coupon>,
    /// What customers see it called.
    name: Option<Text<0, 200>>,
    /// What it gives.
    discount_type: DiscountType,
    /// How many hundredths it takes off every line.
    percent_off: Option<Percent>,
    /// What it takes off an invoice, in the currency's smallest unit; at most what there is to pay.
    amount_off_atom: Option<AmountOff>,
    /// The currency of `amount_off_atom`.
    currency: Option<Currency>,
    /// How many days it makes a trial longer.
    trial_extension_days: Option<TrialDays>,
    /// How long it takes something off once it is redeemed.
    duration: CouponDuration,
    /// For how many months a repeating one does.
    duration_in_months: Option<Months>,
    /// How often it can be redeemed in all; null for any number of times.
    max_redemptions: Option<Redemptions>,
    /// The instant from which it cannot be redeemed any more.
    redeem_by: Option<Timestamp>,
    /// Whether it can be redeemed at all.
    active: bool,
    /// How often it was redeemed.
    times_redeemed: i64,
    /// Whether it could be redeemed now.
    #[serde(default)]
    #[schemars(with = "bool")]
    valid: Option<bool>,
    /// Free text by key.
    metadata: Metadata,
}

input! {
    /// What a client sends to change a coupon. What it gives never changes.
    pub struct CouponPatch {
        /// What customers see it called.
        name: Patch<Text<0, 200>>,
        /// Whether it can be redeemed.
        active: Change<bool>,
        /// How often it can be redeemed in all; null for any number of times.
        max_redemptions: Patch<Redemptions>,
        /// The instant from which it cannot be redeemed any more, in the future.
        redeem_by: Patch<Timestamp>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
    }
    example {"active": false}
}

impl Coupon {
    /// A new coupon.
    pub fn new(record: Record<kind::Coupon>, new: NewCoupon) -> Result<Self, Error> {
        let mut faults = Faults::default();
        new.check(&mut faults);
        check_end(NOUN, "redeem_by", new.redeem_by, record.created_at, &mut faults);
        faults.settled().map(|()| Self {
            record,
            name: new.name,
            discount_type: new.discount_type,
            percent_off: new.percent_off,
            amount_off_atom: new.amount_off_atom,
            currency: new.currency,
            trial_extension_days: new.trial_extension_days,
            duration: new.duration.unwrap_or(CouponDuration::Once),
            duration_in_months: new.duration_in_months,
            max_redemptions: new.max_redemptions,
            redeem_by: new.redeem_by,
            active: new.active.unwrap_or(true),
            times_redeemed: 0,
            valid: None,
            metadata: new.metadata,
        })
    }

    /// The coupon with the changes a client asks for at `now`.
    pub fn patched(&self, patch: CouponPatch, now: Timestamp) -> Result<Self, Error> {
        let mut faults = Faults::default();
        check_end(NOUN, "redeem_by", patch.redeem_by.value().copied(), now, &mut faults);
        let current = self.clone();
        faults.settled().map(|()| Self {
            name: patch.name.apply(current.name),
            active: patch.active.apply(current.active),
            max_redemptions: patch.max_redemptions.apply(current.max_redemptions),
            redeem_by: patch.redeem_by.apply(current.redeem_by),
            metadata: patch.metadata.apply(current.metadata),
            ..self.clone()
        })
    }

    /// The coupon's id.
    pub fn id(&self) -> &CouponId {
        &self.record.id
    }

    /// The coupon after one more redemption at `now`, or why it cannot be redeemed: a fault of the
    /// field `coupon_id`.
    pub fn redeemed(&self, now: Timestamp) -> Result<Self, Error> {
        match self.refusal(now) {
            Some(refusal) => Err(refusal.into_error("coupon_id")),
            None => Ok(self.counted()),
        }
    }

    /// The coupon after one more redemption.
    pub(crate) fn counted(&self) -> Self {
        Self { times_redeemed: self.times_redeemed.saturating_add(1), ..self.clone() }
    }

    /// The coupon after a redemption was taken back.
    pub(crate) fn uncounted(&self) -> Self {
        Self { times_redeemed: self.times_redeemed.saturating_sub(1).max(0), ..self.clone() }
    }

    /// Why it cannot be redeemed at `now`, if it cannot.
    pub fn refusal(&self, now: Timestamp) -> Option<Refusal> {
        let most = self.max_redemptions.map(Integer::get);
        Refusal::of(NOUN, self.active, self.redeem_by, (self.times_redeemed, most), now)
    }

    /// What it takes off an invoice in `currency`; nothing where it extends a trial or takes off an
    /// amount of another currency.
    pub fn reduction(&self, currency: Currency) -> Option<Reduction> {
        match self.discount_type {
            DiscountType::Percentage => {
                self.percent_off.map(|percent| Reduction::Percent(percent.get()))
            }
            DiscountType::FixedAmount if self.currency == Some(currency) => {
                self.amount_off_atom.map(|amount| Reduction::Fixed(Atoms::new(amount.get())))
            }
            DiscountType::FixedAmount | DiscountType::TrialExtension => None,
        }
    }

    /// The only currency it takes something off in; none, where it takes off the same in all.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// How many days it makes a trial longer.
    pub fn trial_extension_days(&self) -> Option<i64> {
        self.trial_extension_days.map(Integer::get)
    }

    /// How long it takes something off, from when it is redeemed.
    pub fn lasts(&self) -> Lasts {
        match (self.duration, self.duration_in_months) {
            (CouponDuration::Repeating, Some(months)) => Lasts::Months(months.get()),
            (CouponDuration::Forever, _) => Lasts::Forever,
            (CouponDuration::Once | CouponDuration::Repeating, _) => Lasts::Once,
        }
    }
}

impl Representation for Coupon {
    fn example() -> Value {
        json!({
            "id": "cpn_prod_0mkz6k3cc1o2u3p4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "name": "Launch week",
            "discount_type": "percentage",
            "percent_off": 20,
            "amount_off_atom": null,
            "currency": null,
            "trial_extension_days": null,
            "duration": "once",
            "duration_in_months": null,
            "max_redemptions": 100,
            "redeem_by": "2026-03-01T00:00:00.000Z",
            "active": true,
            "times_redeemed": 0,
            "valid": true,
            "metadata": {},
        })
    }
}

impl Entity for Coupon {
    recorded!(kind::Coupon);
    type Event = CouponEvent;
    const RESOURCE: &'static str = "coupons";

    fn lists(&self) -> Vec<List> {
        CouponFilter::lists(self)
    }

    fn complete_at(&self, object: &mut Item, now: Timestamp) {
        object.insert("valid".to_owned(), self.refusal(now).is_none().into());
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<CouponEvent> {
        created_or_updated(before)
    }
}

filter! {
    /// Which coupons to list.
    pub struct CouponFilter of Coupon {
        /// Only those that are active, or only those that are not.
        active: bool,
    }
    together [active]
}
