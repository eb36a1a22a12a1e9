//! What a change request asks for: gathered part by part, and checked as a whole.
//!
//! Items, coupon and trial go together. A cancellation and a pause each stand alone: each is a
//! transaction of its own that ends or holds what the others would change.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{NOUN, effective::EffectiveAt};
use crate::{
    base::{
        error::Error,
        id::{CouponId, PriceId},
        input::{Faults, Input, Integer, Json, Location, Several, input, rule},
        patch::{Change, Patch},
        time::Timestamp,
    },
    model::{
        promotion_code::Code,
        subscription::{
            Cancellation, ItemEdit, ItemsChange, PauseRequest, ProrationBehavior, Subscription,
            SubscriptionPatch, update::CouponChange,
        },
    },
};

/// For how long ahead a change may be asked for.
const MOST_DAYS_AHEAD: i64 = 731;

/// The coupon that a subscription gets: an empty text for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponName(Option<CouponId>);

impl Serialize for CouponName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_ref().map_or("", CouponId::as_str))
    }
}

impl<'de> Deserialize<'de> for CouponName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        match text.as_ref() {
            "" => Ok(Self(None)),
            text => text
                .parse()
                .map(|id| Self(Some(id)))
                .map_err(|_| de::Error::custom("not the id of a coupon")),
        }
    }
}

impl Input for CouponName {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match CouponChange::read(value, at, faults)? {
            CouponChange::Apply(id) => Some(Self(Some(id))),
            CouponChange::Keep | CouponChange::Remove => Some(Self(None)),
        }
    }
}

impl JsonSchema for CouponName {
    fn schema_name() -> Cow<'static, str> {
        "CouponName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^(cpn_(prod|stg)_[a-z0-9]{16})?$"})
    }
}

input! {
    /// How long a pause takes that begins when the request takes effect.
    #[derive(Serialize, Deserialize)]
    pub struct RequestedPause {
        /// For how many periods. Not together with `resumes_at`.
        pub(super) pause_for_cycles: Option<Integer<1, 120>>,
        /// When the subscription goes on by itself.
        pub(super) resumes_at: Option<Timestamp>,
    }
    rules [rule::not_together(&["pause_for_cycles", "resumes_at"])]
}

input! {
    /// What a change request asks for. What is left out stays as it was asked for before; null takes it
    /// out of the request.
    pub struct ChangesPatch {
        /// When the changes are made: `now` (when the request is applied), `period_end` (at the end of
        /// the period in which it is applied), or an instant at most 731 days ahead.
        effective_at: Change<EffectiveAt>,
        /// Changes of items: all of them or none. They take the place of those asked for before.
        items: Patch<Several<ItemEdit>>,
        /// When the difference that changes of items make is paid; `always_invoice`, when never said.
        proration_behavior: Change<ProrationBehavior>,
        /// Whether items change only once the difference is paid, with `always_invoice`. When left out:
        /// yes, where the request takes effect at an instant; no, where it does when it is applied.
        pay_before_change: Patch<bool>,
        /// A coupon in the place of the one that the subscription has; an empty text removes that.
        coupon_id: Patch<CouponName>,
        /// The code of a coupon. Not together with `coupon_id`.
        promotion_code: Patch<Code>,
        /// When its trial ends. Not together with `trial_period_days`.
        trial_end: Patch<Timestamp>,
        /// How many days its trial takes from its start.
        trial_period_days: Patch<Integer<1, 730>>,
        /// The subscription ends. Nothing else goes with it.
        cancellation: Patch<Cancellation>,
        /// The subscription is paused. Nothing else goes with it.
        pause: Patch<RequestedPause>,
    }
    rules [
        rule::not_together(&["trial_end", "trial_period_days"]),
        rule::not_together(&["coupon_id", "promotion_code"]),
    ]
    example {
        "items": [{
            "action": "update",
            "subscription_item_id": "si_prod_0mkz6k3c9i8t7e6m",
            "quantity": 3,
        }],
    }
}

/// How the changes of a request are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Not at all: what they come to once they are paid.
    AsIfPaid,
    /// By somebody who waits for the answer.
    ByHand,
    /// Because their instant has come, with nobody there.
    InTime,
}

/// What a change request asks for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Changes {
    /// When the changes are made: `now`, `period_end`, or an instant.
    pub(crate) effective_at: EffectiveAt,
    /// Changes of items.
    pub(crate) items: Option<Vec<ItemEdit>>,
    /// When the difference that they make is paid.
    pub(crate) proration_behavior: ProrationBehavior,
    /// Whether items change only once that is paid; null where it was not said.
    #[serde(default)]
    pub(crate) pay_before_change: Option<bool>,
    /// A coupon in the place of the one that the subscription has; empty to remove that.
    coupon_id: Option<CouponName>,
    /// The code of a coupon.
    promotion_code: Option<Code>,
    /// When the trial ends.
    trial_end: Option<Timestamp>,
    /// How many days the trial takes from its start.
    trial_period_days: Option<Integer<1, 730>>,
    /// How the subscription is cancelled.
    pub(crate) cancellation: Option<Cancellation>,
    /// How long the subscription is paused.
    pub(crate) pause: Option<RequestedPause>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            effective_at: EffectiveAt::Now,
            items: None,
            proration_behavior: ProrationBehavior::AlwaysInvoice,
            pay_before_change: None,
            coupon_id: None,
            promotion_code: None,
            trial_end: None,
            trial_period_days: None,
            cancellation: None,
            pause: None,
        }
    }
}

