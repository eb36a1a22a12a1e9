//! Usage that is sent as CloudEvents: the `type` is the meter's `event_name`, the `data` is the payload,
//! and the `subject` is the customer where the payload names none.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{
    event::{Entry, NewUsage, NewUsageEvent, Payload, Recording, batch},
    place::Form,
};
use crate::base::{
    error::Error,
    input::{CloudEvent, Faults, FromCloudEvents, Input, Json, Location, Word},
    time::Timestamp,
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
    fn event_example() -> serde_json::Value {
        serde_json::json!({
            "specversion": "1.0", "id": "6735", "source": "/gateway/eu-1", "type": "api_call",
            "subject": "cus_prod_0mkz6k3cx9y8z7w6", "time": "2026-01-31T09:30:00Z",
            "data": {"value": "12.5"},
        })
    }

    fn from_event(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let entry = entry(value, at);
        if !entry.faults.is_empty() {
            faults.extend(entry.faults);
            return None;
        }
        Some(Self::Cloud(Recording { form: Form::Cloud, entries: vec![entry], batch: false }))
    }

    /// A batch may be empty, as the specification says.
    fn from_events(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let values = batch(value, at, faults)?.iter().enumerate();
        let entries = values.map(|(index, value)| entry(value, &at.index(index))).collect();
        Some(Self::Cloud(Recording { form: Form::Cloud, entries, batch: true }))
    }
}

fn entry(value: &Json, at: &Location<'_>) -> Entry {
    let mut faults = Faults::default();
    let event = CloudEvent::read(value, at, &mut faults);
    let identifier = event.as_ref().map(|event| event.identity.as_str().to_owned());
    let event = event.and_then(|event| usage(event, at, &mut faults));
    Entry { identifier, event, faults }
}

fn usage(event: CloudEvent<'_>, at: &Location<'_>, faults: &mut Faults) -> Option<NewUsageEvent> {
    let event_name = Word::read(event.kind, &at.field("type"), faults);
    // What is noted as a fault is no event, whatever is returned here.
    let time = event.time.and_then(|time| Timestamp::read(time, &at.field("time"), faults));
    let payload = match event.data {
        Some(data) => Payload::read(data, &at.field("data"), faults),
        None => Some(Payload::default()),
    };
    Some(NewUsageEvent::new(event_name?, event.identity, time, payload?.about(event.subject)))
}

impl JsonSchema for SentUsage {
    fn schema_name() -> Cow<'static, str> {
        NewUsage::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        NewUsage::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_says_is_read_with_every_fault() {
        let body = r#"{"specversion": "1.0", "type": "a b", "source": "/s", "id": "1",
                       "time": "today", "data": [1]}"#;
        let (json, mut faults) = (Json::parse(body).unwrap(), Faults::default());
        assert!(SentUsage::from_event(&json, &Location::body("x"), &mut faults).is_none());
        let told: Vec<String> =
            faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect();
        let all = ["/type invalid_characters", "/time invalid_timestamp", "/data wrong_type"];
        assert_eq!(told, all);
    }
}
