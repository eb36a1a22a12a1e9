//! Schedules: `rate(…)` and `cron(…)`, invoked with the event of EventBridge.
//!
//! An invocation is asynchronous, so a failed one is repeated as often as the function's
//! `EventInvokeConfig` says; at once, where Lambda waits for a minute and then for two. One that takes
//! longer than the interval delays the next, where AWS would run both at once.
//! Source: AWS, "Schedule types in EventBridge Scheduler", "Scheduled events".

use super::cron::Cron;
use crate::{
    clock::now,
    pool::{Outcome, Pool},
    template::{ACCOUNT, REGION, Schedule, ScheduleKind},
};
use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;
use shared::base::time::zone_named;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// When a schedule runs.
pub(super) enum Timetable {
    Every(Duration),
    Cron(Cron, TimeZone),
}

impl Timetable {
    /// The timetable of `schedule`, or `every` in its place; the expression is checked either way.
    pub(super) fn new(schedule: &Schedule, every: Option<Duration>) -> Result<Self> {
        let own = Self::parse(&schedule.expression, &schedule.timezone)
            .with_context(|| format!("the expression {}", schedule.expression))?;
        Ok(every.map_or(own, Self::Every))
    }

    fn parse(expression: &str, timezone: &str) -> Result<Self> {
        let (kind, inner) = expression
            .strip_suffix(')')
            .and_then(|text| text.split_once('('))
            .ok_or_else(|| anyhow!("it is neither rate(…) nor cron(…)"))?;
        match kind {
            "rate" => {
                let (count, unit) = inner.split_once(' ').ok_or_else(|| anyhow!("no unit"))?;
                let seconds = match unit.trim_end_matches('s') {
                    "minute" => 60,
                    "hour" => 3_600,
                    "day" => 86_400,
                    unit => bail!("the unit {unit} is unknown"),
                };
                Ok(Self::Every(Duration::from_secs(count.parse::<u64>()?.saturating_mul(seconds))))
            }
            "cron" => {
                let zone = zone_named(timezone)
                    .ok_or_else(|| anyhow!("the time zone {timezone} is unknown"))?;
                Ok(Self::Cron(Cron::parse(inner)?, zone))
            }
            other => bail!("{other}(…) is not supported"),
        }
    }

    /// How long it is from `now` to the next run; nothing when there is none.
    fn wait(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Every(interval) => Some(*interval),
            Self::Cron(cron, zone) => cron.next(now, zone)?.duration_since(now).try_into().ok(),
        }
    }
}

/// Runs the function by its timetable until the task is dropped.
pub(super) async fn run(schedule: Schedule, timetable: Timetable, pool: Arc<Pool>) {
    while let Some(wait) = timetable.wait(now()) {
        tokio::time::sleep(wait).await;
        let payload = event(&schedule, now());
        for _ in 0..=pool.function.repeats {
            if let Outcome::Answer(_) = pool.invoke(payload.clone()).await {
                break;
            }
        }
    }
}

/// The event of one run.
fn event(schedule: &Schedule, time: Timestamp) -> Bytes {
    if let Some(input) = &schedule.input {
        return Bytes::from(input.clone());
    }
    let name = &schedule.name;
    let (source, arn, detail) = match schedule.kind {
        ScheduleKind::Rule => {
            ("aws.events", format!("events:{REGION}:{ACCOUNT}:rule/{name}"), json!({}))
        }
        ScheduleKind::Scheduler => (
            "aws.scheduler",
            format!("scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"),
            json!("{}"),
        ),
    };
    json!({
        "version": "0",
        "id": Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": source,
        "account": ACCOUNT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [format!("arn:aws:{arn}")],
        "detail": detail,
    })
    .to_string()
    .into()
}

#[cfg(test)]
mod tests {
    use super::Timetable;
    use jiff::Timestamp;
    use std::time::Duration;

    fn wait(expression: &str, zone: &str, now: &str) -> Duration {
        let now: Timestamp = now.parse().unwrap();
        Timetable::parse(expression, zone).unwrap().wait(now).unwrap()
    }

    #[test]
    fn the_next_run_is_found() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let friday = "2026-01-02T11:00:00Z";
        assert_eq!(wait("rate(5 minutes)", "UTC", friday), Duration::from_secs(300));
        assert_eq!(wait("rate(1 hour)", "UTC", friday), hours(1));
        assert_eq!(wait("cron(0 12 * * ? *)", "UTC", friday), hours(1));
        assert_eq!(wait("cron(0 12 * * ? *)", "Europe/Berlin", friday), hours(24));
        assert_eq!(wait("cron(0 12 ? * 1 *)", "UTC", friday), hours(49), "1 is Sunday in AWS");
        assert_eq!(wait("cron(0/15 * ? * MON-FRI 2026)", "UTC", friday), Duration::from_secs(900));
        assert_eq!(wait("cron(0 11 29 2 ? *)", "UTC", "2026-02-28T11:00:00Z"), hours(24 * 731));
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "5 minutes",
            "rate(5)",
            "rate(5 weeks)",
            "cron(* * *)",
            "cron(* * * * * *)",
            "cron(60 * * * ? *)",
            "at(2026-01-01)",
        ] {
            assert!(Timetable::parse(text, "UTC").is_err(), "{text}");
        }
    }
}
