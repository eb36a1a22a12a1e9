//! Events: what happened, written in the transaction that made it happen.
//!
//! The shape is the envelope that webhooks send, with the fields every object has. An event never
//! changes, and no event is about an event.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        id::{AccountId, CustomerId, Environment, EventId, kind},
        input::{Faults, Input, Json, Location, choice, input},
        time::Timestamp,
    },
    model::{
        entity::{Entity, Item, Representation, recorded, size},
        event_type::{
            CustomerEvent, EventType, InvoiceEvent, NoEvent, SubscriptionEvent, TypeName,
        },
        filter::{Filter, Together},
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

choice! {
    /// What somebody is that a change is made by.
    pub enum ActorType {
        /// A token of the account: `id` is the token's.
        Token = "token",
        /// Somebody in the dashboard: `id` is that of the session, which is a token.
        Dashboard = "dashboard",
        /// Somebody who signs in to the dashboard: `id` is that of the passkey.
        Passkey = "passkey",
        /// Nobody: what was due was done.
        Schedule = "schedule",
        /// A processor that sent an event: `id` is the processor's.
        Processor = "processor",
        /// Whoever pays: `id` is that of the publishable token, or of what was opened.
        Payer = "payer",
        /// Whoever runs this deployment.
        Operator = "operator",
    }
}

/// Whoever made a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// What they are.
    #[serde(rename = "type")]
    kind: ActorType,
    /// Which of them.
    #[serde(default)]
    id: Option<String>,
}

impl Actor {
    /// One of those with ids.
    pub fn new(kind: ActorType, id: &str) -> Self {
        Self { kind, id: Some(id.to_owned()) }
    }

    /// One without.
    pub fn nameless(kind: ActorType) -> Self {
        Self { kind, id: None }
    }
}

/// Why a change is made: the request or invocation, and who is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The request's id, or the invocation's.
    pub request_id: String,
    /// Who.
    pub actor: Actor,
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
    /// Who did it; null in events of before this was kept.
    #[serde(default)]
    actor: Option<Actor>,
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
    /// The names of those of them that are too large to be kept beside the object, and left out.
    #[serde(default)]
    pub previous_attributes_omitted: Vec<String>,
}

impl EventData {
    /// What an event says of an object: as it is, and what of it was different before. What does not
    /// fit beside the object is left out, the largest first, and named.
    pub fn new(object: Item, previous_attributes: Option<Item>) -> Self {
        let mut data =
            Self { object, previous_attributes, previous_attributes_omitted: Vec::new() };
        let Some(previous) = &mut data.previous_attributes else { return data };
        let mut room = MOST_OF_AN_EVENT.saturating_sub(size::of(&data.object));
        let mut parts: Vec<(usize, String)> = previous
            .iter()
            .map(|(name, value)| (name.len().saturating_add(size::of_value(value)), name.clone()))
            .collect();
        parts.sort_unstable();
        for (size, name) in parts {
            match room.checked_sub(size) {
                Some(left) => room = left,
                None => {
                    previous.shift_remove(&name);
                    data.previous_attributes_omitted.push(name);
                }
            }
        }
        data
    }
}

/// How many bytes of an item its object and what was different before may have; the rest is the event's.
const MOST_OF_AN_EVENT: usize = 400_000;

