//! What a client sends of usage: one event, or a batch of them under `events`.
//!
//! The events of a batch are read each by itself: what is wrong with one is told in its own result, and
//! keeps none of the others from being counted. One that comes alone is read like any other body.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::place::{EventPlace, Form};
use crate::base::{
    error::Error,
    input::{Faults, Input, Json, Location, Text, Word, input, rule},
    time::Timestamp,
};

/// What a person calls one.
pub(super) const NOUN: &str = "meter event";
/// How many events a batch has at most.
pub const MOST_EVENTS: usize = 100;
const MOST_KEYS: usize = 50;
/// How many bytes a payload has at most, as JSON.
const MOST_PAYLOAD: usize = 4_000;

input! {
    /// One event: something was used.
    pub struct NewUsageEvent {
        /// The `event_name` of the meter that counts it.
        event_name: Word<100>,
        /// What tells it from every other event of its meter: sent again, it is not counted again.
        identifier: Text<1, 255>,
        /// When it happened; now, when left out.
        timestamp: Option<Timestamp>,
        /// What happened: at least the customer's id and, where values are summed, the value.
        payload: Payload,
    }
}

input! {
    /// What a client sends of usage: the fields of one event, or several events as `events`.
    pub struct NewUsage {
        /// The `event_name` of the meter that counts it.
        event_name: Option<Word<100>>,
        /// What tells it from every other event of its meter: sent again, it is not counted again.
        identifier: Option<Text<1, 255>>,
        /// When it happened; now, when left out.
        timestamp: Option<Timestamp>,
        /// What happened: at least the customer's id and, where values are summed, the value.
        payload: Option<Payload>,
        /// Up to 100 events in place of one. Each is judged by itself.
        events: Option<Batch>,
    }
    rules [rule::one_of([
        rule::all_of([
            rule::given(&["event_name", "identifier", "payload"]), rule::absent(&["events"]),
        ]),
        rule::all_of([
            rule::given(&["events"]),
            rule::absent(&["event_name", "identifier", "timestamp", "payload"]),
        ]),
    ])]
    example {
        "event_name": "api_call", "identifier": "req-6735", "timestamp": "2026-01-31T09:30:00Z",
        "payload": {"customer_id": "cus_prod_0mkz6k3cx9y8z7w6", "value": "12.5"}
    }
}

/// Events as they were sent: those that cannot be read are among them.
#[derive(Clone, Debug)]
pub struct Recording {
    /// How they are written.
    pub form: Form,
    /// The events, in the order in which they were sent.
    pub entries: Vec<Entry>,
    /// Whether they came as a batch; if not, what is wrong with the only one is wrong with the request.
    pub batch: bool,
}

/// An event as it was sent.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its identifier, if that can be read.
    pub identifier: Option<String>,
    /// What can be read of it, if that is enough for its meter to say what else is wrong with it.
    pub event: Option<NewUsageEvent>,
    /// What cannot be read of it.
    pub faults: Faults,
}

impl Recording {
    /// Where the event at `index` is.
    pub fn place(&self, index: usize) -> EventPlace {
        EventPlace::new(self.form, self.batch.then_some(index))
    }
}

impl NewUsage {
    /// The events; or what is wrong with the request as a whole.
    pub fn recording(self) -> Result<Recording, Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        if let Some(Batch(entries)) = self.events {
            let one = self.event_name.is_some() || self.identifier.is_some();
            if one || self.timestamp.is_some() || self.payload.is_some() {
                let hint = "cannot stand beside the fields of one event";
                faults.not_understood(&body.field("events"), "not_combinable", hint);
            }
            return faults.settled().map(|()| Recording { form: Form::Own, entries, batch: true });
        }
        let mut missing = |given: bool, name: &str| {
            if !given {
                faults.not_understood(&body.field(name), "required", "is required");
            }
        };
        missing(self.event_name.is_some(), "event_name");
        missing(self.identifier.is_some(), "identifier");
        missing(self.payload.is_some(), "payload");
        match (self.event_name, self.identifier, self.payload) {
            (Some(event_name), Some(identifier), Some(payload)) => {
                let text = identifier.as_str().to_owned();
                let timestamp = self.timestamp;
                let event = NewUsageEvent { event_name, identifier, timestamp, payload };
                let entry =
                    Entry { identifier: Some(text), event: Some(event), faults: Faults::default() };
                Ok(Recording { form: Form::Own, entries: vec![entry], batch: false })
            }
            _ => Err(Error::Faulty(faults)),
        }
    }
}

