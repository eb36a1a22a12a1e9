//! What invokes a function of itself: schedules, and the table's stream.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Which AWS service runs a schedule; they send different events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleKind {
    /// An EventBridge rule: SAM's `Schedule`.
    Rule,
    /// EventBridge Scheduler: SAM's `ScheduleV2`.
    Scheduler,
}

/// One schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its name in the function's events.
    pub name: String,
    /// Which service runs it.
    pub kind: ScheduleKind,
    /// `rate(1 minute)` or `cron(0 12 * * ? *)`.
    pub expression: String,
    /// The time zone of a cron expression; UTC unless the template says otherwise.
    pub timezone: String,
    /// The payload, when the template fixes one.
    pub input: Option<String>,
}

/// How the table's stream is delivered to a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamSource {
    /// The stream's ARN.
    pub stream: String,
    /// `TRIM_HORIZON` or `LATEST`: where a worker begins that has never run.
    pub starting_position: String,
    /// The most records in one invocation.
    #[serde(default = "default_batch_size")]
    pub batch_size: u32,
    /// Into how many groups the records of a shard are dealt, each with one invocation at a time.
    #[serde(default = "default_parallelization_factor")]
    pub parallelization_factor: u32,
    /// How often a failed batch is repeated; −1 is for ever (until the record is a day old).
    #[serde(default = "for_ever")]
    pub maximum_retry_attempts: i64,
    /// Whether a failed batch is halved before it is repeated.
    #[serde(default)]
    pub bisect_batch_on_function_error: bool,
    /// Holds `ReportBatchItemFailures` when the function answers which records failed.
    #[serde(default)]
    pub function_response_types: Vec<String>,
    /// Which records are delivered at all.
    #[serde(default)]
    pub filter_criteria: Option<Value>,
    #[serde(default = "yes")]
    enabled: bool,
}

impl StreamSource {
    /// Whether the function reports the records that failed.
    pub fn reports_failures(&self) -> bool {
        self.function_response_types.iter().any(|kind| kind == "ReportBatchItemFailures")
    }
}

/// Lambda's own default for a DynamoDB stream.
fn default_batch_size() -> u32 {
    100
}

/// Likewise.
fn default_parallelization_factor() -> u32 {
    1
}

fn for_ever() -> i64 {
    -1
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Properties", default)]
    properties: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScheduleProperties {
    #[serde(alias = "Schedule")]
    schedule_expression: String,
    schedule_expression_timezone: Option<String>,
    input: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    state: Option<String>,
}

/// A function's events, sorted by what delivers them.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) schedules: Vec<Schedule>,
    pub(super) streams: Vec<StreamSource>,
    pub(super) undelivered: Vec<String>,
}

impl Events {
    pub(super) fn parse(events: Map<String, Value>) -> Result<Self> {
        let mut sorted = Self::default();
        for (name, value) in events {
            sorted.add(&name, value).with_context(|| name.clone())?;
        }
        Ok(sorted)
    }

    fn add(&mut self, name: &str, value: Value) -> Result<()> {
        let Event { kind, properties } = serde_json::from_value(value)?;
        match kind.as_str() {
            "HttpApi" => bail!("a route is written below the paths of the API, not in Events"),
            "Schedule" => self.add_schedule(name, ScheduleKind::Rule, properties)?,
            "ScheduleV2" => self.add_schedule(name, ScheduleKind::Scheduler, properties)?,
            "DynamoDB" => {
                let source: StreamSource = serde_json::from_value(properties)?;
                if source.enabled {
                    self.streams.push(source);
                }
            }
            _ => self.undelivered.push(kind),
        }
        Ok(())
    }

    fn add_schedule(&mut self, name: &str, kind: ScheduleKind, properties: Value) -> Result<()> {
        let schedule: ScheduleProperties = serde_json::from_value(properties)?;
        if schedule.enabled && schedule.state.as_deref() != Some("DISABLED") {
            self.schedules.push(Schedule {
                name: name.to_owned(),
                kind,
                expression: schedule.schedule_expression,
                timezone: schedule.schedule_expression_timezone.unwrap_or_else(|| "UTC".to_owned()),
                input: schedule.input,
            });
        }
        Ok(())
    }
}
