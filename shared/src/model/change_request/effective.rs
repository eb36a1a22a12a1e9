//! When the changes of a request are made.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base::{
    input::{Faults, Input, Json, Location},
    time::Timestamp,
};

/// When changes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectiveAt {
    /// When the request is applied.
    Now,
    /// When the period ends in which the request is applied.
    PeriodEnd,
    /// At this instant.
    At(Timestamp),
}

const NOW: &str = "now";
const PERIOD_END: &str = "period_end";

impl fmt::Display for EffectiveAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str(NOW),
            Self::PeriodEnd => f.write_str(PERIOD_END),
            Self::At(at) => at.fmt(f),
        }
    }
}

impl FromStr for EffectiveAt {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        match text {
            NOW => Ok(Self::Now),
            PERIOD_END => Ok(Self::PeriodEnd),
            text => text.parse().map(Self::At),
        }
    }
}

impl Serialize for EffectiveAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EffectiveAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Input for EffectiveAt {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let when = value.text(at, faults)?.parse().ok();
        if when.is_none() {
            let hint = "must be now, period_end, or an ISO 8601 instant such as \
                        2026-01-31T09:30:00Z";
            faults.not_valid(at, "invalid_timestamp", hint);
        }
        when
    }
}

impl JsonSchema for EffectiveAt {
    fn schema_name() -> Cow<'static, str> {
        "EffectiveAt".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "anyOf": [{"enum": [NOW, PERIOD_END]}, {"format": "date-time"}],
        })
    }
}
