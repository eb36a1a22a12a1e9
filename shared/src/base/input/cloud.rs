//! CloudEvents 1.0 in JSON: <https://github.com/cloudevents/spec>, alone or as a batch.
//!
//! What tells an event from every other is its `source` and its `id` together: two sources may give the
//! same `id`. Attributes that the specification does not know are extensions: they may be there, and
//! nothing here reads them. An attribute that is null is one that is not there, as the specification says.

use serde_json::{Value, json};

use super::{
    fault::{Faults, Location},
    json::Json,
    reader::Input,
    text::Text,
};

/// What kind of JSON a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`
    Plain,
    /// `application/cloudevents+json`: one event.
    CloudEvent,
    /// `application/cloudevents-batch+json`: an array of events.
    CloudEvents,
}

impl Media {
    /// All that there are.
    pub const ALL: [Self; 3] = [Self::Plain, Self::CloudEvent, Self::CloudEvents];

    /// What `Content-Type` says of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "application/json",
            Self::CloudEvent => "application/cloudevents+json",
            Self::CloudEvents => "application/cloudevents-batch+json",
        }
    }
}

/// What can also be read from CloudEvents.
pub trait FromCloudEvents: Input {
    /// An event that could be sent.
    fn event_example() -> Value;

    /// Reads one.
    fn from_event(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self>;

    /// Reads a batch.
    fn from_events(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self>;
}

/// An event. What is wrong with a value is told where the value is used.
#[derive(Debug)]
pub struct CloudEvent<'a> {
    /// Its `source` and its `id`, with a blank in between, which no `source` has.
    pub identity: Text<1, 255>,
    /// What sort of event it is.
    pub kind: &'a Json,
    /// Whom it is about.
    pub subject: Option<&'a str>,
    /// When it happened.
    pub time: Option<&'a Json>,
    /// What happened.
    pub data: Option<&'a Json>,
}

/// One event, and a batch of them, as JSON Schema, each with an example of which `event` is one.
pub fn described(event: Value) -> [(Media, Value, Value); 2] {
    let one = json!({
        "title": "CloudEvent", "type": "object",
        "description": "An event by CloudEvents 1.0. Extensions may be beside what is named here.",
        "required": ["specversion", "id", "source", "type"],
        "properties": {
            "specversion": {
                "type": "string", "enum": ["1.0"], "description": "The version of CloudEvents.",
            },
            "id": {
                "type": "string", "minLength": 1, "maxLength": 252,
                "description": "What tells it from every other event of its source.",
            },
            "source": {
                "type": "string", "minLength": 1, "maxLength": 253, "pattern": "^\\S+$",
                "description": "Where it happened, as a URI. It and the id have at most 254 characters.",
            },
            "type": {
                "type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$",
                "description": "What sort of event it is.",
            },
            "subject": {
                "type": ["string", "null"],
                "description": "Whom it is about, where the data does not say it.",
            },
            "time": {
                "type": ["string", "null"], "format": "date-time",
                "description": "When it happened; now, when left out.",
            },
            "datacontenttype": {
                "type": ["string", "null"], "description": "What sort of JSON the data is.",
            },
            "data": {"type": ["object", "null"], "description": "What happened."},
        },
    });
    // Where it is named, its name is its title.
    let mut untitled = one.clone();
    untitled.as_object_mut().map(|schema| schema.remove("title"));
    let batch = json!({
        "title": "CloudEventBatch", "type": "array", "maxItems": 100,
        "items": {"$ref": "#/$defs/CloudEvent"}, "$defs": {"CloudEvent": untitled},
        "description": "Events, each judged by itself.",
    });
    [(Media::CloudEvent, one, event.clone()), (Media::CloudEvents, batch, json!([event]))]
}

/// The attributes that are read or may be there.
const KNOWN: [&str; 9] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
];

impl<'a> CloudEvent<'a> {
    /// Reads one.
    pub fn read(value: &'a Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Object(fields) = value else { return faults.wrong_type(at, "an object", value) };
        for (name, _) in fields.iter().filter(|(name, _)| !may_be_there(name)) {
            let hint = match name.as_str() {
                "data_base64" => "cannot be read: send the data as JSON, in data",
                _ => "is no attribute of an event: their names are lower-case letters and digits",
            };
            faults.not_understood(&at.field(name), "unknown_field", hint);
        }
        let given = |name: &str| {
            let field = fields.iter().find(|(other, _)| other == name);
            field.map(|(_, value)| value).filter(|value| **value != Json::Null)
        };
        let version = given("specversion").or_else(|| faults.missing(&at.field("specversion")));
        if version.is_some_and(|version| *version != Json::Text("1.0".to_owned())) {
            let hint = "must be \"1.0\", the version of CloudEvents that is read here";
            faults.not_valid(&at.field("specversion"), "unsupported_version", hint);
        }
        let kind = given("type").or_else(|| faults.missing(&at.field("type")));
        let identity = identity(given("source"), given("id"), at, faults);
        let text = |name: &str, faults: &mut Faults| given(name)?.text(&at.field(name), faults);
        let subject = text("subject", faults);
        if text("datacontenttype", faults).is_some_and(|media| !is_json(media)) {
            let hint = "must be JSON, such as application/json";
            faults.not_valid(&at.field("datacontenttype"), "unsupported_media_type", hint);
        }
        let (time, data) = (given("time"), given("data"));
        Some(Self { identity: identity?, kind: kind?, subject, time, data })
    }
}

