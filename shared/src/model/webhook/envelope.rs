//! The bytes that are sent: an event's envelope.

use serde::Serialize;
use serde_json::Value;

use crate::{
    base::error::Error,
    model::{
        entity::{Item, Shown},
        event::Event,
    },
};

/// What PaymentKit documents, and beside it the one thing that nobody else says.
#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a Value,
    object: &'static str,
    r#type: &'a Value,
    created: &'a Value,
    livemode: &'a Value,
    data: &'a Value,
    /// Where events before this one were given up: the version of the object that was delivered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_version: Option<u64>,
    /// Only where nothing happened, and somebody tries the endpoint.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

/// An event as it is sent.
pub fn envelope(event: &Event, previous_version: Option<u64>) -> Result<String, Error> {
    written(&Shown::of(event)?.object, previous_version, false)
}

/// The same, of an event as it is shown.
pub(super) fn written(
    event: &Item,
    previous_version: Option<u64>,
    test: bool,
) -> Result<String, Error> {
    let field = |name: &str| event.get(name).unwrap_or(&Value::Null);
    let envelope = Envelope {
        id: field("id"),
        object: "event",
        r#type: field("type"),
        created: field("created"),
        livemode: field("livemode"),
        data: field("data"),
        previous_version,
        test,
    };
    serde_json::to_string(&envelope)
        .map_err(|error| Error::Internal(format!("an event cannot be sent: {error}")))
}
