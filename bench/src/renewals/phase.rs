//! What some sweeps took.

use super::SWEEPER;
use crate::report::{Figure, number, rounded};
use local::wire::Call;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// What a phase took.
#[derive(Default)]
pub(crate) struct Phase {
    pub(super) took: Duration,
    pub(super) sweeps: usize,
    pub(crate) calls: f64,
    pub(crate) units: f64,
    /// The calls and the units of the test processor's own record, which are not among these.
    pub(super) processor: (f64, f64),
    pub(super) transactions: usize,
    /// Of each action how many calls there were, and how long they were at the database.
    pub(super) actions: BTreeMap<String, (usize, Duration)>,
    /// How long all calls were there, one beside the other…
    pub(super) at_database: Duration,
    /// …and of them those that gave a number, of which there is never more than one.
    pub(super) numbering: Duration,
    /// Of all transactions together.
    pub(super) items: usize,
    pub(super) bytes: usize,
    /// The sweeper's own CPU time; none, if its process changed.
    pub(super) cpu: Option<Duration>,
    pub(super) cancelled: BTreeMap<String, usize>,
}

impl Phase {
    pub(super) fn new() -> Self {
        Self { cpu: Some(Duration::ZERO), ..Self::default() }
    }

    /// Adds a sweep.
    pub(super) fn add(&mut self, took: Duration, cpu: Option<Duration>, calls: &[Call]) {
        self.cpu = self.cpu.zip(cpu).map(|(sum, cpu)| sum + cpu);
        self.took += took;
        self.sweeps += 1;
        for call in calls.iter().filter(|call| call.function == SWEEPER) {
            let (calls, units) = match call.keys().any(|key| key.contains("#TESTPROC#")) {
                true => (&mut self.processor.0, &mut self.processor.1),
                false => (&mut self.calls, &mut self.units),
            };
            *calls += 1.0;
            *units += call.capacity_units();
            self.at_database += call.engine_time;
            let action = self.actions.entry(call.action.clone()).or_default();
            *action = (action.0 + 1, action.1 + call.engine_time);
            if call.action == "TransactWriteItems" {
                self.transactions += 1;
                self.items += call.touches.len();
                self.bytes += call.request_bytes;
                if call.keys().any(|key| key.ends_with("#SEQ")) {
                    self.numbering += call.engine_time;
                }
            }
            for reason in &call.reasons {
                *self.cancelled.entry(reason.clone()).or_default() += 1;
            }
            let throttled = call.error.as_deref().filter(|_| call.reasons.is_empty());
            if let Some(error) = throttled {
                *self.cancelled.entry(error.to_owned()).or_default() += 1;
            }
        }
    }

    /// Both together.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut cancelled = self.cancelled.clone();
        for (reason, count) in &other.cancelled {
            *cancelled.entry(reason.clone()).or_default() += count;
        }
        let mut actions = self.actions.clone();
        for (name, (count, time)) in &other.actions {
            let action = actions.entry(name.clone()).or_default();
            *action = (action.0 + count, action.1 + *time);
        }
        Self {
            actions,
            took: self.took + other.took,
            sweeps: self.sweeps + other.sweeps,
            calls: self.calls + other.calls,
            units: self.units + other.units,
            processor: (self.processor.0 + other.processor.0, self.processor.1 + other.processor.1),
            transactions: self.transactions + other.transactions,
            at_database: self.at_database + other.at_database,
            numbering: self.numbering + other.numbering,
            items: self.items + other.items,
            bytes: self.bytes + other.bytes,
            cpu: self.cpu.zip(other.cpu).map(|(one, other)| one + other),
            cancelled,
        }
    }

    pub(crate) fn per_second(&self, count: usize) -> Figure {
        match self.took.is_zero() {
            true => Figure::missing("it took no time"),
            false => Figure::of(number(count) / self.took.as_secs_f64()),
        }
    }

    /// How many calls were at the database at once, on the average.
    pub(super) fn at_once(&self) -> f64 {
        self.share(self.at_database)
    }

    fn share(&self, part: Duration) -> f64 {
        match self.took.is_zero() {
            true => 0.0,
            false => part.as_secs_f64() / self.took.as_secs_f64(),
        }
    }

    /// The share of the time in which a number was being given, in percent.
    pub(super) fn numbering(&self) -> f64 {
        100.0 * self.share(self.numbering)
    }

    /// CPU time of the sweeper for one of `count`, in ms.
    pub(super) fn cpu_per(&self, count: usize) -> Figure {
        match self.cpu {
            Some(cpu) => Figure::of(cpu.as_secs_f64() * 1e3 / number(count)),
            None => Figure::missing("the sweeper's process was not the same all the time"),
        }
    }

    pub(super) fn json(&self, count: usize) -> Value {
        let actions: Map<String, Value> = self
            .actions
            .iter()
            .map(|(name, (calls, time))| {
                let each = time.as_secs_f64() * 1e3 / number(*calls);
                let calls = rounded(number(*calls) / number(count));
                (name.clone(), json!({"calls": calls, "ms_at_the_database": rounded(each)}))
            })
            .collect();
        json!({
            "actions": actions,
            "seconds": rounded(self.took.as_secs_f64()),
            "sweeps": self.sweeps,
            "per_second": self.per_second(count).json(),
            "round_trips": rounded(self.calls / number(count)),
            "units": rounded(self.units / number(count)),
            "processor": {
                "round_trips": rounded(self.processor.0 / number(count)),
                "units": rounded(self.processor.1 / number(count)),
            },
            "transactions": rounded(number(self.transactions) / number(count)),
            "calls_at_once": rounded(self.at_once()),
            "numbering_percent": rounded(self.numbering()),
            "cpu_ms": self.cpu_per(count).json(),
            "cancelled": self.cancelled,
        })
    }
}
