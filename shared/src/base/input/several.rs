//! Lists with something in them.

use std::{borrow::Cow, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    fault::{Faults, Location},
    json::Json,
    reader::Input,
};

/// One or more: an empty list is as little understood as none.
#[derive(Clone, Debug)]
pub struct Several<T>(Vec<T>);

impl<T> Several<T> {
    /// The list, if anything is in it.
    pub fn of(list: Vec<T>) -> Option<Self> {
        (!list.is_empty()).then_some(Self(list))
    }
}

impl<T> Deref for Several<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> IntoIterator for Several<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Input> Input for Several<T> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let several = Self::of(Vec::read(value, at, faults)?);
        if several.is_none() {
            faults.not_understood(at, "required", "is required and cannot be empty");
        }
        several
    }
}

impl<T: JsonSchema> JsonSchema for Several<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Several{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({"type": "array", "items": item, "minItems": 1})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_not_understood() {
        let read = |text: &str| {
            let mut faults = Faults::default();
            let json = Json::parse(text).unwrap();
            let list = Several::<i64>::read(&json, &Location::body("pair"), &mut faults);
            let codes: Vec<_> = faults.iter().map(|fault| fault.code.clone()).collect();
            (list.map(|list| list.to_vec()), codes)
        };
        assert_eq!(read("[1, 2]"), (Some(vec![1, 2]), vec![]));
        assert_eq!(read("[]"), (None, vec!["required".to_owned()]));
        assert_eq!(read("[true]"), (None, vec!["wrong_type".to_owned()]));
        let schema = schemars::schema_for!(Several<i64>);
        assert_eq!(schema.get("minItems"), Some(&1.into()));
    }
}
