//! `make bench` and `make load`: what a request costs, and what many do, measured on the release binaries
//! that are deployed.
//!
//! | suite | what it measures | file |
//! |---|---|---|
//! | `requests` | per operation: calls to DynamoDB, capacity units, latency, CPU, memory | `requests/` |
//! | `cold-starts` | from exec to the first answer, at full speed and at a 256 MB function's share | `cold_starts.rs` |
//! | `throughput` | requests per second of eight clients, and that none fails | `throughput.rs` |
//! | `load` | reads, lists and creates by 1 to 128 clients, then a mix for minutes: latency, errors, memory | `load/` |
//! | `rate-limit` | what forty processes admit of one token, beside its limit | `rate_limit/` |
//! | `lists` | a page and its total, by the length of the list and the offset, beside two other ways | `lists/` |
//! | `usage` | events a second in batches beside PostgreSQL, and what an event and a period cost | `usage/` |
//! | `webhooks` | from an event's commit to its receiver, what that costs, and a receiver that is down | `webhooks/` |
//! | `renewals` | subscriptions that fall due in one minute: drafted, finalized and paid by the sweeper | `renewals/` |
//! | `charges` | charges a second by a processor that answers after 50 ms, and what one costs | `charges.rs` |
//! | `refusals` | how long it takes to be refused, by what is wrong with the token | `refusals.rs` |
//! | `compared` | today's build beside that of a commit, both run alternately | `compare.rs` |
//! | `sizes` | each binary, and what is uploaded of it | `sizes.rs` |
//!
//! `bench` runs all of them but `load` and `rate-limit`, which are `make load`, and `compared`, which is
//! `make compare` and a part of `make bench`; `bench requests sizes` some. Each prints a table and replaces its own key of `bench/results.json`, with the machine it ran
//! on. A further suite is one module with a `run(&Setup) -> Result<Report>`, and one arm in
//! [`Suite::run`].
//!
//! What it is not: a measurement of AWS. Round trips, units, CPU and sizes hold there as they do here.
//! Latency here is that of the local stack, in which client, gateway, functions and database share
//! one machine; so it is printed next to the database's own, and the ratio is the figure.
#![expect(clippy::float_arithmetic, reason = "measurements are floats, and no money is among them")]

mod api;
mod charges;
mod cold_starts;
mod compare;
mod cost;
mod engine;
mod lists;
mod load;
mod machine;
mod postgres;
mod process;
mod rate_limit;
mod refusals;
mod renewals;
mod report;
mod requests;
mod scenario;
mod sizes;
mod throughput;
mod usage;
mod webhooks;

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
    /// What to run; all but `load` and `rate-limit`, when left out.
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
    /// Seconds per measurement of throughput and of load; a rate limit is held for twice as long.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Minutes of the mix under load.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The limits that are held, in requests per second.
    #[arg(long, value_delimiter = ',', default_value = "50,100,200")]
    limits: Vec<u32>,
    /// The program that makes load.
    #[arg(long, default_value_os_t = root().join(".tools/load/bin/oha"))]
    oha: PathBuf,
    /// How many subscriptions fall due in one minute.
    #[arg(long, default_value_t = 1000)]
    subscriptions: usize,
    /// How often each of two builds that are compared is run.
    #[arg(long, default_value_t = 5)]
    alternations: usize,
    /// How many subscriptions fall due in each run of two builds that are compared.
    #[arg(long, default_value_t = 100)]
    compared: usize,
    /// The commit of the build that is compared with.
    #[arg(long, default_value = "")]
    baseline: String,
    /// Where that is, with its release binaries in `target/release`.
    #[arg(long, default_value_os_t = root().join("target/baseline"))]
    baseline_folder: PathBuf,
    /// How long the lists are that are read.
    #[arg(long, value_delimiter = ',', default_value = "100,10000,1000000")]
    entries: Vec<usize>,
    /// How many events of usage are sent.
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// How many events wait for a receiver that is down.
    #[arg(long, default_value_t = 1000)]
    outage: usize,
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
    /// Many clients, and a mix for minutes.
    Load,
    /// What many processes admit of one token.
    RateLimit,
    /// Pages of short and long lists.
    Lists,
    /// Batches of usage, and reading what they come to.
    Usage,
    /// Events on their way to receivers.
    Webhooks,
    /// A burst of renewals.
    Renewals,
    /// Charges by a processor outside.
    Charges,
    /// Today's build beside another.
    Compared,
    /// Refused tokens.
    Refusals,
    /// Binaries, and what is uploaded of them.
    Sizes,
}

impl Suite {
    const ALL: &[Self] = &[
        Self::Requests,
        Self::ColdStarts,
        Self::Throughput,
        Self::Load,
        Self::RateLimit,
        Self::Lists,
        Self::Usage,
        Self::Webhooks,
        Self::Renewals,
        Self::Charges,
        Self::Compared,
        Self::Refusals,
        Self::Sizes,
    ];