impl Event {
    /// The event that this `happened` to an object.
    pub fn new(
        record: Record<kind::Event>,
        happened: impl Into<TypeName>,
        data: EventData,
        cause: Cause,
    ) -> Self {
        Self {
            object: ObjectName::Event,
            name: happened.into(),
            created: record.created_at.seconds(),
            livemode: record.account_id.environment() == Environment::Prod,
            data,
            request_id: cause.request_id,
            actor: Some(cause.actor),
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

    /// What kind of object it happened to, as the types of that kind's events begin.
    pub fn subject(&self) -> &str {
        match self.name() {
            name if name != CustomerEvent::StateChanged.as_str() => subject_of(name),
            _ if self.object_id().starts_with("in_") => InvoiceEvent::SUBJECT,
            _ => SubscriptionEvent::SUBJECT,
        }
    }

    /// What it can be asked for by, each a place of the list's index: its type, its object, and the
    /// customer that this is, or is of. They follow from what never changes, and how they are written
    /// stands in the table.
    pub fn places(&self) -> Vec<String> {
        let object = self.object_id();
        let own = object.starts_with("cus_").then_some(object);
        let customer = own.or_else(|| self.data.object.get("customer_id").and_then(Value::as_str));
        let places = [Some(of_type(self.name())), Some(of_object(object))];
        places.into_iter().chain([customer.map(of_customer)]).flatten().collect()
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

    /// When it happened, in the account's time.
    pub fn happened_at(&self) -> Timestamp {
        self.record.created_at
    }

    /// The object as it is, and what of it was different before; nothing, where the object is gone, or
    /// where an event before this one tells of the same change.
    pub(crate) fn seen(&self) -> Option<(&Item, Option<&Item>)> {
        let is_first = self.part.is_none_or(|part| part.number == 1);
        let tells = is_first && !self.name().ends_with(".deleted");
        tells.then_some((&self.data.object, self.data.previous_attributes.as_ref()))
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

/// What kind of object events of this type are about, but for `customer.state_changed`, which is about two.
pub fn subject_of(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(subject, _)| subject)
}

fn of_type(name: &str) -> String {
    format!("t.{name}")
}

fn of_object(id: &str) -> String {
    format!("o.{id}")
}

fn of_customer(id: &str) -> String {
    format!("c.{id}")
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
                "previous_attributes_omitted": [],
            },
            "request_id": "req_0mkz6k3cq1w2e3r4",
            "actor": {"type": "token", "id": "tok_prod_0mkz6k3ct1o2k3e4"},
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

const RECORD_FIELDS: [&str; 5] = ["id", "account_id", "created_at", "updated_at", "version"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(json: Value) -> Item {
        match json {
            Value::Object(item) => item,
            _ => panic!("an object"),
        }
    }

    fn event(name: &str, object: Value) -> Event {
        let mut event = Event::example();
        event["type"] = name.into();
        event["data"]["object"] = object;
        serde_json::from_value(event).unwrap()
    }

    /// They stand in the table: what they were, they stay.
    #[test]
    fn an_event_is_at_the_places_of_its_type_its_object_and_its_customer() {
        let customer = event("customer.deleted", json!({"id": "cus_prod_0mkz6k3cx9y8z7w6"}));
        let expected =
            ["t.customer.deleted", "o.cus_prod_0mkz6k3cx9y8z7w6", "c.cus_prod_0mkz6k3cx9y8z7w6"];
        assert_eq!(customer.places(), expected);
        let of = json!({"id": "in_1", "customer_id": "cus_1"});
        assert_eq!(event("invoice.paid", of).places(), ["t.invoice.paid", "o.in_1", "c.cus_1"]);
        let none = json!({"id": "cs_1", "customer_id": null});
        let places = event("checkout_session.created", none).places();
        assert_eq!(places, ["t.checkout_session.created", "o.cs_1"]);
    }

    #[test]
    fn what_does_not_fit_beside_the_object_is_named_and_left_out() {
        let object = item(json!({"id": "in_1", "items": "x".repeat(250_000)}));
        let before = item(json!({"items": "y".repeat(250_000), "total": 1, "description": "z"}));
        let data = EventData::new(object.clone(), Some(before));
        assert_eq!(data.previous_attributes, Some(item(json!({"total": 1, "description": "z"}))));
        assert_eq!(data.previous_attributes_omitted, ["items"]);
        assert_eq!(data.object, object);
        let fits = item(json!({"items": "y".repeat(100_000)}));
        let data = EventData::new(object.clone(), Some(fits.clone()));
        assert_eq!(
            (data.previous_attributes, data.previous_attributes_omitted),
            (Some(fits), vec![])
        );
        assert_eq!(EventData::new(object, None).previous_attributes, None);
    }
}
