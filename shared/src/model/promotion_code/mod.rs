//! Promotion codes: what a customer types to get a coupon.
//!
//! A code is found by its text whatever the case, because people type it: the claim that keeps it
//! unique within the account is made of its lower-case form. A code can end sooner than its coupon, be
//! redeemed less often, or be for one customer; whatever it allows, the coupon has to allow as well.

pub mod code;

use crate::model::entity::Place;
use serde_json::{Value, json};

pub use self::code::{CLAIM, Code};
use crate::{
    base::{
        error::Error,
        id::{CouponId, CustomerId, PromotionCodeId, kind},
        input::{Faults, Integer},
        metadata::Metadata,
        time::Timestamp,
    },
    model::{
        coupon::{Redemptions, Refusal, check_end},
        entity::{Companion, Entity, Item, Representation, entity, recorded},
        event_type::{PromotionCodeEvent, created_or_updated},
        expansion::{Expansion, Reference},
        filter::{Filter, filter},
        list::{Gated, List},
        record::Record,
    },
};

pub(crate) const NOUN: &str = "promotion code";

entity! {
    /// A text that stands for a coupon.
    pub struct PromotionCode of kind::PromotionCode;

    /// What a client sends to create a promotion code.
    new NewPromotionCode
    example {"coupon_id": "cpn_prod_0mkz6k3cc1o2u3p4", "code": "LAUNCH-20"}

    /// What a client sends to change a promotion code.
    patch PromotionCodePatch
    example {"active": false}

    fields {
        /// What it stands for.
        coupon_id: pub(crate) required CouponId { new },
        /// What a customer types, in any case; unique within the account.
        code: default(Code::new()) Code {
            /// What a customer types, in any case; unique within the account. One is made up, when left
            /// out.
            new,
        },
        /// Whether it can be redeemed.
        active: default(true) bool {
            /// Whether it can be redeemed; true, when left out.
            new,
            patch,
        },
        /// How often it can be redeemed in all; null for as often as the coupon.
        max_redemptions: optional Redemptions {
            /// How often it can be redeemed in all; as often as the coupon, when left out.
            new,
            patch,
        },
        /// The instant from which it cannot be redeemed any more.
        expires_at: optional Timestamp {
            /// The instant from which it cannot be redeemed any more, in the future.
            new,
            /// The instant from which it cannot be redeemed any more, in the future.
            patch,
        },
        /// The only customer who can redeem it; null for anybody.
        customer_id: pub(crate) optional CustomerId {
            /// The only customer who can redeem it; anybody can, when left out.
            new,
        },
        /// How often it was redeemed.
        times_redeemed: kept(0) i64,
        /// Free text by key.
        metadata: required Metadata {
            new,
            /// Free text by key: replaces all of it.
            patch,
        },
    }
}

impl PromotionCode {
    /// A new promotion code; what is wrong with it is reported together with `faults`.
    pub fn new(
        record: Record<kind::PromotionCode>,
        new: NewPromotionCode,
        mut faults: Faults,
    ) -> Result<Self, Error> {
        check_end(NOUN, "expires_at", new.expires_at, record.created_at, &mut faults);
        faults.settled().map(|()| Self::from_new(record, new))
    }

    /// The promotion code with the changes a client asks for at `now`.
    pub fn patched(&self, patch: PromotionCodePatch, now: Timestamp) -> Result<Self, Error> {
        let mut faults = Faults::default();
        check_end(NOUN, "expires_at", patch.expires_at.value().copied(), now, &mut faults);
        faults.settled().map(|()| self.with_patch(patch))
    }

    /// The promotion code's id.
    pub fn id(&self) -> &PromotionCodeId {
        &self.record.id
    }

    /// What it stands for.
    pub fn coupon_id(&self) -> &CouponId {
        &self.coupon_id
    }

    /// What a customer types.
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// The promotion code after `customer` redeemed it at `now`, or why they cannot: a fault of the
    /// field `promotion_code`. Whether its coupon can be redeemed is the coupon's to say.
    pub fn redeemed(&self, customer: &CustomerId, now: Timestamp) -> Result<Self, Error> {
        match self.refusal(Some(customer), now) {
            Some(refusal) => Err(refusal.into_error("promotion_code")),
            None => Ok(self.counted()),
        }
    }

    /// The code after a redemption was taken back.
    pub(crate) fn uncounted(&self) -> Self {
        Self { times_redeemed: self.times_redeemed.saturating_sub(1).max(0), ..self.clone() }
    }

    /// The promotion code after one more redemption.
    pub(crate) fn counted(&self) -> Self {
        Self { times_redeemed: self.times_redeemed.saturating_add(1), ..self.clone() }
    }

    /// Why `customer`, or somebody not yet known, cannot redeem it at `now`, if they cannot.
    pub fn refusal(&self, customer: Option<&CustomerId>, now: Timestamp) -> Option<Refusal> {
        let for_another = self.customer_id.is_some() && self.customer_id.as_ref() != customer;
        let most = self.max_redemptions.map(Integer::get);
        Refusal::of(NOUN, self.active, self.expires_at, (self.times_redeemed, most), now)
            .or_else(|| for_another.then(Refusal::of_another))
    }
}

impl Representation for PromotionCode {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::reference("coupon", "coupon_id", Reference::Coupon),
        Expansion::reference("customer", "customer_id", Reference::Customer),
    ];

    fn example() -> Value {
        json!({
            "id": "promo_prod_0mkz6k3cp1r2o3m4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "coupon_id": "cpn_prod_0mkz6k3cc1o2u3p4",
            "code": "LAUNCH-20",
            "active": true,
            "max_redemptions": null,
            "expires_at": null,
            "customer_id": null,
            "times_redeemed": 0,
            "metadata": {},
        })
    }
}

impl Entity for PromotionCode {
    recorded!(kind::PromotionCode);
    type Event = PromotionCodeEvent;
    const RESOURCE: &'static str = "promotion-codes";

    fn lists(&self) -> Vec<List> {
        PromotionCodeFilter::lists(self)
    }

    fn gates(&self) -> Vec<Gated> {
        vec![of_coupon(&self.coupon_id)]
    }

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let place = Place::Unique { what: CLAIM.to_owned(), value: self.code.folded() };
        Ok(vec![Companion { place, item: Item::new(), claims: Some((NOUN, "code")) }])
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<PromotionCodeEvent> {
        created_or_updated(before)
    }
}

/// The promotion codes of a coupon: while there is none, it can be deleted.
pub(crate) fn of_coupon(coupon: &CouponId) -> Gated {
    PromotionCodeFilter { coupon_id: Some(coupon.clone()), ..Default::default() }.list().gated()
}

filter! {
    /// Which promotion codes to list.
    pub struct PromotionCodeFilter of PromotionCode {
        /// Only those of this coupon.
        coupon_id: CouponId,
        /// Only the one that is written like this, in any case.
        code: Code,
        /// Only those that are active, or only those that are not.
        active: bool,
    }
    together [coupon_id, code, active]
}
