//! The values of custom fields: what a client sends, what is stored, what is shown.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CustomFieldDefinition, DataType, FieldOption};
use crate::base::{
    error::Error,
    id::CustomFieldId,
    input::{Faults, Input, Json, Location, Text},
};

/// A number as custom fields have it: at most 15 significant digits, of which at most 9 decimals, so
/// that it is the same number everywhere it is kept.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(f64);

impl Number {
    fn parse(digits: &str) -> Option<Self> {
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let plain = whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit());
        let short = whole.len() + decimals.len() <= 15 && decimals.len() <= 9;
        let number: f64 = digits.parse().ok().filter(|_| plain && short)?;
        // The table has one zero, so there is one here too.
        Some(Self(if number == 0.0 { 0.0 } else { number }))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Input for Number {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Number(digits) = value else {
            return faults.wrong_type(at, "a number", value);
        };
        let number = Self::parse(digits);
        if number.is_none() {
            let hint = "must be a plain number of at most 15 digits, at most 9 of them decimals";
            faults.not_valid(at, "out_of_range", hint);
        }
        number
    }
}

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "minimum": -999_999_999_999_999_i64, "maximum": 999_999_999_999_999_i64})
    }
}

/// A value, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// Of a text field.
    Text(Text<0, 500>),
    /// Of a number field.
    Number(Number),
    /// Of a boolean field.
    Boolean(bool),
    /// Of a select field.
    Option(FieldOption),
}

impl FieldValue {
    /// The value as a client sees it.
    pub(crate) fn shown(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Option(option) => Value::from(option.as_str()),
            Self::Boolean(value) => Value::from(*value),
            Self::Number(Number(number)) => Value::from(*number),
        }
    }
}

/// The values an object holds, by definition.
pub type FieldValues = BTreeMap<CustomFieldId, FieldValue>;

/// What a client sends as `custom_fields`: by key, a value or null to delete one. Whether keys exist
/// and values fit is only known once the definitions are read, by `resolved`.
#[derive(Clone, Debug, Default)]
pub struct FieldChanges(Vec<(String, Json)>);

/// The changes with their definitions found: a value to set, or none to delete it.
#[derive(Clone, Debug, Default)]
pub struct ResolvedChanges {
    changes: Vec<(CustomFieldId, Option<FieldValue>)>,
    /// The definitions that exist, where they were read.
    known: Option<Vec<CustomFieldId>>,
}

impl FieldChanges {
    /// Changes of these fields, by their keys.
    pub(crate) fn of(changes: Vec<(String, Json)>) -> Self {
        Self(changes)
    }

    /// The values as they were sent, by key; those that delete one are left out.
    pub fn as_sent(&self) -> serde_json::Map<String, Value> {
        let set = self.0.iter().filter(|(_, value)| *value != Json::Null);
        set.filter_map(|(key, value)| Some((key.clone(), value.to_value()?))).collect()
    }

    /// Whether there is nothing to find definitions for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks every key and value against the account's definitions; `noun` is whose values they are.
    pub fn resolved(
        &self,
        definitions: &[CustomFieldDefinition],
        noun: &'static str,
        faults: &mut Faults,
    ) -> ResolvedChanges {
        self.resolved_at(definitions, &Location::body(noun).field("custom_fields"), faults)
    }

    /// The same, of values that are elsewhere in the body.
    pub fn resolved_at(
        &self,
        definitions: &[CustomFieldDefinition],
        fields: &Location<'_>,
        faults: &mut Faults,
    ) -> ResolvedChanges {
        let mut changes = Vec::new();
        for (key, value) in &self.0 {
            let at = fields.field(key);
            match definitions.iter().find(|definition| definition.key.as_str() == key) {
                None => {
                    let hint = "is not defined; POST /api/custom-field-definitions defines it";
                    faults.not_valid(&at, "unknown_custom_field", hint);
                }
                Some(definition) if *value == Json::Null => {
                    changes.push((definition.id().clone(), None));
                }
                Some(definition) => {
                    if let Some(value) = definition.value(value, &at, faults) {
                        changes.push((definition.id().clone(), Some(value)));
                    }
                }
            }
        }
        let known = definitions.iter().map(|definition| definition.id().clone()).collect();
        ResolvedChanges { changes, known: Some(known) }
    }
}

impl From<FieldValues> for ResolvedChanges {
    /// Changes that set these values.
    fn from(values: FieldValues) -> Self {
        let set = values.into_iter().map(|(field, value)| (field, Some(value)));
        Self { changes: set.collect(), known: None }
    }
}

impl ResolvedChanges {
    /// The values after the changes. Where the definitions are known, values of deleted ones go.
    pub fn apply(self, mut values: FieldValues) -> FieldValues {
        if let Some(known) = &self.known {
            values.retain(|field, _| known.contains(field));
        }
        for (field, value) in self.changes {
            match value {
                Some(value) => values.insert(field, value),
                None => values.remove(&field),
            };
        }
        values
    }
}

