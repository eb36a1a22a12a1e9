//! The rest of what a client may change of a subscription.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{AppliedDiscount, Subscription, SubscriptionState};
use crate::{
    base::{
        error::Error,
        id::{CouponId, PaymentMethodId, ProcessorId},
        input::{Faults, Input, Integer, Json, Location, Text, input, rule},
        metadata::Metadata,
        patch::{Change, Patch},
        time::Timestamp,
    },
    model::{
        billing::cycle::days_after,
        custom_field::{FieldChanges, ResolvedChanges},
        external_id::ExternalId,
        invoice::{CollectionMethod, Invoice},
        promotion_code::Code,
    },
};

/// A coupon in a PATCH: absent leaves it, an empty text or null removes it.
#[derive(Clone, Debug)]
pub enum CouponChange {
    /// Leave it.
    Keep,
    /// Remove it.
    Remove,
    /// Apply this one in its place.
    Apply(CouponId),
}

impl Input for CouponChange {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Json::Null => Some(Self::Remove),
            Json::Text(text) if text.is_empty() => Some(Self::Remove),
            value => CouponId::read(value, at, faults).map(Self::Apply),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::Keep)
    }
}

impl JsonSchema for CouponChange {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CouponChange".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "null"], "pattern": "^(cpn_(prod|stg)_[a-z0-9]{16})?$"})
    }
}

input! {
    /// What a client sends to change a subscription.
    pub struct SubscriptionPatch {
        /// What its invoices say about it.
        description: Patch<Text<0, 500>>,
        /// What is charged; the customer's default, when null.
        pub(crate) default_payment_method_id: Patch<PaymentMethodId>,
        /// The processor whose payment methods are charged; any, when null.
        pub(crate) processor_id: Patch<ProcessorId>,
        /// How its invoices get paid. To charge automatically there has to be a payment method.
        pub(crate) collection_method: Change<CollectionMethod>,
        /// Days until an invoice that is sent is due; the account's payment terms, when null.
        net_d: Patch<Integer<0, 365>>,
        /// When its trial ends, while it is trialing. Not together with `trial_period_days`.
        pub(crate) trial_end: Option<Timestamp>,
        /// How many days its trial takes from its start, while it is trialing.
        pub(crate) trial_period_days: Option<Integer<1, 730>>,
        /// A coupon in the place of the one it has; an empty text removes that. Not together with
        /// `promotion_code`.
        pub(crate) coupon_id: CouponChange,
        /// The code of a coupon, as a customer types it in.
        pub(crate) promotion_code: Option<Code>,
        /// How many periods the contract runs.
        contract_length: Patch<Integer<1, 1200>>,
        /// Whether another contract follows.
        auto_renew: Change<bool>,
        /// What the caller's own books call it: unique among the account's subscriptions.
        external_id: Patch<ExternalId>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
        /// Values of custom fields; those left out stay, null deletes one.
        pub(crate) custom_fields: FieldChanges,
    }
    rules [
        rule::not_together(&["trial_end", "trial_period_days"]),
        rule::not_together(&["coupon_id", "promotion_code"]),
    ]
    example {"description": "Team plan", "coupon_id": ""}
}

impl SubscriptionPatch {
    /// What asks for another coupon and another trial, and leaves the rest.
    pub(crate) fn of_terms(
        (coupon_id, promotion_code): (CouponChange, Option<Code>),
        (trial_end, trial_period_days): (Option<Timestamp>, Option<Integer<1, 730>>),
    ) -> Self {
        Self {
            description: Patch::Keep,
            default_payment_method_id: Patch::Keep,
            processor_id: Patch::Keep,
            collection_method: Change::Keep,
            net_d: Patch::Keep,
            trial_end,
            trial_period_days,
            coupon_id,
            promotion_code,
            contract_length: Patch::Keep,
            auto_renew: Change::Keep,
            external_id: Patch::Keep,
            metadata: Change::Keep,
            custom_fields: FieldChanges::default(),
        }
    }
}

