//! What an account lets its customers do on their portal, beside what they always may.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::base::{
    id::PriceId,
    input::{Faults, Input, Json, Location, input},
    patch::Change,
};

/// How many prices customers may choose from at most.
const MOST: usize = 20;

/// Prices that customers may change to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanPrices(Vec<PriceId>);

impl Input for PlanPrices {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let ids: Vec<PriceId> = Vec::read(value, at, faults)?;
        if ids.len() > MOST {
            faults.not_valid(at, "too_many", &format!("names more than {MOST} prices"));
            return None;
        }
        for (index, id) in ids.iter().enumerate() {
            if ids.iter().take(index).any(|earlier| earlier == id) {
                faults.not_valid(&at.index(index), "duplicate", "names a price twice");
                return None;
            }
        }
        Some(Self(ids))
    }
}

impl JsonSchema for PlanPrices {
    fn schema_name() -> Cow<'static, str> {
        "PlanPrices".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<PriceId>();
        json_schema!({"type": "array", "items": id, "maxItems": MOST, "uniqueItems": true})
    }
}

/// What customers may do on their portal. They always may pay, change cards, cancel and take that back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PortalSettings {
    /// Whether they may pause a subscription at the end of its period, and have a paused one go on.
    pub(crate) pause: bool,
    /// Whether they may change how many of something they subscribe to.
    pub(crate) change_quantity: bool,
    /// The prices that they may change to: each is offered where currency and interval are the same.
    plan_price_ids: PlanPrices,
}

input! {
    /// What a client changes in `portal`.
    pub struct PortalSettingsPatch {
        /// Whether customers may pause a subscription at the end of its period, and have a paused one go
        /// on.
        pause: Change<bool>,
        /// Whether they may change how many of something they subscribe to.
        change_quantity: Change<bool>,
        /// The prices that they may change to, at most twenty: replaces all of them. Each comes again and
        /// again, and is offered where currency and interval are the same.
        plan_price_ids: Change<PlanPrices>,
    }
}

impl PortalSettings {
    /// The settings with the changes a client asks for.
    pub(crate) fn patched(&self, patch: PortalSettingsPatch) -> Self {
        Self {
            pause: patch.pause.apply(self.pause),
            change_quantity: patch.change_quantity.apply(self.change_quantity),
            plan_price_ids: patch.plan_price_ids.apply(self.plan_price_ids.clone()),
        }
    }

    /// The prices that customers may change to.
    pub(crate) fn plans(&self) -> &[PriceId] {
        &self.plan_price_ids.0
    }

    /// Whether customers may change anything about what they subscribe to.
    pub(crate) fn change_anything(&self) -> bool {
        self.change_quantity || !self.plans().is_empty()
    }
}

impl PortalSettingsPatch {
    /// The prices that customers are to choose from.
    pub(crate) fn plans(&self) -> &[PriceId] {
        self.plan_price_ids.value().map_or(&[], |prices| &prices.0)
    }
}
