//! What can be read from input, and the readers of the plain types.

use crate::base::input::ObjectReader;
use std::borrow::Cow;

use schemars::{JsonSchema, SchemaGenerator};

use super::{
    fault::{Faults, Location},
    json::Json,
};

/// A type that can be read from what a client sent.
pub trait Input: Sized {
    /// Reads `value`; on a fault notes it, at its place, and returns `None`.
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self>;

    /// What the absence of the field means; `None` makes the field required.
    fn absent() -> Option<Self> {
        None
    }

    /// What the documentation shows.
    fn example() -> Option<serde_json::Value> {
        None
    }
}

impl<T: Input> Input for Option<T> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Json::Null => Some(None),
            value => T::read(value, at, faults).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Input> Input for Vec<T> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Array(values) = value else {
            return faults.wrong_type(at, "an array", value);
        };
        let read: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(index, value)| T::read(value, &at.index(index), faults))
            .collect();
        read.into_iter().collect()
    }
}

impl Input for bool {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Json::Bool(value) => Some(*value),
            Json::Param(text) if text == "true" => Some(true),
            Json::Param(text) if text == "false" => Some(false),
            value => faults.wrong_type(at, "true or false", value),
        }
    }
}

impl Input for i64 {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let (Json::Number(digits) | Json::Param(digits)) = value else {
            return faults.wrong_type(at, "an integer", value);
        };
        let integer = digits.strip_prefix('-').unwrap_or(digits);
        if integer.is_empty() || !integer.bytes().all(|byte| byte.is_ascii_digit()) {
            return faults.wrong_type(at, "an integer", value);
        }
        let parsed = digits.parse().ok();
        if parsed.is_none() {
            faults.not_valid(at, "out_of_range", "is larger than a 64-bit integer");
        }
        parsed
    }
}

/// An integer from `MIN` to `MAX`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Integer<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Integer<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// `value`, moved to the nearer bound when it lies outside.
    pub const fn clamped(value: i64) -> Self {
        match value {
            low if low < MIN => Self(MIN),
            high if high > MAX => Self(MAX),
            value => Self(value),
        }
    }
}

impl<const MIN: i64, const MAX: i64> Input for Integer<MIN, MAX> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let number = i64::read(value, at, faults)?;
        if (MIN..=MAX).contains(&number) {
            return Some(Self(number));
        }
        let hint = format!("must be from {MIN} to {MAX}, not {number}");
        faults.not_valid(at, "out_of_range", &hint);
        None
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Integer<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Integer{MIN}To{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        let mut schema =
            schemars::json_schema!({"type": "integer", "minimum": MIN, "maximum": MAX});
        // Where nothing is said, many a typed language reads 32 bits.
        if MAX > i64::from(i32::MAX) {
            schema.insert("format".to_owned(), "int64".into());
        }
        schema
    }
}

/// No fields at all: the body or the query of an operation that takes none.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Input for Nothing {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        ObjectReader::open(value, at, faults)?.close();
        Some(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::input::{Text, input};

    input! {
        struct Pair {
            /// Required.
            count: Integer<1, 9>,
            /// Optional.
            names: Option<Vec<Text<1, 5>>>,
        }
    }

    fn faults_of(body: &str) -> Vec<String> {
        let mut faults = Faults::default();
        let json = Json::parse(body).unwrap();
        let read = Pair::read(&json, &Location::body("pair"), &mut faults);
        assert_eq!(read.is_some(), faults.is_empty());
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn what_is_read_is_what_was_sent() {
        let json = Json::parse(r#"{"names": ["a", "b"], "count": 3}"#).unwrap();
        let pair = Pair::read(&json, &Location::body("pair"), &mut Faults::default()).unwrap();
        let names: Vec<_> = pair.names.iter().flatten().map(Text::as_str).collect();
        assert_eq!((pair.count.get(), names), (3, vec!["a", "b"]));
    }

    #[test]
    fn every_fault_is_found_at_once() {
        assert_eq!(
            faults_of(r#"{"names": [1, "ok", "toolong"], "cuont": 3}"#),
            ["/count required", "/names/0 wrong_type", "/names/2 too_long", "/cuont unknown_field"]
        );
    }

    #[test]
    fn an_integer_is_written_without_fraction_or_exponent() {
        for number in ["1.0", "1e0", "\"1\"", "true", "[1]"] {
            assert_eq!(faults_of(&format!(r#"{{"count": {number}}}"#)), ["/count wrong_type"]);
        }
        assert_eq!(faults_of(r#"{"count": 99999999999999999999}"#), ["/count out_of_range"]);
        assert_eq!(faults_of(r#"{"count": 10}"#), ["/count out_of_range"]);
        assert!(faults_of(r#"{"count": 9}"#).is_empty());
    }

    #[test]
    fn the_schema_says_what_the_reader_requires() {
        let schema = schemars::schema_for!(Pair);
        assert_eq!(schema.get("required"), Some(&serde_json::json!(["count"])));
        assert_eq!(schema.get("additionalProperties"), Some(&serde_json::json!(false)));
    }
}
