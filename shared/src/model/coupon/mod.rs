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

use serde_json::{Value, json};

pub(crate) use self::terms::check_end;
pub use self::{
    refusal::Refusal,
    terms::{AmountOff, CouponDuration, DiscountType, Months, Percent, Redemptions, TrialDays},
};
use crate::{
    base::{
        error::Error,
        id::{CouponId, kind},
        input::{Faults, Integer, Text, rule},
        metadata::Metadata,
        money::{Atoms, Currency},
        time::Timestamp,
    },
    model::{
        billing::discount::Reduction,
        entity::{Entity, Item, Representation, entity, recorded},
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

entity! {
    /// A discount that can be redeemed.
    pub struct Coupon of kind::Coupon;

    /// What a client sends to create a coupon.
    new NewCoupon
    rules [
        rule::one_of([
            rule::all_of([
                rule::says("discount_type", &["percentage"]),
                rule::given(&["percent_off"]),
                rule::absent(&["amount_off_atom", "currency", "trial_extension_days"]),
            ]),
            rule::all_of([
                rule::says("discount_type", &["fixed_amount"]),
                rule::given(&["amount_off_atom", "currency"]),
                rule::absent(&["percent_off", "trial_extension_days"]),
            ]),
            rule::all_of([
                rule::says("discount_type", &["trial_extension"]),
                rule::given(&["trial_extension_days"]),
                rule::absent(&["percent_off", "amount_off_atom", "currency"]),
                rule::says_not("duration", &["repeating", "forever"]),
            ]),
        ]),
        rule::one_of([
            rule::all_of([
                rule::says("duration", &["repeating"]),
                rule::given(&["duration_in_months"]),
            ]),
            rule::all_of([
                rule::says_not("duration", &["repeating"]),
                rule::absent(&["duration_in_months"]),
            ]),
        ]),
    ]
    example {"name": "Launch week", "discount_type": "percentage", "percent_off": 20}

    /// What a client sends to change a coupon. What it gives never changes.
    patch CouponPatch
    example {"active": false}

    fields {
        /// What customers see it called.
        name: optional Text<0, 200>,
        /// What it gives.
        discount_type: required DiscountType { new },
        /// How many hundredths it takes off every line.
        percent_off: optional Percent {
            /// How many hundredths it takes off every line: required of a percentage.
            new,
        },
        /// What it takes off an invoice, in the currency's smallest unit; at most what there is to pay.
        amount_off_atom: optional AmountOff {
            /// What it takes off an invoice, in the currency's smallest unit: required of a fixed amount.
            new,
        },
        /// The currency of `amount_off_atom`.
        currency: optional Currency {
            /// The currency of `amount_off_atom`: required of a fixed amount.
            new,
        },
        /// How many days it makes a trial longer.
        trial_extension_days: optional TrialDays {
            /// How many days it makes a trial longer: required of a trial extension.
            new,
        },
        /// How long it takes something off once it is redeemed.
        duration: default(CouponDuration::Once) CouponDuration {
            /// How long it takes something off once it is redeemed; once, when left out.
            new,
        },
        /// For how many months a repeating one does.
        duration_in_months: optional Months {
            /// For how many months: required of a repeating one.
            new,
        },
        /// How often it can be redeemed in all; null for any number of times.
        max_redemptions: optional Redemptions {
            /// How often it can be redeemed in all; any number of times, when left out.
            new,
            patch,
        },
        /// The instant from which it cannot be redeemed any more.
        redeem_by: optional Timestamp {
            /// The instant from which it cannot be redeemed any more, in the future.
            new,
            /// The instant from which it cannot be redeemed any more, in the future.
            patch,
        },
        /// Whether it can be redeemed at all.
        active: default(true) bool {
            /// Whether it can be redeemed; true, when left out.
            new,
            /// Whether it can be redeemed.
            patch,
        },
        /// How often it was redeemed.
        times_redeemed: kept(0) i64,
        /// Whether it could be redeemed now.
        #[serde(default)]
        #[schemars(with = "bool")]
        valid: kept(None) Option<bool>,
        /// Free text by key.
        metadata: required Metadata {
            new,
            /// Free text by key: replaces all of it.
            patch,
        },
    }
}

impl Coupon {
    /// A new coupon.
    pub fn new(record: Record<kind::Coupon>, new: NewCoupon) -> Result<Self, Error> {
        let mut faults = Faults::default();
        new.check(&mut faults);
        check_end(NOUN, "redeem_by", new.redeem_by, record.created_at, &mut faults);
        faults.settled().map(|()| Self::from_new(record, new))
    }

    /// The coupon with the changes a client asks for at `now`.
    pub fn patched(&self, patch: CouponPatch, now: Timestamp) -> Result<Self, Error> {
        let mut faults = Faults::default();
        check_end(NOUN, "redeem_by", patch.redeem_by.value().copied(), now, &mut faults);
        faults.settled().map(|()| self.with_patch(patch))
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
