//! Instants, and the one place where the program reads a clock.
//!
//! Every timestamp a client sees is ISO 8601 in UTC with `Z` and exactly three decimals, so that
//! text order is time order. A finer instant is cut to the millisecond when it enters: an id carries
//! its object's `created_at` in milliseconds (see `id`), and the two must agree.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::{civil::DateTime, tz::TimeZone};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::zone::{TimeZoneName, zone_database, zone_named, zone_names};
use crate::base::input::{Faults, Input, Json, Location};

mod zone;

/// An instant with millisecond precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The instant that others are counted from: 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// The instant `milliseconds` after 1970-01-01T00:00:00Z, or `None` outside jiff's range.
    pub fn from_millis(milliseconds: i64) -> Option<Self> {
        jiff::Timestamp::from_millisecond(milliseconds).ok().map(Self)
    }

    /// The instant that a header of HTTP names, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub fn of_http_date(text: &str) -> Option<Self> {
        let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
        parsed.ok().map(Self)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z: the unit of DynamoDB's TTL and of an event's `created`.
    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }

    /// This instant moved by `milliseconds`; an end of time stays where it is.
    pub fn plus_millis(self, milliseconds: i64) -> Self {
        let duration = jiff::SignedDuration::from_millis(milliseconds);
        let end = if milliseconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Self(self.0.checked_add(duration).unwrap_or(end))
    }

    /// This instant moved by `hours`; the far end of time stays where it is.
    pub fn plus_hours(self, hours: i64) -> Self {
        self.plus_seconds(hours.saturating_mul(3600))
    }

    /// This instant moved by `days` of 24 hours, whatever a calendar says; the far end of time stays
    /// where it is.
    pub fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(24 * 3600))
    }

    /// This instant moved by `seconds`; the far end of time stays where it is.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let end = if seconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Self(self.0.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(end))
    }

    /// Whole seconds from `earlier` to this instant, a begun one left out; negative when it is later.
    pub fn minus(self, earlier: Self) -> i64 {
        (self.millis() - earlier.millis()).div_euclid(1000)
    }

    /// What a calendar and a clock in `zone` show at this instant.
    pub fn local(self, zone: &TimeZone) -> DateTime {
        zone.to_datetime(self.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let exact: jiff::Timestamp = text.parse()?;
        jiff::Timestamp::from_millisecond(exact.as_millisecond()).map(Self)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Input for Timestamp {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = value.text(at, faults)?;
        let instant = text.parse().ok().or_else(|| {
            // In a query a plus sign that is not encoded is a blank.
            let (local, offset) = text.rsplit_once(' ').filter(|_| at.is_query())?;
            let sign = if offset.starts_with(['+', '-']) { "" } else { "+" };
            format!("{}{sign}{offset}", local.trim_end()).parse().ok()
        });
        if instant.is_none() {
            let hint = "must be an ISO 8601 instant such as 2026-01-31T09:30:00Z";
            faults.not_valid(at, "invalid_timestamp", hint);
        }
        instant
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

/// An instant of an account's time, and whether that time stands still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    now: Timestamp,
    stopped_at: Option<Timestamp>,
}

impl Moment {
    /// `now`, on a clock that has been standing there since the instant `stopped_at` of real time.
    pub fn stopped(now: Timestamp, stopped_at: Timestamp) -> Self {
        Self { now, stopped_at: Some(stopped_at) }
    }

    /// The account's time.
    pub fn now(self) -> Timestamp {
        self.now
    }

    /// Since when, in real time, the account's time has been standing still.
    pub fn stopped_at(self) -> Option<Timestamp> {
        self.stopped_at
    }
}

impl From<Timestamp> for Moment {
    /// A moment of time that passes.
    fn from(now: Timestamp) -> Self {
        Self { now, stopped_at: None }
    }
}

/// Real time: of requests, tokens, rate limits and idempotency, which no test clock ever moves.
#[derive(Clone, Copy, Debug)]
pub struct Clock;

impl Clock {
    /// Microseconds since 1970-01-01T00:00:00Z.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
    pub fn micros(self) -> i64 {
        jiff::Timestamp::now().as_microsecond()
    }

    /// Now, cut to the millisecond.
    pub fn now(self) -> Timestamp {
        Timestamp::from_millis(self.micros().div_euclid(1000))
            .unwrap_or(Timestamp(jiff::Timestamp::UNIX_EPOCH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc_with_three_decimals() {
        let instant: Timestamp = "2026-01-31T10:30:00.1239+01:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-01-31T09:30:00.123Z");
        assert_eq!(Timestamp::from_millis(0).unwrap().to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_plus_that_became_a_blank_in_a_query_is_understood_there_and_nowhere_else() {
        let read = |text: &str, at: Location<'_>| {
            Timestamp::read(&Json::Param(text.to_owned()), &at, &mut Faults::default())
        };
        let sent = "2026-01-31T10:30:00.123 01:00";
        let instant = read(sent, Location::query()).unwrap();
        assert_eq!(instant.to_string(), "2026-01-31T09:30:00.123Z");
        assert_eq!(read(sent, Location::body("customer")), None);
        let spaced = read("2026-01-31 10:30:00 +01:00", Location::query()).unwrap();
        assert_eq!(spaced.to_string(), "2026-01-31T09:30:00.000Z");
        for text in ["2026-01-31 10:30", "2026-01-31 10:30:00", "2026-01-31T10:30:00 ", " ", "x 1"]
        {
            assert_eq!(read(text, Location::query()), None, "{text}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_no_instant() {
        assert!("2026-01-31T10:30:00".parse::<Timestamp>().is_err());
    }

    #[test]
    fn a_moved_instant_is_as_far_away_as_it_was_moved() {
        let start: Timestamp = "2026-01-31T09:30:00.250Z".parse().unwrap();
        assert_eq!(start.plus_days(28).to_string(), "2026-02-28T09:30:00.250Z");
        assert_eq!(start.plus_hours(-1), start.plus_seconds(-3600));
        assert_eq!(start.plus_seconds(7).minus(start), 7);
        assert_eq!(start.minus(start.plus_seconds(7)), -7);
        let later = Timestamp::from_millis(start.millis() + 1999).unwrap();
        assert_eq!((later.minus(start), start.minus(later)), (1, -2));
    }

    #[test]
    fn the_ends_of_time_stay_where_they_are() {
        let now = Timestamp::from_millis(0).unwrap();
        let (first, last) = (now.plus_days(i64::MIN), now.plus_seconds(i64::MAX));
        assert!(first < now && now < last);
        assert_eq!((first.plus_hours(-1), last.plus_hours(1)), (first, last));
    }
}
