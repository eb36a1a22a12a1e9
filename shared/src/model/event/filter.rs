//! Which events a client asks for: by type, by object, by customer, or all after one.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Event, of_customer, of_object, of_type};
use crate::{
    base::{
        id::{CustomerId, EventId},
        input::{Faults, Input, Json, Location, input},
    },
    model::{
        event_type::TypeName,
        filter::{Filter, Together},
    },
};

input! {
    /// Which events to list.
    #[derive(Default)]
    pub struct EventFilter {
        /// Only those after this one, the oldest first, and only such as no other can come before any
        /// more: whoever asks again for those after the last one it was given misses none and gets
        /// none twice. They are given out a minute after they happened. Not together with `offset` or
        /// `created_at`. Any id says where to begin: `evt_prod_0000000000000000` is before all.
        pub after: Option<EventId>,
        /// Only those of this type, such as `invoice.paid`.
        r#type: Option<TypeName>,
        /// Only those that happened to this object, whatever it is.
        object_id: Option<ObjectId>,
        /// Only those that happened to this customer, or to what is of this customer.
        customer_id: Option<CustomerId>,
    }
}

impl EventFilter {
    /// The place that is asked for, as [`Event::places`] has it.
    pub fn place(&self) -> Option<String> {
        let by = [
            self.r#type.as_ref().map(|name| of_type(name.as_str())),
            self.object_id.as_ref().map(|ObjectId(id)| of_object(id)),
            self.customer_id.as_ref().map(|id| of_customer(id.as_str())),
        ];
        by.into_iter().flatten().next()
    }
}

/// The id of an object of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectId(String);

impl Input for ObjectId {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let id = value.text(at, faults)?;
        let parts: Vec<&str> = id.split('_').collect();
        let is_id = match parts.as_slice() {
            [kind, "prod" | "stg", tail] => {
                let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
                (1..=10).contains(&kind.len())
                    && kind.bytes().all(|byte| byte.is_ascii_lowercase())
                    && tail.len() == 16
                    && tail.bytes().all(fits)
            }
            _ => false,
        };
        if !is_id {
            faults.not_valid(at, "no_such_object", "is not the id of an object");
        }
        is_id.then(|| Self(id.to_owned()))
    }
}

impl JsonSchema for ObjectId {
    fn schema_name() -> Cow<'static, str> {
        "ObjectId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[a-z]{1,10}_(prod|stg)_[a-z0-9]{16}$",
            "description": "The id of an object.",
            "examples": ["in_prod_0m6zk1x2y3w4v5u6"],
        })
    }
}

impl Filter for EventFilter {
    type Entity = Event;

    /// There is no list of what these name: they are here to exclude one another.
    fn asked(&self) -> Vec<Together> {
        let given = [
            ("type", self.r#type.is_some()),
            ("object_id", self.object_id.is_some()),
            ("customer_id", self.customer_id.is_some()),
        ];
        given.map(|(name, is_given)| vec![(name, is_given.then(String::new))]).into()
    }

    fn had(_: &Event) -> Vec<Together> {
        Vec::new()
    }

    fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        None
    }
}
