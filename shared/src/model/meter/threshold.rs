//! From which values on it is told that much was used.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Meter;
use crate::base::{
    input::{Faults, Input, Json, Location},
    money::Decimal,
};

/// How many thresholds a meter has at most.
const MOST: usize = 10;

/// Values that are told of when the usage of a period reaches them: each more than the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsageThresholds(Vec<Decimal>);

impl UsageThresholds {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first that `value` reaches, of those above the one that was `told` last.
    pub fn next(&self, told: Option<Decimal>, value: Decimal) -> Option<Decimal> {
        let above = |one: &&Decimal| told.is_none_or(|told| **one > told);
        self.0.iter().find(above).copied().filter(|next| *next <= value)
    }

    /// Whether there is one above the one that was `told` last.
    pub fn has_more(&self, told: Option<Decimal>) -> bool {
        self.0.last().is_some_and(|last| told.is_none_or(|told| *last > told))
    }
}

impl Meter {
    /// From which values on of a period it is told that much was used.
    pub fn thresholds(&self) -> &UsageThresholds {
        &self.usage_thresholds
    }
}

impl Input for UsageThresholds {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let values: Vec<Decimal> = Vec::read(value, at, faults)?;
        if values.len() > MOST {
            faults.not_valid(at, "too_many", &format!("has more than {MOST} thresholds"));
            return None;
        }
        let mut before = Decimal::default();
        for (index, value) in values.iter().enumerate() {
            if *value <= before {
                let hint = "must be more than 0, and more than the threshold before it";
                faults.not_valid(&at.index(index), "out_of_range", hint);
                return None;
            }
            before = *value;
        }
        Some(Self(values))
    }
}

impl JsonSchema for UsageThresholds {
    fn schema_name() -> Cow<'static, str> {
        "UsageThresholds".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<Decimal>();
        json_schema!({"type": "array", "items": value, "maxItems": MOST})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn each_threshold_is_next_once() {
        let thresholds = UsageThresholds(vec![decimal("80"), decimal("100"), decimal("100.5")]);
        let next = |told: Option<&str>, value: &str| {
            thresholds.next(told.map(decimal), decimal(value)).map(|one| one.to_string())
        };
        assert_eq!(next(None, "79.999999999999"), None);
        assert_eq!(next(None, "80").as_deref(), Some("80"));
        assert_eq!(next(None, "500").as_deref(), Some("80"));
        assert_eq!(next(Some("80"), "500").as_deref(), Some("100"));
        assert_eq!(next(Some("80"), "99"), None);
        // Told of one that there is no more.
        assert_eq!(next(Some("90"), "100").as_deref(), Some("100"));
        assert_eq!(next(Some("100.5"), "500"), None);
        assert!(
            thresholds.has_more(Some(decimal("100"))) && !thresholds.has_more(Some(decimal("101")))
        );
        assert!(!UsageThresholds::default().has_more(None));
    }

    #[test]
    fn thresholds_rise() {
        let read = |text: &str| {
            let (json, mut faults) = (Json::parse(text).unwrap(), Faults::default());
            let read = UsageThresholds::read(&json, &Location::body("x"), &mut faults);
            let code =
                faults.iter().next().map(|fault| format!("{} {}", fault.pointer, fault.code));
            read.map(|read| read.0.len()).ok_or(code.unwrap_or_default())
        };
        assert_eq!(read("[]"), Ok(0));
        assert_eq!(read(r#"["80", 100.5]"#), Ok(2));
        assert_eq!(read("[0]"), Err("/0 out_of_range".to_owned()));
        assert_eq!(read("[2, 2]"), Err("/1 out_of_range".to_owned()));
        assert_eq!(read("[1,2,3,4,5,6,7,8,9,10,11]"), Err(" too_many".to_owned()));
    }
}
