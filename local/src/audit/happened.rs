//! What an event says that happened.

use serde_json::Value;
use shared::{base::time::Timestamp, model::packed};

use super::{item::text, scan::Item};

/// What an event says.
#[derive(Debug)]
pub(super) struct Happened {
    /// The event's id.
    pub(super) id: String,
    /// What it is called: `invoice.paid`.
    pub(super) name: String,
    /// The version of the object that it shows.
    pub(super) version: u64,
    /// How many events that version has, as far as this one says: one, where it says nothing.
    pub(super) of: usize,
    /// When, in the account's time.
    pub(super) at: Option<Timestamp>,
    /// The object.
    pub(super) object: Item,
}

impl Happened {
    /// Reads a stored event; whose it is, and what happened.
    pub(super) fn read(event: &mut Item) -> Result<(String, Self), String> {
        let id = text(event, "id").to_owned();
        let (name, at) = (text(event, "type").to_owned(), text(event, "created_at").parse().ok());
        let of = event.get("part").and_then(|part| part.get("of")).and_then(Value::as_u64);
        let of = of.and_then(|of| usize::try_from(of).ok()).unwrap_or(1);
        let mut data = packed::plain(event.remove("data").unwrap_or_default())?;
        let Some(Value::Object(object)) = data.get_mut("object").map(Value::take) else {
            return Err("an event that shows no object".to_owned());
        };
        let version = object.get("version").and_then(Value::as_u64).unwrap_or_default();
        let subject = text(&object, "id").to_owned();
        Ok((subject, Self { id, name, version, of, at, object }))
    }

    /// Whether the object is gone with it.
    pub(super) fn is_deletion(&self) -> bool {
        self.name.ends_with(".deleted")
    }

    pub(super) fn state(&self) -> &str {
        text(&self.object, "state")
    }
}
