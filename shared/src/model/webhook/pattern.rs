//! Which events an endpoint wants: a type, all of one sort, or all.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    base::input::{Faults, Input, Json, Location},
    model::event_type::ALL,
};

/// `invoice.paid`, `invoice.*` or `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Whether it stands for events of this type.
    pub fn matches(&self, name: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == self.0,
        }
    }

    /// Whether it stands for all events.
    pub fn is_all(&self) -> bool {
        self.0 == "*"
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_known(&self) -> bool {
        let star = self.0.strip_suffix('*');
        let well_formed = star.is_none_or(|start| start.is_empty() || start.ends_with('.'));
        well_formed && ALL.iter().any(|(name, _)| self.matches(name))
    }
}

impl Input for Pattern {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let pattern = Self(value.text(at, faults)?.to_owned());
        if !pattern.is_known() {
            let hint = "is no type of an event, such as invoice.paid, nor the beginning of one, such as \
                        invoice.*, nor *";
            faults.not_valid(at, "unknown_value", hint);
            return None;
        }
        Some(pattern)
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "EventPattern".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([a-z_]+\\.)*([a-z_]+|\\*)$",
            "maxLength": 100,
            "examples": ["invoice.*"],
        })
    }
}