impl NewUsageEvent {
    /// A new one.
    pub(super) fn new(
        event_name: Word<100>,
        identifier: Text<1, 255>,
        timestamp: Option<Timestamp>,
        payload: Payload,
    ) -> Self {
        Self { event_name, identifier, timestamp, payload }
    }

    /// What can be read of one that is refused, where that is the name of a meter and a payload.
    fn partly(value: &Json) -> Option<Self> {
        let identifier = field(value, "identifier").unwrap_or_else(|| Text::of("unknown"));
        let timestamp = field(value, "timestamp");
        let (event_name, payload) = (field(value, "event_name")?, field(value, "payload")?);
        Some(Self { event_name, identifier, timestamp, payload })
    }

    /// The name of the meter's events.
    pub fn event_name(&self) -> &str {
        self.event_name.as_str()
    }

    /// What tells it from others.
    pub(super) fn identifier(&self) -> &Text<1, 255> {
        &self.identifier
    }

    /// When it happened, if it says so.
    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp
    }

    /// What happened.
    pub(super) fn payload(&self) -> &Payload {
        &self.payload
    }
}

/// The events of a batch, each with its own faults.
#[derive(Clone, Debug)]
pub struct Batch(Vec<Entry>);

impl Input for Batch {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let values = batch(value, at, faults)?;
        if values.is_empty() {
            faults.not_understood(at, "required", "is required and cannot be empty");
            return None;
        }
        let entry = |(index, value): (usize, &Json)| {
            let mut own = Faults::default();
            let event = NewUsageEvent::read(value, &at.index(index), &mut own);
            let event = event.or_else(|| NewUsageEvent::partly(value));
            Entry { identifier: identifier_of(value), event, faults: own }
        };
        Some(Self(values.iter().enumerate().map(entry).collect()))
    }
}

/// What a batch holds, in any form, if it is not more than is allowed.
pub(super) fn batch<'a>(
    value: &'a Json,
    at: &Location<'_>,
    faults: &mut Faults,
) -> Option<&'a [Json]> {
    let Json::Array(values) = value else { return faults.wrong_type(at, "an array", value) };
    if values.len() > MOST_EVENTS {
        let hint = format!("has {} events; at most {MOST_EVENTS} are allowed", values.len());
        faults.not_valid(at, "too_many", &hint);
        return None;
    }
    Some(values)
}

/// A field of an event that may be wrong otherwise.
fn field<T: Input>(event: &Json, name: &str) -> Option<T> {
    let Json::Object(fields) = event else { return None };
    let (_, value) = fields.iter().find(|(other, _)| other == name)?;
    T::read(value, &Location::body(NOUN), &mut Faults::default())
}

/// The identifier of an event that may be wrong otherwise.
fn identifier_of(event: &Json) -> Option<String> {
    field::<Text<1, 255>>(event, "identifier").map(|text| text.as_str().to_owned())
}

impl JsonSchema for Batch {
    fn schema_name() -> Cow<'static, str> {
        "UsageBatch".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<NewUsageEvent>();
        json_schema!({"type": "array", "items": item, "minItems": 1, "maxItems": MOST_EVENTS})
    }
}

/// What an event says beside its name: texts, numbers and booleans by key. A number keeps its digits.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    fields: Vec<(String, Json)>,
    subject: Option<Json>,
}

impl Payload {
    /// The same, of an event that names its customer beside the payload.
    pub(super) fn about(self, subject: Option<&str>) -> Self {
        Self { subject: subject.map(|subject| Json::Text(subject.to_owned())), ..self }
    }

    /// The customer that stands beside the payload.
    pub(super) fn subject(&self) -> Option<&Json> {
        self.subject.as_ref()
    }

    /// The value under `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        self.fields.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The payload as JSON, as it is kept.
    pub fn to_json(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let value = |value: &Json| match value {
            Json::Number(digits) => digits.clone(),
            Json::Text(text) | Json::Param(text) => quoted(text),
            Json::Bool(value) => value.to_string(),
            Json::Null | Json::Array(_) | Json::Object(_) => "null".to_owned(),
        };
        let fields = self.fields.iter().map(|(key, one)| format!("{}:{}", quoted(key), value(one)));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }
}

