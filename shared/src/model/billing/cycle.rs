//! Periods: time cut into months, weeks or days from an anchor on.
//!
//! The k-th boundary is computed from the anchor, never from the boundary before, so that the 31st
//! comes back after February. The step is made in the local calendar of a time zone, at the anchor's
//! local time, and only then becomes an instant: no fixed offset is ever kept. A local time that a
//! zone skips is read as if its clocks had not been moved yet, one that occurs twice as its first
//! occurrence (RFC 5545's rule, jiff's `compatible`).

use jiff::{
    Span,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{
    error::Error,
    input::{Integer, choice},
    time::{TimeZoneName, Timestamp},
};

const DAY_IN_SECONDS: i64 = 24 * 3600;

choice! {
    /// What an interval is counted in.
    pub enum IntervalUnit {
        /// Calendar days.
        Day = "day",
        /// Seven calendar days.
        Week = "week",
        /// Calendar months.
        Month = "month",
        /// Calendar years.
        Year = "year",
    }
}

impl IntervalUnit {
    /// How long it is on average, over the 400 years after which the calendar repeats.
    const fn average_seconds(self) -> i64 {
        match self {
            Self::Day => DAY_IN_SECONDS,
            Self::Week => 7 * DAY_IN_SECONDS,
            Self::Month => 146_097 * DAY_IN_SECONDS / 4800,
            Self::Year => 146_097 * DAY_IN_SECONDS / 400,
        }
    }
}

/// How far one boundary is from the next: every 3 months, every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Interval {
    /// What is counted.
    pub unit: IntervalUnit,
    /// How many of them.
    pub count: Integer<1, 1095>,
}

/// The time from `start` to `end`; the instant `end` is in the next period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Period {
    /// The first instant in it.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl Period {
    /// Whether `instant` is in it.
    pub fn contains(self, instant: Timestamp) -> bool {
        (self.start..self.end).contains(&instant)
    }

    /// How long it is, in whole seconds.
    pub fn seconds(self) -> i64 {
        self.end.minus(self.start)
    }
}

/// Why there is no such instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfTime {
    /// It is before the year −9999 or after 9999.
    Range,
    /// The time zone is not in this program's database.
    UnknownZone,
}

impl From<OutOfTime> for Error {
    fn from(fault: OutOfTime) -> Self {
        match fault {
            OutOfTime::Range => {
                let hint = "leads beyond the year 9999";
                Self::rule("billing", "billing_interval_count", "out_of_range", hint)
            }
            OutOfTime::UnknownZone => Self::Internal("a stored time zone is unknown".to_owned()),
        }
    }
}

/// The instant `days` calendar days after `start` in a zone, at the same local time.
pub fn days_after(
    start: Timestamp,
    days: i64,
    zone: &TimeZoneName,
) -> Result<Timestamp, OutOfTime> {
    let interval = Interval { unit: IntervalUnit::Day, count: Integer::clamped(1) };
    Cycle { anchor: start, interval, zone: zone.clone() }.boundary(days)
}

/// All the periods of a subscription: where one begins and how long each is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// Boundary 0, to the millisecond.
    pub anchor: Timestamp,
    /// From one boundary to the next.
    pub interval: Interval,
    /// Where the calendar is.
    pub zone: TimeZoneName,
}

impl Cycle {
    /// The `k`-th boundary: the anchor moved by `k` intervals. Each is later than the one before.
    pub fn boundary(&self, k: i64) -> Result<Timestamp, OutOfTime> {
        self.boundary_in(&self.rules()?, k)
    }

    /// The period that begins at the `k`-th boundary.
    pub fn period(&self, k: i64) -> Result<Period, OutOfTime> {
        let zone = self.rules()?;
        let start = self.boundary_in(&zone, k)?;
        let end = self.boundary_in(&zone, k.checked_add(1).ok_or(OutOfTime::Range)?)?;
        Ok(Period { start, end })
    }

    /// Which period holds `instant`: 0 is the one after the anchor, those before it are negative.
    ///
    /// An average interval is never more than two boundaries off, so the search is short.
    pub fn index_at(&self, instant: Timestamp) -> Result<i64, OutOfTime> {
        let zone = self.rules()?;
        let average = self.interval.unit.average_seconds().saturating_mul(self.count());
        let mut k = instant.minus(self.anchor).div_euclid(average);
        while self.boundary_in(&zone, k)? > instant {
            k -= 1;
        }
        while self.boundary_in(&zone, k + 1)? <= instant {
            k += 1;
        }
        Ok(k)
    }

    /// The period that holds `instant`.
    pub fn period_at(&self, instant: Timestamp) -> Result<Period, OutOfTime> {
        self.period(self.index_at(instant)?)
    }

    fn rules(&self) -> Result<TimeZone, OutOfTime> {
        self.zone.zone().ok_or(OutOfTime::UnknownZone)
    }

    /// The count, at least 1 whatever is stored.
    fn count(&self) -> i64 {
        self.interval.count.get().max(1)
    }

    fn boundary_in(&self, zone: &TimeZone, k: i64) -> Result<Timestamp, OutOfTime> {
        if k == 0 {
            // Not by way of the local time: that may have occurred twice.
            return Ok(self.anchor);
        }
        let steps = k.checked_mul(self.count()).ok_or(OutOfTime::Range)?;
        let span = match self.interval.unit {
            IntervalUnit::Day => Span::new().try_days(steps),
            IntervalUnit::Week => Span::new().try_weeks(steps),
            IntervalUnit::Month => Span::new().try_months(steps),
            IntervalUnit::Year => Span::new().try_years(steps),
        };
        let anchor = self.anchor.local(zone);
        let local = span.and_then(|span| anchor.checked_add(span));
        self.instant(zone, local.map_err(|_| OutOfTime::Range)?)
    }

    /// The instant of a local time.
    ///
    /// A zone that crosses the date line leaves out a whole day (Samoa: 30 December 2011). A boundary
    /// in it would fall on the one of the day after; a cycle of days puts it half way back.
    fn instant(&self, zone: &TimeZone, local: DateTime) -> Result<Timestamp, OutOfTime> {
        let found = zone.to_ambiguous_timestamp(local);
        let skipped = match found.offset() {
            AmbiguousOffset::Gap { before, after } => i64::from(after.seconds() - before.seconds()),
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => 0,
        };
        let instant = found.compatible().map_err(|_| OutOfTime::Range)?;
        let instant = Timestamp::from_millis(instant.as_millisecond()).ok_or(OutOfTime::Range)?;
        let collides = self.interval.unit == IntervalUnit::Day && skipped >= DAY_IN_SECONDS;
        Ok(if collides { instant.plus_seconds(-skipped / 2) } else { instant })
    }
}

#[cfg(test)]
mod tests;
