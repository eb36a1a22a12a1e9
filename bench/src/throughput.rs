//! Requests per second of eight clients that wait for each answer, over four processes, and that not
//! one of them fails.
//!
//! A check that nothing is in anything's way, not a figure of AWS: clients, gateway, functions and the
//! database share this machine's cores, and there are more processes than cores. Recording at the
//! wire is off. All clients send one token, so all processes lease from one rate limit.

use crate::{
    Setup,
    api::{Api, Ask, Client},
    report::{Figure, Report, Table, line, number},
    scenario,
};
use anyhow::Result;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;
/// A create and a read, which everything else is like; and one that charges a card and takes a number,
/// for which the processes compete.
const OPERATIONS: [&str; 3] = ["customers-create", "customers-get", "subscriptions-create"];
const WARM_UP: Duration = Duration::from_millis(500);

/// Measures the operations, one after the other.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let api = Api::start(setup).await?;
    api.stack.wire().record(false);
    let time = Duration::from_secs(setup.seconds.max(1));
    line(&format!("throughput: {CLIENTS} clients, {time:?} each …\n"));
    let title =
        format!("THROUGHPUT: {CLIENTS} clients, 4 processes, {time:?}; not a figure of AWS.");
    let mut table = Table::new(&title, &["operation", "requests/s", "answered", "failed"]);
    let (mut report, mut operations) = (Report::default(), Map::new());
    for bin in OPERATIONS {
        let mut requests = scenario::of(bin)?.on(&api).await?;
        let ask = requests.next().await?;
        run_for(requests.client(), &ask, WARM_UP).await;
        let outcome = run_for(requests.client(), &ask, time).await;
        let rate = Figure::of(number(outcome.answered) / outcome.took.as_secs_f64());
        let cells = vec![
            bin.to_owned(),
            table.cell(bin, "requests/s", &rate, None),
            outcome.answered.to_string(),
            outcome.failed.to_string(),
        ];
        table.row(cells);
        let processes = api.stack.pids(bin).len();
        operations.insert(
            bin.to_owned(),
            json!({
                "requests_per_second": rate.json(),
                "processes": processes,
                "answered": outcome.answered,
                "failed": outcome.failed,
            }),
        );
        if let Some(first) = outcome.first_failure {
            report.failures.push(format!("{bin}: {} failed, first: {first}", outcome.failed));
        }
    }
    api.stack.shutdown().await;
    report.text = table.render();
    report.results.insert("clients".to_owned(), json!(CLIENTS));
    report.results.insert("operations".to_owned(), Value::Object(operations));
    Ok(report)
}

struct Outcome {
    answered: usize,
    failed: usize,
    first_failure: Option<String>,
    took: Duration,
}

/// Sends `ask` again and again with all clients. A create makes a new customer of an equal body.
async fn run_for(client: &Client, ask: &Ask, time: Duration) -> Outcome {
    let (answered, failed) = (Cell::new(0), Cell::new(0));
    let first_failure = Cell::new(None);
    let begin = Instant::now();
    let one_client = async || {
        while begin.elapsed() < time {
            match client.send(ask).await {
                Ok(_) => answered.set(answered.get() + 1),
                Err(error) => {
                    if failed.replace(failed.get() + 1) == 0 {
                        first_failure.set(Some(format!("{error:#}")));
                    }
                }
            }
        }
    };
    join_all((0..CLIENTS).map(|_| one_client())).await;
    Outcome {
        answered: answered.get(),
        failed: failed.get(),
        first_failure: first_failure.take(),
        took: begin.elapsed(),
    }
}
