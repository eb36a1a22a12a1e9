//! Hours, and sums of what was counted in them.
//!
//! Usage is counted by the hour of UTC in which it happened: a day's hours are one item of the table, so
//! a month is 31 of them however many events it has.

use std::ops::Range;

use super::Peak;
use crate::base::{money::Decimal, time::Timestamp};

const MS: i64 = 3_600_000;
const HOURS: i64 = 24;

/// A whole hour of UTC, counted from the beginning of 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

impl Hour {
    /// The hour that an instant is in.
    pub fn of(at: Timestamp) -> Self {
        Self(at.millis().div_euclid(MS))
    }

    /// The hour that begins at an instant; none, where none does.
    pub fn beginning(at: Timestamp) -> Option<Self> {
        (at.millis().rem_euclid(MS) == 0).then(|| Self::of(at))
    }

    /// The hour with this number of a day, such as `2026-01-31`.
    pub fn named(day: &str, hour: &str) -> Option<Self> {
        let hour: i64 = hour.parse().ok().filter(|hour| (0..HOURS).contains(hour))?;
        let midnight: Timestamp = format!("{day}T00:00:00Z").parse().ok()?;
        Some(Self(Self::of(midnight).0.saturating_add(hour)))
    }

    /// When it begins.
    pub fn begins(self) -> Timestamp {
        Timestamp::EPOCH.plus_millis(self.0.saturating_mul(MS))
    }

    /// The hour after it.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Its day: `2026-01-31`.
    pub fn day(self) -> String {
        self.begins().to_string().chars().take_while(|c| *c != 'T').collect()
    }

    /// Its month: `2026-01`.
    pub fn month(self) -> String {
        self.day().chars().take(7).collect()
    }

    /// Its day and its number in its month: `3109`.
    pub fn of_month(self) -> String {
        format!("{}{}", self.day().get(8..).unwrap_or_default(), self.of_day())
    }

    /// The hour of a month with this name in it, such as `3109` of `2026-01`.
    pub fn of_a_month(month: &str, name: &str) -> Option<Self> {
        let (day, hour) = name.split_at_checked(2)?;
        Self::named(&format!("{month}-{day}"), hour)
    }

    /// Its day and its number: `2026-01-31T09`.
    pub fn name(self) -> String {
        format!("{}T{}", self.day(), self.of_day())
    }

    /// Its number in its day: `09`.
    pub fn of_day(self) -> String {
        format!("{:02}", self.0.rem_euclid(HOURS))
    }
}

/// Whole hours from one, included, to another, not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: Hour,
    /// The first that is not in it.
    pub to: Hour,
}

impl Span {
    /// Whether an hour is in it.
    pub fn has(self, hour: Hour) -> bool {
        Range { start: self.from, end: self.to }.contains(&hour)
    }

    /// The first and the last month that it touches.
    pub fn months(self) -> (String, String) {
        (self.from.month(), Hour(self.to.0.saturating_sub(1)).month())
    }

    /// The first and the last day that it touches.
    pub fn days(self) -> (String, String) {
        (self.from.day(), Hour(self.to.0.saturating_sub(1)).day())
    }

    /// How many hours it has.
    pub fn hours(self) -> i64 {
        self.to.0.saturating_sub(self.from.0)
    }
}

/// How many events were counted, the sum of their values in units of 10⁻¹², and the one that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub events: i128,
    /// The sum.
    pub scaled: i128,
    /// The one whose value counts, of meters of which one does.
    pub peak: Option<Peak>,
    /// How many different values they have, of meters that count these: of a whole time alone, because these
    /// do not add up.
    pub values: i128,
}

impl Tally {
    /// One event of this value.
    pub fn one(value: Decimal) -> Self {
        Self { events: 1, scaled: value.scaled(), ..Self::default() }
    }

    /// Both together. An `i128` holds more than the table could.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_add(other.events),
            scaled: self.scaled.saturating_add(other.scaled),
            peak: self.peak.max(other.peak),
            values: self.values.max(other.values),
        }
    }

    /// This without the other, which takes no peak away.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_sub(other.events),
            scaled: self.scaled.saturating_sub(other.scaled),
            peak: self.peak,
            values: self.values,
        }
    }

    /// The sum of the values.
    pub fn sum(self) -> Decimal {
        Decimal::from_scaled(self.scaled)
    }

    /// How many different values they have.
    pub fn different(self) -> Decimal {
        Decimal::from_scaled(self.values.saturating_mul(Decimal::SCALE))
    }

    /// How many, as a value.
    pub fn count(self) -> Decimal {
        Decimal::from_scaled(self.events.saturating_mul(Decimal::SCALE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_hour_is_half_open_and_has_a_name() {
        let hour = Hour::of(at("2026-01-31T09:59:59.999Z"));
        assert_eq!((hour.day().as_str(), hour.of_day().as_str()), ("2026-01-31", "09"));
        assert_eq!(Hour::named("2026-01-31", "09"), Some(hour));
        assert_eq!(Hour::beginning(at("2026-01-31T10:00:00Z")), Some(hour.next()));
        assert_eq!(Hour::beginning(at("2026-01-31T10:00:00.001Z")), None);
        assert_eq!(hour.begins(), at("2026-01-31T09:00:00Z"));
        assert_eq!(Hour::named("2026-01-31", "24"), None);
        assert_eq!((hour.month().as_str(), hour.of_month().as_str()), ("2026-01", "3109"));
        assert_eq!(Hour::of_a_month("2026-01", "3109"), Some(hour));
        assert_eq!(Hour::of_a_month("2026-02", "3109"), None);
    }

    #[test]
    fn a_span_ends_before_its_end() {
        let hour = |text| Hour::beginning(at(text)).unwrap();
        let span = Span { from: hour("2026-01-31T00:00:00Z"), to: hour("2026-02-01T00:00:00Z") };
        assert_eq!(span.days(), ("2026-01-31".to_owned(), "2026-01-31".to_owned()));
        assert!(span.has(span.from) && !span.has(span.to) && span.hours() == 24);
    }

    #[test]
    fn sums_are_exact_beyond_what_a_decimal_is_read_up_to() {
        let value: Decimal = "1000000000000000.000000000001".parse().unwrap();
        let sum = (0..100_000).fold(Tally::default(), |sum, _| sum.plus(Tally::one(value)));
        assert_eq!(sum.sum().to_string(), "100000000000000000000.0000001");
        assert_eq!(sum.count().to_string(), "100000");
    }
}