    /// Whether it is run only by name: `load` takes a program that is not built here, `compared` a build.
    const fn is_on_request(self) -> bool {
        matches!(self, Self::Load | Self::RateLimit | Self::Compared)
    }

    /// Its key in the results.
    const fn key(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::ColdStarts => "cold_starts",
            Self::Throughput => "throughput",
            Self::Load => "load",
            Self::RateLimit => "rate_limit",
            Self::Lists => "lists",
            Self::Usage => "usage",
            Self::Webhooks => "webhooks",
            Self::Renewals => "renewals",
            Self::Charges => "charges",
            Self::Compared => "compared",
            Self::Refusals => "refusals",
            Self::Sizes => "sizes",
        }
    }

    /// The key of its entry, where its own key has plain records.
    fn beside(self) -> String {
        format!("{}_setup", self.key())
    }

    async fn run(self, setup: &Setup) -> Result<Report> {
        match self {
            Self::Requests => requests::run(setup).await,
            Self::ColdStarts => cold_starts::run(setup).await,
            Self::Throughput => throughput::run(setup).await,
            Self::Load => load::run(setup).await,
            Self::RateLimit => rate_limit::run(setup).await,
            Self::Lists => lists::run(setup).await,
            Self::Usage => usage::run(setup).await,
            Self::Webhooks => webhooks::run(setup).await,
            Self::Renewals => renewals::run(setup).await,
            Self::Charges => charges::run(setup).await,
            Self::Compared => compare::run(setup).await,
            Self::Refusals => refusals::run(setup).await,
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
    let is_release = setup.binaries()?.ends_with("release");
    if !is_release {
        line(
            "NOTE: these are not release binaries; the figures say nothing about what is deployed.\n",
        );
    }
    let usual = Suite::ALL.iter().copied().filter(|suite| !suite.is_on_request());
    let suites = if setup.suites.is_empty() { usual.collect() } else { setup.suites.clone() };
    let mut failed = Vec::new();
    // Taken once: the load of the second suite would be that of the first.
    let machine = machine::facts(setup.date.as_deref(), is_release);
    for suite in suites {
        match suite.run(setup).await {
            Ok(report) => {
                line(&report.text);
                failed.extend(report.failures.iter().map(|why| format!("{}: {why}", suite.key())));
                keep(&setup.results, suite, machine.clone(), report)?;
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
fn keep(path: &Path, suite: Suite, machine: Value, report: Report) -> Result<()> {
    let mut known: Map<String, Value> = match std::fs::read_to_string(path) {
        Ok(text) => {
            serde_json::from_str(&text).with_context(|| format!("in {}", path.display()))?
        }
        Err(_) => Map::new(),
    };
    put(&mut known, suite, machine, report);
    let mut ordered = Map::new();
    for key in Suite::ALL.iter().flat_map(|suite| [suite.key().to_owned(), suite.beside()]) {
        if let Some(entry) = known.remove(&key) {
            ordered.insert(key, entry);
        }
    }
    let text = serde_json::to_string_pretty(&ordered)?;
    std::fs::write(path, format!("{text}\n"))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Puts what a suite found in its place: an entry, an entry by its size, or plain records with the
/// entry beside them.
fn put(known: &mut Map<String, Value>, suite: Suite, machine: Value, report: Report) {
    let mut entry = Map::new();
    entry.insert("machine".to_owned(), machine);
    entry.extend(report.results);
    let (key, entry) = (suite.key().to_owned(), Value::Object(entry));
    match (report.records, report.size) {
        (Some(records), _) => {
            known.insert(key, Value::Array(records));
            known.insert(suite.beside(), entry);
        }
        (None, Some(size)) => {
            let sizes = known.entry(key).or_insert_with(|| Value::Object(Map::new()));
            if let Some(sizes) = sizes.as_object_mut() {
                sizes.insert(size, entry);
            }
        }
        (None, None) => {
            known.insert(key, entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_takes_the_place_of_its_own_and_of_no_other() {
        let mut known = Map::new();
        let sized = |size: &str| Report { size: Some(size.to_owned()), ..Report::default() };
        put(&mut known, Suite::Renewals, json!(1), sized("1000"));
        put(&mut known, Suite::Renewals, json!(2), sized("10000"));
        put(&mut known, Suite::Renewals, json!(3), sized("1000"));
        let records = Report { records: Some(vec![json!(4)]), ..Report::default() };
        put(&mut known, Suite::Lists, json!(5), records);
        put(&mut known, Suite::Sizes, json!(6), Report::default());
        let expected = json!({
            "renewals": {"1000": {"machine": 3}, "10000": {"machine": 2}},
            "lists": [4],
            "lists_setup": {"machine": 5},
            "sizes": {"machine": 6},
        });
        assert_eq!(Value::Object(known), expected);
    }
}