fn may_be_there(name: &str) -> bool {
    let extends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    KNOWN.contains(&name) || (!name.is_empty() && name.chars().all(extends))
}

fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media == "application/json" || media == "text/json" || media.ends_with("+json")
}

/// Two events with the same identity are one.
fn identity(
    source: Option<&Json>,
    id: Option<&Json>,
    at: &Location<'_>,
    faults: &mut Faults,
) -> Option<Text<1, 255>> {
    let (at_source, at_id) = (at.field("source"), at.field("id"));
    let source = source
        .or_else(|| faults.missing(&at_source))
        .and_then(|source| Text::<1, 255>::read(source, &at_source, faults));
    let id = id
        .or_else(|| faults.missing(&at_id))
        .and_then(|id| Text::<1, 255>::read(id, &at_id, faults));
    let (source, id) = (source?, id?);
    if source.as_str().contains(char::is_whitespace) {
        faults.not_valid(&at_source, "invalid_uri", "must be a URI, which has no blanks");
        return None;
    }
    let both = format!("{} {}", source.as_str(), id.as_str());
    if both.chars().count() > 255 {
        let hint = "is too long: it and the source have at most 254 characters together";
        faults.not_valid(&at_id, "too_long", hint);
        return None;
    }
    Some(Text::of(&both))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<String, Vec<String>> {
        let (json, mut faults) = (Json::parse(body).unwrap(), Faults::default());
        let event = CloudEvent::read(&json, &Location::body("event"), &mut faults);
        let code = |fault: &super::super::Fault| format!("{} {}", fault.pointer, fault.code);
        match event.filter(|_| faults.is_empty()) {
            Some(event) => Ok(event.identity.as_str().to_owned()),
            None => Err(faults.iter().map(code).collect()),
        }
    }

    fn with(rest: &str) -> Result<String, Vec<String>> {
        read(&format!(r#"{{"specversion": "1.0", "type": "t", "source": "/s", "id": "1"{rest}}}"#))
    }

    #[test]
    fn an_event_is_told_from_others_by_its_source_and_its_id() {
        assert_eq!(with("").unwrap(), "/s 1");
        assert_eq!(with(r#", "subject": null, "traceparent": "00-1", "data": 3"#).unwrap(), "/s 1");
        let longest = "x".repeat(252);
        let of = |id: &str| {
            read(&format!(r#"{{"specversion": "1.0", "type": "t", "source": "/s", "id": "{id}"}}"#))
        };
        assert_eq!(of(&longest).unwrap().len(), 255);
        assert_eq!(of(&format!("{longest}x")).unwrap_err(), ["/id too_long"]);
        assert_eq!(of("").unwrap_err(), ["/id too_short"]);
    }

    #[test]
    fn what_is_no_event_of_version_1_is_refused() {
        let all = ["/specversion required", "/type required", "/source required", "/id required"];
        assert_eq!(read("{}").unwrap_err(), all);
        assert_eq!(read("[]").unwrap_err(), [" wrong_type"]);
        for (rest, fault) in [
            (r#", "data_base64": "AA==""#, "/data_base64 unknown_field"),
            (r#", "Trace": 1"#, "/Trace unknown_field"),
            (r#", "subject": 1"#, "/subject wrong_type"),
            (r#", "datacontenttype": "text/xml""#, "/datacontenttype unsupported_media_type"),
        ] {
            assert_eq!(with(rest).unwrap_err(), [fault], "{rest}");
        }
        assert_eq!(with(r#", "datacontenttype": "application/x+json; a=b""#).unwrap(), "/s 1");
        let old = r#"{"specversion": "0.3", "type": "t", "source": "a b", "id": "1"}"#;
        let faults = ["/specversion unsupported_version", "/source invalid_uri"];
        assert_eq!(read(old).unwrap_err(), faults);
    }
}
