//! A JSON document as a tree that forgets nothing that matters.
//!
//! Unlike `serde_json::Value` it keeps a number's digits as text and refuses duplicate keys and deep
//! nesting. It is built level by level over `RawValue`s, so the parsing itself stays serde_json's.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::fault::{Described, Faults, Location, MOST_OF_A_NAME};

/// How deep objects and arrays may be nested.
const MAX_DEPTH: usize = 32;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, its fields in the order they were written.
    Object(Vec<(String, Json)>),
    /// The value of a query parameter: text that may stand for a number or a boolean.
    Param(String),
}

/// Why a text is not a JSON document that a request may carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJson(pub String);

impl Described for Json {
    fn described(&self) -> String {
        let words = match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(digits) if digits.contains(['.', 'e', 'E']) => "a decimal number",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
            Self::Param(text) => return format!("'{}'", text.chars().take(50).collect::<String>()),
        };
        words.to_owned()
    }
}

impl Json {
    /// Parses a whole document.
    pub fn parse(text: &str) -> Result<Self, NotJson> {
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| NotJson(error.to_string()))?;
        Self::from_raw(raw, 0)
    }

    fn from_raw(raw: &RawValue, depth: usize) -> Result<Self, NotJson> {
        let text = raw.get();
        if depth >= MAX_DEPTH && text.starts_with(['{', '[']) {
            return Err(NotJson(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let fault = |error: serde_json::Error| NotJson(error.to_string());
        match text.as_bytes().first() {
            Some(b'{') => {
                let Fields(fields) = serde_json::from_str(text).map_err(fault)?;
                let read = |(key, raw): (Cow<'_, str>, &RawValue)| {
                    Ok((key.into_owned(), Self::from_raw(raw, depth + 1)?))
                };
                Ok(Self::Object(fields.into_iter().map(read).collect::<Result<_, _>>()?))
            }
            Some(b'[') => {
                let values: Vec<&RawValue> = serde_json::from_str(text).map_err(fault)?;
                let read = values.into_iter().map(|raw| Self::from_raw(raw, depth + 1));
                Ok(Self::Array(read.collect::<Result<_, _>>()?))
            }
            Some(b'"') => serde_json::from_str(text).map(Self::Text).map_err(fault),
            Some(b't') => Ok(Self::Bool(true)),
            Some(b'f') => Ok(Self::Bool(false)),
            Some(b'n') => Ok(Self::Null),
            _ => Ok(Self::Number(text.to_owned())),
        }
    }

    /// The string here; anything else is a fault.
    pub fn text<'a>(&'a self, at: &Location<'_>, faults: &mut Faults) -> Option<&'a str> {
        match self {
            Self::Text(text) | Self::Param(text) => Some(text),
            other => faults.wrong_type(at, "a string", other),
        }
    }

    /// The same as a value that can be stored; none, where a number is too large for that.
    pub fn to_value(&self) -> Option<serde_json::Value> {
        use serde_json::Value;
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(digits) => serde_json::from_str(digits).ok()?,
            Self::Text(text) | Self::Param(text) => Value::String(text.clone()),
            Self::Array(values) => {
                Value::Array(values.iter().map(Self::to_value).collect::<Option<_>>()?)
            }
            Self::Object(fields) => {
                let read = |(key, value): &(String, Self)| Some((key.clone(), value.to_value()?));
                Value::Object(fields.iter().map(read).collect::<Option<_>>()?)
            }
        })
    }
    /// The same value whatever the order of its fields and the white space around them: what the
    /// fingerprint of a request is made of.
    pub fn canonical(&self, out: &mut String) {
        match self {
            Self::Array(values) => {
                out.push('[');
                for value in values {
                    value.canonical(out);
                    out.push(',');
                }
                out.push(']');
            }
            Self::Object(fields) => {
                let mut sorted: Vec<_> = fields.iter().collect();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                out.push('{');
                for (key, value) in sorted {
                    out.push_str(&format!("{key:?}:"));
                    value.canonical(out);
                    out.push(',');
                }
                out.push('}');
            }
            Self::Text(text) | Self::Param(text) => out.push_str(&format!("{text:?}")),
            Self::Number(digits) => out.push_str(digits),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Null => out.push_str("null"),
        }
    }
}

/// The fields of one object, each seen once.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
            if !seen.insert(key.clone()) {
                let name: String = key.chars().take(MOST_OF_A_NAME).collect();
                let message = format!("the field {name:?} is given twice");
                return Err(serde::de::Error::custom(message));
            }
            fields.push((Cow::Owned(key), value));
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_digits() {
        let expected = Json::Array(vec![
            Json::Number("0.1000000000000000000001".into()),
            Json::Number("1e999".into()),
            Json::Number("-0".into()),
        ]);
        assert_eq!(Json::parse("[0.1000000000000000000001, 1e999, -0]"), Ok(expected));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let deep = format!("{}1{}", "[".repeat(33), "]".repeat(33));
        for text in
            ["", "{", "[1,]", "NaN", "{'a': 1}", r#"{"a": 1, "a": 2}"#, r#""\ud800""#, "1 2", &deep]
        {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        assert!(Json::parse(&format!("{}1{}", "[".repeat(32), "]".repeat(32))).is_ok());
    }

    #[test]
    fn the_order_of_fields_does_not_matter_to_a_fingerprint() {
        let canonical = |text: &str| {
            let mut out = String::new();
            Json::parse(text).unwrap().canonical(&mut out);
            out
        };
        assert_eq!(canonical(r#"{"a": 1, "b": [true]}"#), canonical(r#"{"b":[true],"a":1}"#));
        assert_ne!(canonical(r#"{"a": "1"}"#), canonical(r#"{"a": 1}"#));
    }
}
