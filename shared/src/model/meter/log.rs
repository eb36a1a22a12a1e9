//! The log of usage: what a batch counted in an hour, event by event.
//!
//! Counters know full hours. Where a period begins or ends within one, the log tells apart what was
//! before and after; and it is what lists of events are read from.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::tally::{Hour, Tally};
use crate::{
    base::{error::Error, money::Decimal, time::Timestamp},
    model::entity::Item,
};

const EVENTS: &str = "events";
const VOID: &str = "void";
const INSTEAD: &str = "instead";

/// An event as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When it happened.
    pub at: Timestamp,
    /// How much it counts.
    pub value: Decimal,
    /// What tells it from others of its meter.
    pub identifier: String,
    /// Whether it says that the event counts no longer.
    pub void: bool,
    /// Its value, where different values are counted.
    pub unique_value: Option<String>,
}

/// An event in an entry: when in its hour, its value, its identifier, and its value where different values
/// are counted.
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Amount(i64, Decimal, String),
    Different(i64, Decimal, String, String),
}

impl Logged {
    /// An event that counts.
    pub fn new(at: Timestamp, value: Decimal, identifier: String) -> Self {
        Self { at, value, identifier, void: false, unique_value: None }
    }

    /// The same, with this value of those of which the different ones are counted.
    #[must_use]
    pub fn of(self, unique_value: Option<String>) -> Self {
        Self { unique_value, ..self }
    }

    /// How much more often its value was used by it: less often, where it counts no longer.
    pub fn uses(&self) -> i128 {
        if self.void { -1 } else { 1 }
    }

    /// What it adds to what is counted.
    pub fn tally(&self) -> Tally {
        match self.void {
            true => Tally::default().minus(Tally::one(self.value)),
            false => Tally::one(self.value),
        }
    }

    /// Those that count of what the log of an hour has: what was corrected is there more than once.
    pub fn counted(rows: Vec<Self>) -> Vec<Self> {
        let mut sums: BTreeMap<(Timestamp, i128, String, Option<String>), i128> = BTreeMap::new();
        for row in rows {
            let uses = row.uses();
            let of = (row.at, row.value.scaled(), row.identifier, row.unique_value);
            *sums.entry(of).or_default() += uses;
        }
        let counts = sums.into_iter().filter(|(_, sum)| *sum > 0);
        let event = |((at, value, identifier, unique), _)| {
            Self::new(at, Decimal::from_scaled(value), identifier).of(unique)
        };
        counts.map(event).collect()
    }

    /// An entry of the log that says of an event how it was, and within the same hour how it is.
    pub fn amendment(gone: &Self, now: &Self) -> Result<Item, Error> {
        let mut item = Self::entry([gone])?;
        let mut other = Self::entry([now])?;
        item.extend(other.remove(EVENTS).map(|events| (INSTEAD.to_owned(), events)));
        Ok(item)
    }

    /// An entry of the log: events of one hour, all of them or none void.
    pub fn entry<'a>(events: impl IntoIterator<Item = &'a Self>) -> Result<Item, Error> {
        let (mut rows, mut void) = (Vec::new(), false);
        for event in events {
            let ms = event.at.millis() - Hour::of(event.at).begins().millis();
            rows.push(match &event.unique_value {
                None => json!([ms, event.value, event.identifier]),
                Some(unique) => json!([ms, event.value, event.identifier, unique]),
            });
            void |= event.void;
        }
        // As one text: a list of the table's own costs four bytes more for each of its parts.
        let text =
            serde_json::to_string(&rows).map_err(|error| Error::Internal(error.to_string()))?;
        let mut item = Item::from_iter([(EVENTS.to_owned(), Value::String(text))]);
        item.extend(void.then(|| (VOID.to_owned(), Value::Bool(true))));
        Ok(item)
    }

    /// The events of an entry of this hour.
    pub fn read(hour: Hour, entry: &Item) -> Result<Vec<Self>, Error> {
        let void = entry.get(VOID) == Some(&Value::Bool(true));
        let mut events = Vec::new();
        for (name, void) in [(EVENTS, void), (INSTEAD, false)] {
            let Some(text) = entry.get(name).and_then(Value::as_str) else { continue };
            let rows: Vec<Row> =
                serde_json::from_str(text).map_err(|error| Error::Internal(error.to_string()))?;
            events.extend(rows.into_iter().map(|row| {
                let (ms, value, identifier, unique_value) = match row {
                    Row::Amount(ms, value, identifier) => (ms, value, identifier, None),
                    Row::Different(ms, value, identifier, unique) => {
                        (ms, value, identifier, Some(unique))
                    }
                };
                Self { at: hour.begins().plus_millis(ms), value, identifier, void, unique_value }
            }));
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_back_as_it_was() {
        let event = |at: &str, value: &str, identifier: &str| {
            Logged::new(at.parse().unwrap(), value.parse().unwrap(), identifier.to_owned())
        };
        let events = [
            event("2026-01-31T09:00:00.000Z", "0.000000000001", "a#\"b\""),
            event("2026-01-31T09:59:59.999Z", "1000000000000000", "ü"),
        ];
        let hour = Hour::of(events[0].at);
        let entry = Logged::entry(&events).unwrap();
        assert_eq!(Logged::read(hour, &entry).unwrap(), events);
        let text = r#"[[0,"0.000000000001","a#\"b\""],[3599999,"1000000000000000","ü"]]"#;
        assert_eq!(entry.get("events").unwrap(), text);
        let gone = Logged { void: true, ..events[0].clone() };
        let all = events.iter().cloned().chain([gone]).collect();
        assert_eq!(Logged::counted(all), [events[1].clone()]);
        let void = events.clone().map(|event| Logged { void: true, ..event });
        assert_eq!(Logged::read(hour, &Logged::entry(&void).unwrap()).unwrap(), void);
        assert_eq!(void[0].tally(), Tally { events: -1, scaled: -1, ..Tally::default() });
        let users = [events[0].clone().of(Some("a \"b\"".to_owned())), events[1].clone()];
        assert_eq!(Logged::read(hour, &Logged::entry(&users).unwrap()).unwrap(), users);
        let amended = Logged::amendment(&void[0], &events[1]).unwrap();
        assert_eq!(Logged::read(hour, &amended).unwrap(), [void[0].clone(), events[1].clone()]);
    }
}
