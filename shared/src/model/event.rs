//! Events: what happened, written in the transaction that made it happen.
//!
//! The shape is the envelope that webhooks send, with the fields every object has. An event never
//! changes, and no event is about an event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        id::{AccountId, Environment, EventId, kind},
        input::choice,
        time::Timestamp,
    },
    model::{
        entity::{Entity, Item, Representation, recorded},
        event_type::{EventType, NoEvent, TypeName},
        record::Record,
        turn::Turn,
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
    /// Which it is of several that one change made.
    #[schemars(skip)]
    #[serde(default)]
    part: Option<EventPart>,
}

/// Which one an event is of those that one change of one object made: none where there is one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPart {
    number: u32,
    of: u32,
}

impl EventPart {
    /// The parts of a change that made so many events.
    pub fn of(count: usize) -> impl Iterator<Item = Option<Self>> {
        let of = u32::try_from(count).unwrap_or(u32::MAX);
        (1..=of).map(move |number| (of > 1).then_some(Self { number, of }))
    }
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
            part: None,
            record,
        }
    }

    /// The same, being one of several.
    pub fn being(self, part: Option<EventPart>) -> Self {
        Self { part, ..self }
    }

    /// The id.
    pub fn id(&self) -> &EventId {
        &self.record.id
    }

    /// Whose it is.
    pub fn account_id(&self) -> &AccountId {
        &self.record.account_id
    }

    /// What happened.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The object that it happened to.
    pub fn object_id(&self) -> &str {
        self.data.object.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    /// The version of the object after it.
    pub fn object_version(&self) -> u64 {
        self.data.object.get("version").and_then(Value::as_u64).unwrap_or_default()
    }

    /// Where it stands among the events of its object. A deletion is after all that shows the object at
    /// the version that was deleted.
    pub fn turn(&self) -> Turn {
        let deleted = u64::from(self.name().ends_with(".deleted"));
        let (number, of) = self.part.map_or((1, 1), |part| (part.number, part.of));
        Turn { version: self.object_version() + deleted, number, of }
    }

    /// When the object was changed the time before, as far as the event knows.
    pub fn changed_before(&self) -> Timestamp {
        let previous = self.data.previous_attributes.as_ref();
        let was = previous.and_then(|previous| previous.get("updated_at"));
        let was = was.or_else(|| self.data.object.get("updated_at"));
        was.and_then(Value::as_str)
            .and_then(|text| text.parse().ok())
            .unwrap_or(self.record.created_at)
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
    const HIDDEN: &'static [&'static str] = &["part"];

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
