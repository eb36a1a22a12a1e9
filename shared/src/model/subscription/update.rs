//! The rest of what a client may change of a subscription.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Subscription, SubscriptionState};
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
        custom_field::{FieldChanges, ResolvedChanges},
        invoice::CollectionMethod,
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
            metadata: patch.metadata.apply(current.metadata),
            custom_fields: fields.apply(current.custom_fields),
            ..self.clone()
        };
        match changes_contract {
            true => Self { cancel_at: None, ..after }.with_contract_end(),
            false => Ok(after),
        }
    }

    /// The subscription with another end of its trial, from which its periods are counted.
    pub(crate) fn with_trial_end(&self, end: Timestamp, now: Timestamp) -> Result<Self, Error> {
        if self.state != SubscriptionState::Trialing || self.is_past_trial() {
            let hint = "can only be changed while the subscription is trialing";
            return Err(Error::rule("subscription", "trial_end", "illegal_state", hint));
        }
        if end <= now {
            let hint = "must be in the future";
            return Err(Error::rule("subscription", "trial_end", "out_of_range", hint));
        }
        let mut after = self.clone();
        after.trial_end = Some(end);
        after.billing_anchor = end;
        after.current_period_end = end;
        after.ledger.reminded = false;
        after.with_contract_end()
    }
}
