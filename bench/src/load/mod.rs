//! Load: `oha` on the stack that `make dev` runs, in its release build.
//!
//! | file | what |
//! |---|---|
//! | `kinds` | what is asked: a read, a list, a create |
//! | `oha` | the load generator, and what it says |
//! | `errors` | what functions log as an error, workers among them |
//! | `memory` | what every process occupies while a steady mix is answered, and whether that grows |
//!
//! First each kind alone, by 1, 8, 32 and 128 clients that wait for each answer. Then all three
//! together, at a rate, for minutes. One request that is not answered with success fails the run, and so
//! does one error in the log of any function.
//!
//! Not a figure of AWS: the generator, the gateway, at most four processes of each function and the
//! database share this machine's cores. What it shows is that nothing fails or grows under load, and
//! what waiting in line does to latency.

mod errors;
mod kinds;
mod memory;
mod oha;

use crate::{
    Setup,
    api::Api,
    report::{Report, Table, line, number},
};
use anyhow::Result;
use errors::Errors;
use kinds::Kind;
use local::Options;
use memory::Memory;
use oha::{Oha, Outcome, Pace};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

const CLIENTS: [usize; 4] = [1, 8, 32, 128];
/// How many connections each part of the mix has; its rate is that of the kind.
const MIX_CLIENTS: usize = 8;

/// Puts load on the stack, and keeps it up.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let oha = Oha::at(&setup.oha)?;
    let folder = tempfile::tempdir()?;
    // As `make dev` starts it, workers and all.
    let errors = Errors::default();
    let options = Options {
        log_sink: Some(errors.sink()),
        data: Some(folder.path().join("data")),
        schedule_override: Some(Duration::from_secs(1)),
        record_wire: false,
        ..Options::default()
    };
    let api = Api::start_with(setup, options).await?;
    let kinds = kinds::all(&api.client().await?, &api.stack.base_url()).await?;
    let mut report = Report::default();
    alone(setup, &oha, &kinds, &mut report).await?;
    together(setup, &oha, &kinds, &api, &mut report).await?;
    api.stack.shutdown().await;
    report.failures.extend(errors.told());
    Ok(report)
}

/// Each kind by itself, by more and more clients.
async fn alone(setup: &Setup, oha: &Oha, kinds: &[Kind], report: &mut Report) -> Result<()> {
    let time = Duration::from_secs(setup.seconds.max(1));
    line(&format!("load: {} kinds by {CLIENTS:?} clients, {time:?} each …\n", kinds.len()));
    let title = format!("LOAD: one kind at a time, {time:?} each; not a figure of AWS.");
    let head = ["", "clients", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "answered", "failed"];
    let mut table = Table::new(&title, &head);
    let mut results = Map::new();
    for kind in kinds {
        let mut of_kind = Map::new();
        for clients in CLIENTS {
            let outcome = oha.run(kind, clients, &Pace::WaitForEachAnswer, time).await?;
            let mut cells = vec![kind.name.to_owned(), clients.to_string()];
            cells.extend(outcome.cells());
            table.row(cells);
            judge(&format!("{} by {clients} clients", kind.name), &outcome, report);
            of_kind.insert(clients.to_string(), outcome.json());
        }
        results.insert(kind.name.to_owned(), Value::Object(of_kind));
    }
    report.text.push_str(&table.render());
    report.results.insert("seconds".to_owned(), json!(setup.seconds));
    report.results.insert("alone".to_owned(), Value::Object(results));
    Ok(())
}

/// All kinds at once, each at its rate, while the memory of every process is looked at.
async fn together(
    setup: &Setup,
    oha: &Oha,
    kinds: &[Kind],
    api: &Api,
    report: &mut Report,
) -> Result<()> {
    let time = Duration::from_secs(60 * setup.minutes);
    line(&format!("load: all of them for {time:?} …\n"));
    let begin = Instant::now();
    let watched = memory::watch(&api.stack, time);
    let parts = kinds.iter().map(|kind| async move {
        let pace = Pace::PerSecond(kind.rate);
        Ok::<_, anyhow::Error>((kind, oha.run(kind, MIX_CLIENTS, &pace, time).await?))
    });
    let (memory, parts) = tokio::join!(watched, futures_util::future::try_join_all(parts));
    let title =
        format!("MIX: all at once for {:.1} minutes.", begin.elapsed().as_secs_f64() / 60.0);
    let head = ["", "aim/s", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "answered", "failed"];
    let mut table = Table::new(&title, &head);
    let mut results = Map::new();
    let memory: Memory = memory?;
    for (kind, outcome) in parts? {
        let mut cells = vec![kind.name.to_owned(), kind.rate.to_string()];
        cells.extend(outcome.cells());
        table.row(cells);
        judge(&format!("{} in the mix", kind.name), &outcome, report);
        results.insert(kind.name.to_owned(), outcome.json());
    }
    report.text.push('\n');
    report.text.push_str(&table.render());
    report.text.push('\n');
    report.text.push_str(&memory.render());
    report.failures.extend(memory.grown());
    results.insert("minutes".to_owned(), json!(setup.minutes));
    results.insert("memory".to_owned(), memory.json());
    report.results.insert("mix".to_owned(), Value::Object(results));
    Ok(())
}

/// Notes what makes the run fail.
fn judge(what: &str, outcome: &Outcome, report: &mut Report) {
    if outcome.answered == 0 {
        report.failures.push(format!("{what}: nothing was answered"));
    }
    if outcome.failed > 0 {
        let share = 100.0 * number(outcome.failed) / number(outcome.answered + outcome.failed);
        let why = &outcome.why;
        report.failures.push(format!("{what}: {} failed ({share:.2} %): {why}", outcome.failed));
    }
}
