//! Usage that is sent as CloudEvents: the `type` is the meter's `event_name`, the `data` is the payload,
//! and the `subject` is the customer where the payload names none.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{
    event::{Entry, MOST_EVENTS, NewUsage, NewUsageEvent, Payload, Recording},
    place::Form,
};
use crate::base::{
    error::Error,
    input::{CloudEvent, Faults, FromCloudEvents, Input, Json, Location, Word},
};

/// What a client sends of usage, in any form.
#[derive(Clone, Debug)]
pub enum SentUsage {
    /// In our own.
    Own(NewUsage),
    /// As CloudEvents.
    Cloud(Recording),
}

impl SentUsage {
    /// The events; or what is wrong with the request as a whole.
    pub fn recording(self) -> Result<Recording, Error> {
        match self {
            Self::Own(new) => new.recording(),
            Self::Cloud(recording) => Ok(recording),
        }
    }
}

impl Input for SentUsage {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        NewUsage::read(value, at, faults).map(Self::Own)
    }

    fn example() -> Option<serde_json::Value> {
        NewUsage::example()
    }
}

impl FromCloudEvents for SentUsage {
    fn from_event(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let entry = entry(value, at);
        if let Err(own) = entry.event {
            faults.extend(own);
            return None;
        }
        Some(Self::Cloud(Recording { form: Form::Cloud, entries: vec![entry], batch: false }))
    }

    /// A batch may be empty, as the specification says.
    fn from_events(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Array(values) = value else { return faults.wrong_type(at, "an array", value) };
        if values.len() > MOST_EVENTS {
            let hint = format!("has {} events; at most {MOST_EVENTS} are allowed", values.len());
            faults.not_valid(at, "too_many", &hint);
            return None;
        }
        let entries =
            values.iter().enumerate().map(|(index, value)| entry(value, &at.index(index)));
        let entries = entries.collect();
        Some(Self::Cloud(Recording { form: Form::Cloud, entries, batch: true }))
    }
}

fn entry(value: &Json, at: &Location<'_>) -> Entry {
    let mut faults = Faults::default();
    let event = CloudEvent::read(value, at, &mut faults);
    let identifier = event.as_ref().map(|event| event.identity.as_str().to_owned());
    let event = event.and_then(|event| usage(event, at, &mut faults));
    match event {
        Some(event) if faults.is_empty() => Entry { identifier, event: Ok(event) },
        _ => Entry { identifier, event: Err(faults) },
    }
}

fn usage(event: CloudEvent<'_>, at: &Location<'_>, faults: &mut Faults) -> Option<NewUsageEvent> {
    let event_name = Word::read(event.kind, &at.field("type"), faults);
    let payload = match event.data {
        Some(data) => Payload::read(data, &at.field("data"), faults),
        None => Some(Payload::default()),
    };
    let payload = payload?.about(event.subject);
    Some(NewUsageEvent::new(event_name?, event.identity, event.time, payload))
}

impl JsonSchema for SentUsage {
    fn schema_name() -> Cow<'static, str> {
        NewUsage::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        NewUsage::json_schema(generator)
    }
}