impl Input for Payload {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Object(fields) = value else {
            return faults.wrong_type(at, "an object", value);
        };
        let nested = |(_, value): &&(String, Json)| {
            matches!(value, Json::Array(_) | Json::Object(_) | Json::Null)
        };
        for (key, value) in fields.iter().filter(nested) {
            faults.wrong_type::<()>(&at.field(key), "a string, a number or a boolean", value);
        }
        let payload = Self { fields: fields.clone(), subject: None };
        let bytes = payload.to_json().len();
        if fields.len() > MOST_KEYS {
            let hint = format!("has {} keys; at most {MOST_KEYS} are allowed", fields.len());
            faults.not_valid(at, "too_many_keys", &hint);
            return None;
        }
        if bytes > MOST_PAYLOAD {
            let hint = format!("has {bytes} bytes; at most {MOST_PAYLOAD} are allowed");
            faults.not_valid(at, "too_large", &hint);
            return None;
        }
        fields.iter().all(|field| !nested(&field)).then_some(payload)
    }
}

impl JsonSchema for Payload {
    fn schema_name() -> Cow<'static, str> {
        "UsagePayload".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": MOST_KEYS,
            "additionalProperties": {
                "oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}],
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(body: &str) -> Result<Recording, Vec<String>> {
        let (json, mut faults) = (Json::parse(body).unwrap(), Faults::default());
        let read = NewUsage::read(&json, &Location::body(NOUN), &mut faults);
        let codes = |faults: &Faults| {
            faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
        };
        match read.ok_or(faults).map(NewUsage::recording) {
            Ok(Ok(recording)) => Ok(recording),
            Ok(Err(Error::Faulty(faults))) | Err(faults) => Err(codes(&faults)),
            Ok(Err(other)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_event_comes_alone_or_in_a_batch_and_not_as_both() {
        let one = r#""event_name": "a", "identifier": "1", "payload": {}"#;
        assert_eq!(recording(&format!("{{{one}}}")).unwrap().entries.len(), 1);
        assert!(recording(&format!(r#"{{"events": [{{{one}}}]}}"#)).unwrap().batch);
        let both = recording(&format!(r#"{{{one}, "events": [{{{one}}}]}}"#));
        assert_eq!(both.unwrap_err(), ["/events not_combinable"]);
        let none = ["/event_name required", "/identifier required", "/payload required"];
        assert_eq!(recording("{}").unwrap_err(), none);
        assert_eq!(recording(r#"{"events": []}"#).unwrap_err(), ["/events required"]);
    }

    #[test]
    fn what_is_wrong_with_one_event_of_a_batch_is_its_own() {
        let body = r#"{"events": [{"identifier": "1", "payload": 1},
                       {"event_name": "a", "identifier": "2", "payload": {"x": [1]}}]}"#;
        let read = recording(body).unwrap();
        let faults: Vec<Vec<String>> = (read.entries.iter())
            .map(|entry| {
                let told =
                    |fault: &crate::base::input::Fault| format!("{} {}", fault.pointer, fault.code);
                entry.faults.iter().map(told).collect()
            })
            .collect();
        assert_eq!(
            faults,
            [
                vec!["/events/0/event_name required", "/events/0/payload wrong_type"],
                vec!["/events/1/payload/x wrong_type"],
            ]
        );
        let names: Vec<_> = read.entries.iter().map(|entry| entry.identifier.as_deref()).collect();
        assert_eq!(names, [Some("1"), Some("2")]);
    }

    #[test]
    fn a_payload_is_kept_digit_by_digit() {
        let json = Json::parse(r#"{"value": 0.1000000000000000000001, "a\"": "b\n", "c": true}"#);
        let mut faults = Faults::default();
        let payload = Payload::read(&json.unwrap(), &Location::body(NOUN), &mut faults).unwrap();
        let kept = r#"{"value":0.1000000000000000000001,"a\"":"b\n","c":true}"#;
        assert_eq!(payload.to_json(), kept);
    }
}
