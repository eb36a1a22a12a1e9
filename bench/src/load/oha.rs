//! `oha`, which sends the requests and measures the answers. `make load` installs it.

use super::kinds::Kind;
use crate::report::{rounded, short};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::Command;

/// Longer than the gateway waits for a function: what takes as long has failed.
const TIME_OUT: &str = "35s";
const MILLISECONDS: f64 = 1e3;

/// The program.
pub(crate) struct Oha(PathBuf);

/// When a client sends its next request.
pub(crate) enum Pace {
    /// Once the last one is answered.
    WaitForEachAnswer,
    /// So that all together send so many a second. A request that has to wait for a free client is as
    /// late as that, and its latency counts from when it was due.
    PerSecond(u32),
}

/// What came of the requests. Latencies are in milliseconds.
pub(crate) struct Outcome {
    pub(crate) answered: usize,
    pub(crate) failed: usize,
    /// How they failed: a status or an error, and how many did so.
    pub(crate) why: String,
    rate: f64,
    latency: [(&'static str, f64); 3],
}

impl Oha {
    /// The program at `path`.
    pub(crate) fn at(path: &Path) -> Result<Self> {
        if !path.is_file() {
            bail!("{} is not there; `make load` installs it", path.display());
        }
        Ok(Self(path.to_owned()))
    }

    /// Sends requests of a kind for some time, and waits for the answer to each.
    pub(crate) async fn run(
        &self,
        kind: &Kind,
        clients: usize,
        pace: &Pace,
        time: Duration,
    ) -> Result<Outcome> {
        let mut command = Command::new(&self.0);
        command
            .args(["--no-tui", "--no-color", "--output-format", "json", "-t", TIME_OUT, "-w"])
            .args(["-z", &format!("{}s", time.as_secs()), "-c", &clients.to_string()])
            .args([
                "-m",
                kind.method.as_str(),
                "-H",
                &format!("Authorization: Bearer {}", kind.token),
            ]);
        if let Pace::PerSecond(rate) = pace {
            command.args(["-q", &rate.to_string(), "--latency-correction"]);
        }
        if let Some(body) = kind.body {
            command.args(["-T", "application/json", "-d", body]);
        }
        command.arg(&kind.url).stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
        let output = command.output().await.context("oha cannot be started")?;
        if !output.status.success() {
            bail!("oha ended with {}", output.status);
        }
        let text = serde_json::from_slice(&output.stdout).context("oha says something else")?;
        Outcome::of(&text).context("oha says something else")
    }
}

impl Outcome {
    /// What is in oha's JSON: its latencies are in seconds, its statuses and errors counted by name.
    fn of(told: &Value) -> Result<Self> {
        let figure = |path: &str| {
            told.pointer(path).and_then(Value::as_f64).with_context(|| format!("no {path}"))
        };
        let counts = |path: &str| {
            let counts = told.pointer(path).and_then(Value::as_object);
            let counts = counts.with_context(|| format!("no {path}"))?.iter();
            let count = |(name, count): (&String, &Value)| {
                let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
                Ok((name.clone(), count.with_context(|| format!("no count of {name}"))?))
            };
            counts.map(count).collect::<Result<Vec<_>>>()
        };
        let statuses = counts("/statusCodeDistribution")?.into_iter();
        let (fine, mut wrong): (Vec<_>, Vec<_>) =
            statuses.partition(|(status, _)| status.starts_with('2'));
        wrong.extend(counts("/errorDistribution")?);
        let sum = |counts: &[(String, usize)]| counts.iter().map(|(_, count)| count).sum();
        let why = wrong.iter().map(|(what, count)| format!("{count} × {what}"));
        let latency = |percentile: &str| {
            let seconds = figure(&format!("/latencyPercentiles/{percentile}"));
            // Nothing was answered, which is what the run fails with.
            seconds.unwrap_or_default() * MILLISECONDS
        };
        Ok(Self {
            answered: sum(&fine),
            failed: sum(&wrong),
            why: why.collect::<Vec<_>>().join(", "),
            rate: figure("/summary/requestsPerSec")?,
            latency: ["p50", "p99", "p99.9"].map(|name| (name, latency(name))),
        })
    }

    /// For a table: the rate, the latencies, how many were answered and how many failed.
    pub(crate) fn cells(&self) -> Vec<String> {
        let latencies = self.latency.iter().map(|(_, value)| short(*value));
        std::iter::once(short(self.rate))
            .chain(latencies)
            .chain([self.answered.to_string(), self.failed.to_string()])
            .collect()
    }

    pub(crate) fn json(&self) -> Value {
        let mut all = Map::new();
        all.insert("requests_per_second".to_owned(), rounded(self.rate));
        for (name, value) in self.latency {
            all.insert(format!("{name}_ms"), rounded(value));
        }
        all.insert("answered".to_owned(), json!(self.answered));
        all.insert("failed".to_owned(), json!(self.failed));
        Value::Object(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(statuses: &Value, errors: &Value) -> Outcome {
        let told = json!({
            "summary": {"requestsPerSec": 813.2},
            "latencyPercentiles": {"p50": 0.001, "p99": 0.02, "p99.9": 0.03},
            "statusCodeDistribution": statuses,
            "errorDistribution": errors,
        });
        Outcome::of(&told).unwrap()
    }

    #[test]
    fn whatever_is_no_success_has_failed() {
        let outcome = told(&json!({"200": 7, "201": 1, "429": 2, "503": 1}), &json!({"reset": 3}));
        assert_eq!((outcome.answered, outcome.failed), (8, 6));
        assert_eq!(outcome.why, "2 × 429, 1 × 503, 3 × reset");
        assert_eq!(outcome.cells(), ["813", "1", "20", "30", "8", "6"]);
        assert_eq!(told(&json!({"200": 7}), &json!({})).failed, 0);
    }

    #[test]
    fn what_is_not_told_is_an_error() {
        assert!(Outcome::of(&json!({"summary": {"requestsPerSec": 1.0}})).is_err());
    }
}
