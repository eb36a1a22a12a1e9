//! Free objects that a session carries for the page that shows it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::input::{Faults, Input, Json, Location};

/// How large such an object may be, as JSON.
const LARGEST: usize = 4096;

/// An object that is kept as it was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(Map<String, Value>);

impl Settings {
    /// Settings that the program itself chose.
    pub(crate) fn of(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

impl Input for Settings {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Object(_) = value else {
            return faults.wrong_type(at, "an object", value);
        };
        let Some(Value::Object(fields)) = value.to_value() else {
            faults.not_valid(at, "out_of_range", "holds a number that is too large");
            return None;
        };
        let size = Value::Object(fields.clone()).to_string().len();
        if size > LARGEST {
            let hint = format!("is {size} bytes as JSON; at most {LARGEST} are allowed");
            faults.not_valid(at, "too_large", &hint);
            return None;
        }
        Some(Self(fields))
    }
}

impl JsonSchema for Settings {
    fn schema_name() -> Cow<'static, str> {
        "Settings".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "additionalProperties": true})
    }
}
