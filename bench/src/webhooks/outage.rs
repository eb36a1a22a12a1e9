//! A receiver that is down while many events wait for it: nothing is lost, another one does not notice, and
//! what is sent again takes no more memory for many than for few.
//!
//! Products are made through the API, so that the events are in their list, from which a replay reads
//! them. Two receivers want all of them; one answers 503 until all are made, then it comes back and
//! a replay is asked for. The schedule runs every second here, not every minute.
//!
//! `cargo run --release --locked -p bench -- webhooks --outage 100000` takes long; the memory is the
//! figure that must not grow with it.

use super::{PATIENCE, Receiver, WORKER};
use crate::{
    Setup,
    api::{Api, Ask, Client},
    process::{peak_memory, resident_memory},
    report::{Figure, Report, Table, line, number, percentile},
};
use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use local::{Options, audit::audit};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;
/// How often the table is looked at until nothing is found.
const AUDITS: usize = 5;
/// How often a request is repeated that is told to come back later.
const AGAIN: usize = 10;
/// How long one event may take to be sent again.
const EACH: Duration = Duration::from_millis(200);

/// Takes a receiver down and brings it back.
pub(super) async fn run(setup: &Setup) -> Result<Report> {
    let count = setup.outage.max(1);
    line(&format!("webhooks: a receiver is down for {count} events …\n"));
    let schedule_override = Some(Duration::from_secs(1));
    let options = Options { schedule_override, max_processes: 8, ..Options::default() };
    let api = Api::start_with(setup, options).await?;
    api.stack.wire().record(false);
    let client = api.client().await?;
    let (up, down) = (Receiver::start(false).await?, Receiver::start(true).await?);
    endpoint(&client, &up).await?;
    let endpoint = endpoint(&client, &down).await?;
    make(&client, CLIENTS).await?;
    up.until(CLIENTS, PATIENCE).await?;
    let early = memory(&api, resident_memory);

    let (begin, made) = (Instant::now(), make(&client, count).await?);
    let making = begin.elapsed();
    up.until(CLIENTS + count, PATIENCE + EACH * u32::try_from(count)?).await?;
    let received = up.received().into_values().map(|one| (one.object, one.at));
    let received: HashMap<String, Instant> = received.collect();
    let late = |(product, made): (&String, &Instant)| {
        // Some are received before the answer to their change is.
        let took = received.get(product)?.saturating_duration_since(*made);
        Some(took.as_secs_f64() * 1e3)
    };
    let late: Vec<f64> = made.iter().filter_map(late).collect();
    let attempts = down.requests();

    down.comes_back();
    let (begin, before) = (Instant::now(), down.requests());
    let path = format!("/api/webhook-endpoints/{endpoint}/replay");
    let body = json!({"since": "2020-01-01T00:00:00Z", "only": "failed"});
    client.ask(Method::POST, &path, body).await?;
    down.until(CLIENTS + count, PATIENCE + EACH * u32::try_from(count)?).await?;
    let (again, most) = (begin.elapsed(), memory(&api, peak_memory));
    let sent = down.requests() - before;
    let found = found(&api).await?;
    api.stack.shutdown().await;

    let title = format!(
        "OUTAGE: {count} events wait for a receiver that answers 503; another one has them meanwhile. Then \
         it comes back\nand they are replayed. Memory is that of a process of the worker."
    );
    let head = ["", "figure"];
    let mut table = Table::new(&title, &head);
    let mut results = Map::new();
    let per_second = |took: Duration| Figure::of(number(count) / took.as_secs_f64());
    let figures = [
        ("made a second", "made_per_second", per_second(making)),
        ("the other's p50 ms", "other_p50_ms", percentile(&late, 50)),
        ("the other's p99 ms", "other_p99_ms", percentile(&late, 99)),
        ("attempts while it was down", "attempts_while_down", Figure::of(number(attempts))),
        ("replayed a second", "replayed_per_second", per_second(again)),
        ("sent in the replay", "sent_in_replay", Figure::of(number(sent))),
        ("MB before", "memory_before_mb", early),
        ("MB at most", "memory_most_mb", most),
    ];
    results.insert("events".to_owned(), json!(count));
    for (name, key, figure) in figures {
        let cell = table.cell("outage", name, &figure, None);
        table.row(vec![name.to_owned(), cell]);
        results.insert(key.to_owned(), figure.json());
    }
    let results = Map::from_iter([(format!("outage_{count}"), Value::Object(results))]);
    let mut report = Report { text: table.render(), results, ..Report::default() };
    report.failures.extend(found);
    Ok(report)
}

/// What the auditor finds once the worker has written down what it sent last: that comes after it is received,
/// and the auditor reads one item after the other.
async fn found(api: &Api) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for _ in 0..AUDITS {
        let audited = audit(api.stack.dynamodb_url(), api.stack.table_name(), |_| {}).await?;
        found = audited.findings();
        if found.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// An endpoint that is told of products: its id.
async fn endpoint(client: &Client, receiver: &Receiver) -> Result<String> {
    let body = json!({"url": receiver.url, "events": ["product.created"]});
    let made = client.ask(Method::POST, "/api/webhook-endpoints", body).await?;
    made.get("id").and_then(Value::as_str).map(str::to_owned).context("an endpoint without an id")
}

/// Makes products: of each when that was answered.
async fn make(client: &Client, count: usize) -> Result<HashMap<String, Instant>> {
    let one = |number: usize| async move {
        let body = json!({"name": format!("Tea {number}")});
        let ask = Ask::new(Method::POST, "/api/products", &body);
        let mut response = client.answer(&ask).await?;
        // On a machine that stalls, the bucket of the limit answers too late.
        for _ in 0..AGAIN {
            if response.status() != StatusCode::TOO_MANY_REQUESTS {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            response = client.answer(&ask).await?;
        }
        let made: Value = response.error_for_status()?.json().await?;
        let id = made.get("id").and_then(Value::as_str).context("a product without an id")?;
        anyhow::Ok((id.to_owned(), Instant::now()))
    };
    stream::iter(0..count).map(one).buffer_unordered(CLIENTS).try_collect().await
}

/// The most that a process of the worker has.
fn memory(api: &Api, of: impl Fn(u32) -> Result<f64>) -> Figure {
    let pids = api.stack.pids(WORKER).into_iter();
    let all: Vec<f64> = pids.filter_map(|pid| of(pid).ok()).collect();
    match all.is_empty() {
        true => Figure::missing("the worker has no process"),
        false => Figure::of(all.into_iter().fold(0.0, f64::max)),
    }
}