impl Subscription {
    pub(crate) fn patched(
        &self,
        patch: &SubscriptionPatch,
        fields: ResolvedChanges,
    ) -> Result<Self, Error> {
        let (current, patch) = (self.clone(), patch.clone());
        let changes_contract =
            patch.contract_length != Patch::Keep || patch.auto_renew != Change::Keep;
        let text = current.description.map(|text| Text::of(&text));
        let after = Self {
            description: patch.description.apply(text).map(|text| text.as_str().to_owned()),
            default_payment_method_id: patch
                .default_payment_method_id
                .apply(current.default_payment_method_id),
            processor_id: patch.processor_id.apply(current.processor_id),
            collection_method: patch.collection_method.apply(current.collection_method),
            net_d: patch.net_d.apply(current.net_d.map(Integer::clamped)).map(Integer::get),
            contract_length: patch
                .contract_length
                .apply(current.contract_length.map(Integer::clamped))
                .map(Integer::get),
            auto_renew: patch.auto_renew.apply(current.auto_renew),
            external_id: patch.external_id.apply(current.external_id),
            metadata: patch.metadata.apply(current.metadata),
            custom_fields: fields.apply(current.custom_fields),
            ..self.clone()
        };
        match changes_contract {
            true => after.with_end_by_hand(self.end_by_hand()?),
            false => Ok(after),
        }
    }

    /// Whether its trial goes on.
    pub(crate) fn is_on_trial(&self) -> bool {
        self.state == SubscriptionState::Trialing && !self.is_past_trial()
    }

    /// The subscription with another end of its trial, from which its periods are counted.
    pub(crate) fn with_trial_end(
        &self,
        end: Timestamp,
        field: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        if !self.is_on_trial() {
            let hint = "can only be changed while the subscription is trialing";
            return Err(Error::rule("subscription", field, "illegal_state", hint));
        }
        if end <= now {
            let hint = match field {
                "trial_end" => "must be in the future".to_owned(),
                _ => format!("lead to a trial that would have ended at {end}"),
            };
            return Err(Error::rule("subscription", field, "out_of_range", &hint));
        }
        let mut after = self.clone();
        after.trial_end = Some(end);
        after.billing_anchor = end;
        after.current_period_end = end;
        after.ledger.reminded = false;
        after.with_end_by_hand(self.end_by_hand()?)?.with_pause_moved(field)
    }

    /// When the period begins that is billed next, as far as that is known at `now`.
    pub(crate) fn next_bill(&self, now: Timestamp) -> Timestamp {
        match self.state {
            SubscriptionState::Scheduled if self.trial_end.is_none() => self.current_period_start,
            SubscriptionState::Paused => {
                let resumes_at = self.pause.as_ref().and_then(|pause| pause.resumes_at);
                self.current_period_end.max(resumes_at.unwrap_or(now))
            }
            _ => self.current_period_end,
        }
    }

    /// The end of its trial that is asked for, and the field that asks for it.
    pub(crate) fn trial_asked_for(
        &self,
        patch: &SubscriptionPatch,
    ) -> Result<Option<(Timestamp, &'static str)>, Error> {
        let days = patch.trial_period_days.map(Integer::get);
        Ok(match (patch.trial_end, days, self.trial_start) {
            (Some(end), ..) => Some((end, "trial_end")),
            (None, Some(days), start) => {
                let start = start.unwrap_or(self.current_period_start);
                Some((days_after(start, days, &self.ledger.zone)?, "trial_period_days"))
            }
            (None, None, _) => None,
        })
    }

    /// A renewal that is not finalized yet gets the discount that the subscription now has.
    pub(crate) fn rediscounted(&self, draft: &Invoice) -> Result<(Self, Invoice), Error> {
        let start = self.current_period_start;
        let discount = self.discount.as_ref();
        let reduction = discount.and_then(|discount| discount.reduction(start));
        let reduced = draft.rediscounted(reduction.as_ref())?;
        let mut after = self.clone();
        let fixed = discount.is_some_and(AppliedDiscount::is_fixed);
        let mut takes = false;
        for line in reduced.items().iter().filter(|line| line.takes_discount()) {
            takes |= line.discount_amount_atom.is_positive();
            let item = line.subscription_item_id.as_ref();
            if let Some(billed) = item.and_then(|id| after.ledger.billed.get_mut(id)) {
                billed.rebilled(line, fixed)?;
            }
        }
        if takes {
            after.discount = discount.map(|one| one.spent(start, &self.ledger.zone)).transpose()?;
        }
        let discounts = after.discounts_on(reduced.items());
        Ok((after, reduced.reduced_by(discounts)))
    }
}
