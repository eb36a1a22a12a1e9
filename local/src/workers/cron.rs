//! EventBridge's cron expressions: `minutes hours day-of-month month day-of-week year`.
//!
//! Of its own because AWS counts weekdays from 1 = Sunday, wants a year, and the libraries are tied
//! to other time crates. `L`, `W` and `#` are refused.
//! Source: AWS, "Schedule types in EventBridge Scheduler", *Cron-based schedules*.

use anyhow::{Result, anyhow, bail};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use std::collections::BTreeSet;

/// How many days ahead a run is looked for: past the next leap day.
const HORIZON_DAYS: usize = 366 * 8;

/// A parsed expression.
#[derive(Debug, Clone)]
pub(super) struct Cron {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
    years: Field,
}

/// The values a field accepts.
type Field = BTreeSet<i16>;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Cron {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let fields: Vec<_> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields.as_slice() else {
            bail!("it has {} fields instead of 6", fields.len());
        };
        if (*days == "?") == (*weekdays == "?") {
            bail!("exactly one of day-of-month and day-of-week must be ?");
        }
        Ok(Self {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: field(weekdays, 1, 7, &WEEKDAYS)?,
            years: field(years, 1970, 2199, &[])?,
        })
    }

    /// The first run after `now`, by the clocks of `zone`.
    pub(super) fn next(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(now).date();
        std::iter::successors(Some(today), |day| day.tomorrow().ok())
            .take(HORIZON_DAYS)
            .filter(|day| self.includes(*day))
            .flat_map(|day| self.times(day))
            // A time that the clocks skip in spring runs when they have moved on.
            .filter_map(|time| zone.to_timestamp(time).ok())
            .find(|time| *time > now)
    }

    fn includes(&self, day: Date) -> bool {
        let weekday = i16::from(day.weekday().to_sunday_one_offset());
        self.years.contains(&day.year())
            && self.months.contains(&i16::from(day.month()))
            && self.days.contains(&i16::from(day.day()))
            && self.weekdays.contains(&weekday)
    }

    fn times(&self, day: Date) -> impl Iterator<Item = DateTime> + '_ {
        self.hours.iter().flat_map(move |hour| {
            self.minutes.iter().filter_map(move |minute| {
                let (hour, minute) = (i8::try_from(*hour).ok()?, i8::try_from(*minute).ok()?);
                Some(day.at(hour, minute, 0, 0))
            })
        })
    }
}

/// The values `text` accepts, between `low` and `high`; `names` stand for numbers from `low` on.
fn field(text: &str, low: i16, high: i16, names: &[&str]) -> Result<Field> {
    let number = |word: &str| -> Result<i16> {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(word));
        let value = match named.and_then(|index| i16::try_from(index).ok()) {
            Some(index) => low.saturating_add(index),
            None => word.parse().map_err(|_| anyhow!("{word:?} in {text:?} is not known"))?,
        };
        match (low..=high).contains(&value) {
            true => Ok(value),
            false => bail!("{word} in {text:?} is not between {low} and {high}"),
        }
    };
    let mut values = Field::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>()?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if range == "*" || range == "?" => (low, high),
            // `5/15` is every 15th from 5 on.
            None => (number(range)?, if step.is_some() { high } else { number(range)? }),
        };
        let step = step.unwrap_or(1);
        if step == 0 {
            bail!("{part} never advances");
        }
        values.extend((first..=last).step_by(step));
    }
    Ok(values)
}
