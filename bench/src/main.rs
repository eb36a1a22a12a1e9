//! `make bench`: what a request costs, measured on the release binaries that are deployed.
//!
//! | suite | what it measures | file |
//! |---|---|---|
//! | `requests` | per operation: calls to DynamoDB, capacity units, latency, CPU, memory | `requests/` |
//! | `cold-starts` | from exec to the first answer, at full speed and at a 256 MB function's share | `cold_starts.rs` |
//! | `throughput` | requests per second of eight clients, and that none fails | `throughput.rs` |
//! | `renewals` | subscriptions that fall due in one minute: drafted, finalized and paid by the sweeper | `renewals.rs` |
//! | `sizes` | each binary, and what is uploaded of it | `sizes.rs` |
//!
//! `bench` runs all of them, `bench requests sizes` some. Each prints a table and replaces its own key
//! of `bench/results.json`, with the machine it ran on. A further suite is one module with a
//! `run(&Setup) -> Result<Report>`, and one arm in [`Suite::run`].
//!
//! What it is not: a measurement of AWS. Round trips, units, CPU and sizes hold there as they do here.
//! Latency here is that of the local stack, in which client, gateway, functions and database share
//! one machine; so it is printed next to the database's own, and the ratio is the figure.
#![expect(clippy::float_arithmetic, reason = "measurements are floats, and no money is among them")]

mod api;
mod cold_starts;
mod machine;
mod process;
mod renewals;
mod report;
mod requests;
mod scenario;
mod sizes;
mod throughput;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Parser, ValueEnum};
use report::{Report, line};
use serde_json::{Map, Value};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Measures what a request costs.
#[derive(Parser)]
#[command(name = "bench", disable_version_flag = true)]
pub(crate) struct Setup {
    /// What to run; everything, when left out.
    suites: Vec<Suite>,
    /// The folder of the function binaries; that of this program, when left out.
    #[arg(long)]
    binaries: Option<PathBuf>,
    /// Requests per operation.
    #[arg(long, default_value_t = 300)]
    requests: u32,
    /// Cold starts per case.
    #[arg(long, default_value_t = 12)]
    starts: u32,
    /// Seconds per throughput measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many subscriptions fall due in one minute.
    #[arg(long, default_value_t = 1000)]
    subscriptions: usize,
    /// The program that measures cold starts.
    #[arg(long, default_value_os_t = root().join("bench/coldstart.py"))]
    coldstart: PathBuf,
    /// Where the results are kept.
    #[arg(long, default_value_os_t = root().join("bench/results.json"))]
    results: PathBuf,
    /// The date to note in the results; none, when left out, so that equal results are equal files.
    #[arg(long)]
    date: Option<String>,
}

/// One set of measurements.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Suite {
    /// Round trips, units, latency, CPU and memory of each operation.
    Requests,
    /// From exec to the first answer.
    ColdStarts,
    /// Requests per second of eight clients.
    Throughput,
    /// A burst of renewals.
    Renewals,
    /// Binaries, and what is uploaded of them.
    Sizes,
}

impl Suite {
    const ALL: &[Self] =
        &[Self::Requests, Self::ColdStarts, Self::Throughput, Self::Renewals, Self::Sizes];

    /// Its key in the results.
    const fn key(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::ColdStarts => "cold_starts",
            Self::Throughput => "throughput",
            Self::Renewals => "renewals",
            Self::Sizes => "sizes",
        }
    }

    async fn run(self, setup: &Setup) -> Result<Report> {
        match self {
            Self::Requests => requests::run(setup).await,
            Self::ColdStarts => cold_starts::run(setup).await,
            Self::Throughput => throughput::run(setup).await,
            Self::Renewals => renewals::run(setup).await,
            Self::Sizes => sizes::run(setup),
        }
    }
}

impl Setup {
    /// The folder of the function binaries.
    pub(crate) fn binaries(&self) -> Result<PathBuf> {
        match &self.binaries {
            Some(folder) => Ok(folder.clone()),
            None => {
                let program = std::env::current_exe()?;
                let folder =
                    program.parent().ok_or_else(|| anyhow!("this program has no folder"))?;
                Ok(folder.to_owned())
            }
        }
    }
}

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.parent().unwrap_or(folder).to_owned()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Setup::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs the suites. One that fails does not keep the others from running, but the program fails.
async fn run(setup: &Setup) -> Result<()> {
    if !setup.binaries()?.ends_with("release") {
        line(
            "NOTE: these are not release binaries; the figures say nothing about what is deployed.\n",
        );
    }
    let suites = if setup.suites.is_empty() { Suite::ALL } else { &setup.suites };
    let mut failed = Vec::new();
    // Taken once: the load of the second suite would be that of the first.
    let machine = machine::facts(setup.date.as_deref());
    for suite in suites {
        match suite.run(setup).await {
            Ok(report) => {
                line(&report.text);
                failed.extend(report.failures.iter().map(|why| format!("{}: {why}", suite.key())));
                keep(&setup.results, *suite, machine.clone(), report.results)?;
            }
            Err(error) => failed.push(format!("{}: {error:#}", suite.key())),
        }
    }
    line(&format!("Results: {}", setup.results.display()));
    if !failed.is_empty() {
        bail!("{}", failed.join("\nbench: "));
    }
    Ok(())
}

/// Replaces a suite's key in the file of results; the others stay, in the order of [`Suite::ALL`].
fn keep(path: &Path, suite: Suite, machine: Value, results: Map<String, Value>) -> Result<()> {
    let mut known: Map<String, Value> = match std::fs::read_to_string(path) {
        Ok(text) => {
            serde_json::from_str(&text).with_context(|| format!("in {}", path.display()))?
        }
        Err(_) => Map::new(),
    };
    let mut entry = Map::new();
    entry.insert("machine".to_owned(), machine);
    entry.extend(results);
    known.insert(suite.key().to_owned(), Value::Object(entry));
    let mut ordered = Map::new();
    for suite in Suite::ALL {
        if let Some(entry) = known.remove(suite.key()) {
            ordered.insert(suite.key().to_owned(), entry);
        }
    }
    let text = serde_json::to_string_pretty(&ordered)?;
    std::fs::write(path, format!("{text}\n"))
        .with_context(|| format!("cannot write {}", path.display()))
}
