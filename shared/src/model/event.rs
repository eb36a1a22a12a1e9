//! Events: what happened, written in the transaction that made it happen.
//!
//! The shape is the envelope that webhooks send, with the fields every object has. An event never
//! changes, and no event is about an event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        id::{Environment, kind},
        input::choice,
    },
    model::{
        entity::{Entity, Item, Representation, recorded},
        event_type::{EventType, NoEvent, TypeName},
        record::Record,
    },
};

choice! {
    /// The value of `object` in an event.
    pub enum ObjectName {
        /// The value in every event.
        Event = "event",
    }
}

/// Something that happened to an object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    #[serde(flatten)]
    record: Record<kind::Event>,
    /// Always `event`.
    object: ObjectName,
    /// What happened: `customer.created`.
    #[serde(rename = "type")]
    name: TypeName,
    /// When, in seconds since 1970.
    created: i64,
    /// Whether it happened in production.
    livemode: bool,
    /// What it happened to.
    data: EventData,
    /// The request that did it.
    request_id: String,
}

/// The object of an event.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct EventData {
    /// The object after the change; before it, when it was deleted.
    pub object: Item,
    /// Of an update: the attributes that changed, as they were. Otherwise null.
    #[serde(default)]
    pub previous_attributes: Option<Item>,
}

impl Event {
    /// The event that this `happened` to an object.
    pub fn new(
        record: Record<kind::Event>,
        happened: impl EventType,
        data: EventData,
        request_id: String,
    ) -> Self {
        Self {
            object: ObjectName::Event,
            name: happened.into(),
            created: record.created_at.seconds(),
            livemode: record.account_id.environment() == Environment::Prod,
            data,
            request_id,
            record,
        }
    }
}

impl Representation for Event {
    fn example() -> Value {
        serde_json::json!({
            "id": "evt_prod_0mkz6k3ce1v2e3n4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "object": "event",
            "type": "customer.updated",
            "created": 1769851800,
            "livemode": true,
            "data": {
                "object": {"id": "cus_prod_0mkz6k3cx9y8z7w6", "name": "Jane Doe"},
                "previous_attributes": {"name": "Jane Smith"},
            },
            "request_id": "req_0mkz6k3cq1w2e3r4",
        })
    }
}

impl Entity for Event {
    recorded!(kind::Event);
    type Event = NoEvent;
    const RESOURCE: &'static str = "events";

    /// DynamoDB keeps a map without its order: the snapshot gets one again.
    fn complete(&self, object: &mut Item) {
        if let Some(Value::Object(data)) = object.get_mut("data") {
            for snapshot in data.values_mut().filter_map(Value::as_object_mut) {
                snapshot.sort_keys();
                let rest = std::mem::take(snapshot);
                let first = RECORD_FIELDS.iter().filter_map(|name| rest.get_key_value(*name));
                *snapshot = first.map(|(name, value)| (name.clone(), value.clone())).collect();
                snapshot.extend(rest);
            }
        }
    }

    fn events(_: Option<&Self>, _: &Self) -> Vec<NoEvent> {
        Vec::new()
    }
}

const RECORD_FIELDS: [&str; 5] = ["id", "account_id", "created_at", "updated_at", "version"];
