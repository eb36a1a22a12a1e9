//! From which day to which: days of an account's time zone, both included.

use std::{borrow::Cow, ops::Range};

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::base::{
    input::{Faults, Input, Json, Location},
    time::Timestamp,
};

/// A day of a calendar, written `2026-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

impl Day {
    /// The day that a text names, in this one form.
    pub fn read(text: &str) -> Option<Self> {
        let is_plain = text.len() == "2026-01-31".len();
        text.parse().ok().filter(|_| is_plain).map(Self)
    }
}

impl Input for Day {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let day = Self::read(value.text(at, faults)?);
        if day.is_none() {
            faults.not_valid(at, "invalid_day", "must be a day such as 2026-01-31");
        }
        day
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date"})
    }
}

/// Some days, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
}

impl Period {
    /// The month before the one that `now` is in.
    pub fn month_before(now: Timestamp, zone: &TimeZone) -> Option<Self> {
        let first = now.local(zone).date().first_of_month();
        let to = first.yesterday().ok()?;
        Some(Self { from: to.first_of_month(), to })
    }

    /// From the first instant of its first day to the first one after its last; nothing, where a
    /// calendar ends. Where midnight comes twice, both are in it.
    pub fn instants(&self, zone: &TimeZone) -> Option<Range<Timestamp>> {
        let midnight = |day: Date| zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0));
        let (from, to) = (midnight(self.from), midnight(self.to.checked_add(1.day()).ok()?));
        let [from, to] = [from.earlier().ok()?, to.later().ok()?];
        let exact = |at: jiff::Timestamp| Timestamp::from_millis(at.as_millisecond());
        Some(exact(from)?..exact(to)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::zone_named;

    #[test]
    fn the_month_before_is_one_of_the_account_s_zone() {
        let month = |now: &str, zone: &str| {
            let zone = zone_named(zone).unwrap();
            let period = Period::month_before(now.parse().unwrap(), &zone).unwrap();
            let instants = period.instants(&zone).unwrap();
            format!("{} {} {} {}", period.from, period.to, instants.start, instants.end)
        };
        assert_eq!(
            month("2026-04-01T03:00:00.000Z", "Europe/Berlin"),
            "2026-03-01 2026-03-31 2026-02-28T23:00:00.000Z 2026-03-31T22:00:00.000Z"
        );
        assert_eq!(
            month("2026-04-01T03:00:00.000Z", "America/Los_Angeles"),
            "2026-02-01 2026-02-28 2026-02-01T08:00:00.000Z 2026-03-01T08:00:00.000Z"
        );
        assert_eq!(
            month("2026-01-31T12:00:00.000Z", "UTC"),
            "2025-12-01 2025-12-31 2025-12-01T00:00:00.000Z 2026-01-01T00:00:00.000Z"
        );
        // A zone in which a day begins at one o'clock.
        assert!(month("2018-12-01T12:00:00.000Z", "America/Sao_Paulo").starts_with("2018-11-01"));
    }

    #[test]
    fn a_day_has_one_form() {
        assert_eq!(Day::read("2026-01-31"), Some(Day("2026-01-31".parse().unwrap())));
        for text in ["2026-02-30", "20260131", "2026-01-31T00:00", "+002026-01", ""] {
            assert_eq!(Day::read(text), None, "{text}");
        }
    }
}