impl CustomFieldDefinition {
    /// Reads a value of this field.
    fn value(&self, value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<FieldValue> {
        match self.data_type {
            DataType::Text => Text::read(value, at, faults).map(FieldValue::Text),
            DataType::Boolean => bool::read(value, at, faults).map(FieldValue::Boolean),
            DataType::Number => {
                let number = Number::read(value, at, faults)?;
                let low = self.min.is_some_and(|min| number < min);
                let high = self.max.is_some_and(|max| number > max);
                if low || high {
                    let bound = |bound: Option<Number>| match bound {
                        Some(bound) => bound.to_string(),
                        None => "…".to_owned(),
                    };
                    let hint = format!("must be from {} to {}", bound(self.min), bound(self.max));
                    faults.not_valid(at, "out_of_range", &hint);
                    return None;
                }
                Some(FieldValue::Number(number))
            }
            DataType::Select => {
                let option = FieldOption::read(value, at, faults)?;
                let options = self.options.as_deref().unwrap_or_default();
                if !options.contains(&option) {
                    let words: Vec<_> = options.iter().map(FieldOption::as_str).collect();
                    let hint = format!("must be one of {}", words.join(", "));
                    faults.not_valid(at, "unknown_value", &hint);
                    return None;
                }
                Some(FieldValue::Option(option))
            }
        }
    }
}

/// What a client sees of stored values: by key, of the definitions that exist.
pub fn shown(definitions: &[CustomFieldDefinition], stored: Value) -> Result<Value, Error> {
    let values: FieldValues = match stored {
        Value::Null => FieldValues::new(),
        stored => serde_json::from_value(stored)
            .map_err(|error| Error::Internal(format!("stored custom fields: {error}")))?,
    };
    let mut shown = serde_json::Map::new();
    for definition in definitions {
        if let Some(value) = values.get(definition.id()) {
            shown.insert(definition.key.as_str().to_owned(), value.shown());
        }
    }
    Ok(Value::Object(shown))
}

impl Input for FieldChanges {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Json::Object(fields) => Some(Self(fields.clone())),
            other => faults.wrong_type(at, "an object", other),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl JsonSchema for FieldChanges {
    fn schema_name() -> Cow<'static, str> {
        "CustomFieldValues".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "By key, a value that fits the definition, or null to delete it.",
            "additionalProperties": {
                "oneOf": [
                    {"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"},
                ],
            },
            "examples": [{"tier": "gold"}],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::definition, *};

    fn definitions() -> Vec<CustomFieldDefinition> {
        [
            r#"{"entity_type": "customer", "key": "tier", "data_type": "select", "options": ["gold"]}"#,
            r#"{"entity_type": "customer", "key": "size", "data_type": "number", "min": 0, "max": 10}"#,
            r#"{"entity_type": "customer", "key": "vip", "data_type": "boolean"}"#,
            r#"{"entity_type": "customer", "key": "note", "data_type": "text"}"#,
        ]
        .map(|body| definition(body).unwrap())
        .to_vec()
    }

    fn changes(body: &str) -> FieldChanges {
        let json = Json::parse(body).unwrap();
        FieldChanges::read(&json, &Location::body("customer"), &mut Faults::default()).unwrap()
    }

    fn resolved(changes: &FieldChanges, known: &[CustomFieldDefinition]) -> ResolvedChanges {
        let mut faults = Faults::default();
        let resolved = changes.resolved(known, "customer", &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        resolved
    }

    #[test]
    fn values_are_set_kept_and_deleted_by_key() {
        let known = definitions();
        let set = changes(r#"{"tier": "gold", "size": 2.5, "vip": true, "note": "x"}"#);
        let values = resolved(&set, &known).apply(FieldValues::new());
        let delete = resolved(&changes(r#"{"note": null}"#), &known);
        let stored = serde_json::to_value(delete.apply(values)).unwrap();
        assert_eq!(
            shown(&known, stored).unwrap(),
            serde_json::json!({"tier": "gold", "size": 2.5, "vip": true})
        );
    }

    #[test]
    fn every_value_that_does_not_fit_is_named() {
        let bad = changes(r#"{"tier": "lead", "size": 11, "vip": "yes", "nope": 1, "note": 5}"#);
        let mut faults = Faults::default();
        bad.resolved(&definitions(), "customer", &mut faults);
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            ["tier", "size", "vip", "nope", "note"].map(|key| format!("/custom_fields/{key}"))
        );
    }

    #[test]
    fn values_of_a_deleted_definition_are_neither_shown_nor_kept() {
        let known = definitions();
        let set = changes(r#"{"tier": "gold", "vip": true}"#);
        let values = resolved(&set, &known).apply(FieldValues::new());
        let left: Vec<_> = known.into_iter().skip(1).collect();
        let stored = serde_json::to_value(&values).unwrap();
        assert_eq!(shown(&left, stored).unwrap(), serde_json::json!({"vip": true}));
        let next = resolved(&changes("{}"), &left).apply(values);
        assert_eq!(next.len(), 1);
    }

    #[test]
    fn there_is_one_zero() {
        for digits in ["0", "-0", "-0.0", "0.00"] {
            let number = Number::parse(digits).unwrap();
            assert_eq!(serde_json::to_string(&number).unwrap(), "0.0", "{digits}");
        }
        assert_eq!(serde_json::to_string(&Number::parse("-0.5").unwrap()).unwrap(), "-0.5");
    }

    #[test]
    fn a_number_is_plain_and_short() {
        for digits in ["0", "-0", "1.5", "-12.000000001", "999999999999999"] {
            assert!(Number::parse(digits).is_some(), "{digits}");
        }
        for digits in ["1e3", "1.0000000001", "1000000000000000", "NaN", "+1", ""] {
            let number = Number::parse(digits);
            assert!(number.is_none(), "{digits}");
        }
    }
}
