//! The free map of strings that every object carries for its owner.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::base::input::{Faults, Input, Json, Location};

const MAX_KEYS: usize = 50;
const MAX_KEY: usize = 40;
const MAX_VALUE: usize = 500;

/// At most 50 keys of 1 to 40 characters, values of at most 500.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// The text of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

impl Input for Metadata {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Object(fields) = value else {
            return faults.wrong_type(at, "an object", value);
        };
        if fields.len() > MAX_KEYS {
            let hint = format!("has {} keys; at most {MAX_KEYS} are allowed", fields.len());
            faults.not_valid(at, "too_many_keys", &hint);
            return None;
        }
        let entries: Vec<_> =
            fields.iter().map(|(key, value)| entry(key, value, &at.field(key), faults)).collect();
        entries.into_iter().collect::<Option<_>>().map(Self)
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

fn entry(
    key: &str,
    value: &Json,
    at: &Location<'_>,
    faults: &mut Faults,
) -> Option<(String, String)> {
    let text = value.text(at, faults)?;
    let (code, hint) = if key.is_empty() || key.chars().count() > MAX_KEY {
        ("invalid_key", format!("has a key that is not 1 to {MAX_KEY} characters long"))
    } else if text.chars().count() > MAX_VALUE {
        ("too_long", format!("is longer than {MAX_VALUE} characters"))
    } else {
        return Some((key.to_owned(), text.to_owned()));
    };
    faults.not_valid(at, code, &hint);
    None
}

impl JsonSchema for Metadata {
    fn schema_name() -> Cow<'static, str> {
        "Metadata".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": MAX_KEYS,
            "propertyNames": {"minLength": 1, "maxLength": MAX_KEY},
            "additionalProperties": {"type": "string", "maxLength": MAX_VALUE},
            "examples": [{"order": "6735"}],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(body: &str) -> Vec<String> {
        let mut faults = Faults::default();
        let json = Json::parse(body).unwrap();
        let _ = Metadata::read(&json, &Location::body("customer"), &mut faults);
        faults.iter().map(|fault| fault.code.clone()).collect()
    }

    #[test]
    fn the_limits_are_refused_one_past_them() {
        let keys = |count: usize| {
            let fields: Vec<_> = (0..count).map(|i| format!("\"k{i}\": \"v\"")).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert!(codes(&keys(50)).is_empty());
        assert_eq!(codes(&keys(51)), ["too_many_keys"]);
        assert!(codes(&format!(r#"{{"{}": "{}"}}"#, "k".repeat(40), "é".repeat(500))).is_empty());
        assert_eq!(codes(&format!(r#"{{"{}": ""}}"#, "k".repeat(41))), ["invalid_key"]);
        assert_eq!(codes(&format!(r#"{{"k": "{}"}}"#, "v".repeat(501))), ["too_long"]);
        assert_eq!(codes(r#"{"": "v", "n": 1}"#), ["invalid_key", "wrong_type"]);
    }
}
