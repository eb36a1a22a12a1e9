//! What a PATCH says about one field. Absent is not null, and the types keep them apart.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::borrow::Cow;

use crate::base::input::{Faults, Input, Json, Location};

/// For a field that may be empty: absent leaves it, `null` clears it, a value sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch<T> {
    /// Leave the field as it is.
    Keep,
    /// Empty it.
    Clear,
    /// Give it this value.
    Set(T),
}

impl<T> Patch<T> {
    /// The field's value after the change.
    pub fn apply(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The value to set, when there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The same change, of a field that keeps its values as `U`.
    pub fn map<U>(self, kept: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(kept(value)),
        }
    }
}

impl<T: Input> Input for Patch<T> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Json::Null => Some(Self::Clear),
            value => T::read(value, at, faults).map(Self::Set),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::Keep)
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn inline_schema() -> bool {
        Option::<T>::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

/// For a field that always has a value: absent leaves it, a value sets it, `null` is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// Leave the field as it is.
    Keep,
    /// Give it this value.
    To(T),
}

impl<T> Change<T> {
    /// The field's value after the change.
    pub fn apply(self, current: T) -> T {
        match self {
            Self::Keep => current,
            Self::To(value) => value,
        }
    }

    /// The new value, when there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Keep => None,
            Self::To(value) => Some(value),
        }
    }

    /// The new value, when there is one.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Keep => None,
            Self::To(value) => Some(value),
        }
    }
}

impl<T: Input> Input for Change<T> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        if *value == Json::Null {
            faults.not_understood(at, "required", "cannot be null");
            return None;
        }
        T::read(value, at, faults).map(Self::To)
    }

    fn absent() -> Option<Self> {
        Some(Self::Keep)
    }
}

impl<T: JsonSchema> JsonSchema for Change<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::input::input;

    input! {
        struct Both {
            nullable: Patch<i64>,
            fixed: Change<i64>,
        }
    }

    fn read(body: &str) -> Result<Both, String> {
        let mut faults = Faults::default();
        let json = Json::parse(body).unwrap();
        let read = Both::read(&json, &Location::body("thing"), &mut faults);
        read.ok_or_else(|| faults.iter().map(|fault| fault.detail.clone()).collect())
    }

    #[test]
    fn absent_null_and_a_value_are_three_states() {
        assert_eq!(read("{}").unwrap().nullable.apply(Some(1)), Some(1));
        assert_eq!(read(r#"{"nullable": null}"#).unwrap().nullable.apply(Some(1)), None);
        assert_eq!(read(r#"{"nullable": 2}"#).unwrap().nullable.apply(Some(1)), Some(2));
    }

    #[test]
    fn a_field_that_always_has_a_value_cannot_be_cleared() {
        assert_eq!(read("{}").unwrap().fixed.apply(1), 1);
        assert_eq!(read(r#"{"fixed": 2}"#).unwrap().fixed.apply(1), 2);
        assert_eq!(read(r#"{"fixed": null}"#).unwrap_err(), "Thing fixed cannot be null");
    }
}