impl Changes {
    /// What is asked for after `patch`.
    pub(crate) fn patched(self, patch: ChangesPatch) -> Self {
        Self {
            effective_at: patch.effective_at.apply(self.effective_at),
            items: patch
                .items
                .apply(self.items.and_then(Several::of))
                .map(|items| items.into_iter().collect()),
            proration_behavior: patch.proration_behavior.apply(self.proration_behavior),
            pay_before_change: patch.pay_before_change.apply(self.pay_before_change),
            coupon_id: patch.coupon_id.apply(self.coupon_id),
            promotion_code: patch.promotion_code.apply(self.promotion_code),
            trial_end: patch.trial_end.apply(self.trial_end),
            trial_period_days: patch.trial_period_days.apply(self.trial_period_days),
            cancellation: patch.cancellation.apply(self.cancellation),
            pause: patch.pause.apply(self.pause),
        }
    }

    /// Notes what does not go together, and what cannot be waited for.
    pub(crate) fn check(&self, at: &Location<'_>, now: Timestamp, faults: &mut Faults) {
        let mut not_with = |field: &str, other: &str| {
            let hint = format!("cannot be combined with {other}: make another change request");
            faults.not_valid(&at.field(field), "not_combinable", &hint);
        };
        if self.coupon_id.is_some() && self.promotion_code.is_some() {
            not_with("promotion_code", "coupon_id");
        }
        if self.trial_end.is_some() && self.trial_period_days.is_some() {
            not_with("trial_period_days", "trial_end");
        }
        if self.cancellation.is_some() && (self.changes_terms() || self.pause.is_some()) {
            not_with("cancellation", "other changes");
        }
        if self.pause.is_some() && self.changes_terms() {
            not_with("pause", "other changes");
        }
        if self.pay_before_change == Some(true)
            && self.proration_behavior != ProrationBehavior::AlwaysInvoice
        {
            let hint = "needs a proration_behavior of always_invoice: it waits for that invoice";
            faults.not_valid(&at.field("pay_before_change"), "not_combinable", hint);
        }
        if let EffectiveAt::At(instant) = self.effective_at {
            self.check_instant(instant, &at.field("effective_at"), now, faults);
        }
    }

    fn check_instant(
        &self,
        instant: Timestamp,
        at: &Location<'_>,
        now: Timestamp,
        faults: &mut Faults,
    ) {
        if instant <= now {
            let hint = "must be in the future; to change the subscription now, say now";
            faults.not_valid(at, "out_of_range", hint);
        }
        if instant > now.plus_days(MOST_DAYS_AHEAD) {
            let hint = format!("must be at most {MOST_DAYS_AHEAD} days ahead");
            faults.not_valid(at, "out_of_range", &hint);
        }
    }

    /// Refuses to do nothing.
    pub(crate) fn something(&self) -> Result<(), Error> {
        match self.changes_terms() || self.cancellation.is_some() || self.pause.is_some() {
            true => Ok(()),
            false => {
                let hint = "asks for no change yet; add one by POST /change-requests/{id}/changes";
                Err(Error::not_now(NOUN, "empty", hint))
            }
        }
    }

    fn changes_terms(&self) -> bool {
        self.items.is_some() || self.patches()
    }

    /// Whether coupon or trial are changed.
    pub(crate) fn patches(&self) -> bool {
        let coupon = self.coupon_id.is_some() || self.promotion_code.is_some();
        coupon || self.trial_end.is_some() || self.trial_period_days.is_some()
    }

    /// The change of coupon and trial, as a client would ask for it.
    pub(crate) fn patch(&self) -> SubscriptionPatch {
        let coupon = match &self.coupon_id {
            None => CouponChange::Keep,
            Some(CouponName(None)) => CouponChange::Remove,
            Some(CouponName(Some(id))) => CouponChange::Apply(id.clone()),
        };
        let trial = (self.trial_end, self.trial_period_days);
        SubscriptionPatch::of_terms((coupon, self.promotion_code.clone()), trial)
    }

    /// The change of items, as a client would ask for it, made so.
    pub(crate) fn items_change(&self, manner: Manner) -> Option<ItemsChange> {
        let items = self.items.clone().and_then(Several::of)?;
        let proration_behavior = self.proration_behavior;
        let invoiced = proration_behavior == ProrationBehavior::AlwaysInvoice;
        let pay_before_change = match manner {
            Manner::AsIfPaid => None,
            Manner::ByHand => self.pay_before_change,
            Manner::InTime => Some(invoiced && self.pay_before_change != Some(false)),
        };
        Some(ItemsChange { proration_behavior, pay_before_change, items })
    }

    /// The pause, as a client would ask for it.
    pub(crate) fn pause_request(&self) -> Option<PauseRequest> {
        let pause = self.pause.as_ref()?;
        Some(PauseRequest::now_for(pause.pause_for_cycles, pause.resumes_at))
    }

    /// Refuses changes of items that the subscription does not have.
    pub(crate) fn check_items(
        &self,
        subscription: &Subscription,
        at: &Location<'_>,
    ) -> Result<(), Error> {
        let (items, mut faults) = (at.field("items"), Faults::default());
        for (index, edit) in self.items.iter().flatten().enumerate() {
            edit.target(subscription.items(), &items.index(index), &mut faults);
        }
        faults.settled()
    }

    /// The prices that are named, by the place of the edit that names each.
    pub(crate) fn prices(&self) -> impl Iterator<Item = (usize, &PriceId)> {
        let edits = self.items.iter().flatten().enumerate();
        edits.filter_map(|(index, edit)| Some((index, edit.price_id()?)))
    }

    /// The coupon that is named.
    pub(crate) fn coupon(&self) -> Option<&CouponId> {
        self.coupon_id.as_ref()?.0.as_ref()
    }
}
