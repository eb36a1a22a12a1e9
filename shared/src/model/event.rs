//! Events: what happened, written in the transaction that made it happen.
//!
//! The shape is the envelope that webhooks send, with the fields every object has. An event never
//! changes, and no event is about an event.

mod filter;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::filter::EventFilter;

use crate::{
    base::{
        id::{AccountId, Environment, EventId, kind},
        input::choice,
        time::Timestamp,
    },
    model::{
        entity::{Entity, Item, Representation, recorded, size},
        event_type::{
            CustomerEvent, EventType, InvoiceEvent, NoEvent, SubscriptionEvent, TypeName,
        },
        packed,
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
    #[serde(deserialize_with = "packed::read")]
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
/// How many that rest has at most.
const ITS_OWN: usize = 4_000;

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
    const PACKED: &'static [&'static str] = &["data"];
    const MOST_KEPT: usize = MOST_OF_AN_EVENT + ITS_OWN;

    /// A map of the table has no order: the snapshot gets one, the same whether it was kept so or packed.
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
