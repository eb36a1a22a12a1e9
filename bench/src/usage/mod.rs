//! Usage: how many events a second one client sends in batches of a hundred, beside the same rows in
//! PostgreSQL; what an event costs, and what it costs to read a period of many; and many senders of one
//! customer (`hot`).
//!
//! Ours is measured at the client, with gateway and function in between, and each event is answered when
//! it is counted. PostgreSQL is measured at its own client, once with a statement for a batch and once
//! with one for each event; nothing is summed there before it is asked for, so the read beside ours adds
//! all rows up.

mod hot;
mod postgres;

use crate::{
    Setup,
    api::{Api, Ask, Client},
    cost::Cost,
    report::{Figure, Report, Table, line, number, percentile, rounded},
};
use anyhow::{Context, Result, bail};
use postgres::{How, Postgres};
use reqwest::Method;
use serde_json::{Map, Value, json};
use shared::base::time::{Clock, Timestamp};
use std::time::{Duration, Instant};

const BATCH: usize = 100;
/// How many batches are looked at for what they cost.
const LOOKED_AT: usize = 10;
/// How often a period is read.
const READS: usize = 20;
/// How many times the events a second of PostgreSQL there should be.
const AIM: f64 = 3.0;
const MAX_WRITE_UNITS: f64 = 1.5;
const MAX_ROUND_TRIPS: f64 = 3.0;
const MAX_READ_UNITS: f64 = 20.0;

/// How many hours the events are spread over: usage is read of that time.
const HOURS: usize = 30 * 24;

/// An event of 300 bytes.
struct Event {
    identifier: String,
    /// When it happened; while it is sent, where there is none.
    timestamp: Option<Timestamp>,
    value: i64,
    payload: Value,
}

impl Event {
    fn new(number: usize, customer: &str) -> Self {
        let value = i64::try_from(number % 97).unwrap_or_default();
        let payload = json!({
            "customer_id": customer, "value": value, "region": "eu-central-1",
            "path": "/v1/documents/annual-report/pages",
            "agent": "documents-client/4.12.0 (linux)", "page": "of the report",
        });
        let identifier = format!("req-0123456789abcdef-{number:08}");
        Self { identifier, timestamp: None, value, payload }
    }

    /// The same, when it happened.
    fn at(self, timestamp: Timestamp) -> Self {
        Self { timestamp: Some(timestamp), ..self }
    }

    fn body(&self) -> Value {
        json!({
            "event_name": "calls", "identifier": self.identifier, "timestamp": self.timestamp,
            "payload": self.payload,
        })
    }

    /// When it happened, as text.
    fn happened_at(&self) -> Option<String> {
        self.timestamp.map(|at| at.to_string())
    }

    /// One that happens as it is sent, told from those of another run.
    fn named(&self, run: &str) -> Value {
        let identifier = format!("{run}-{}", self.identifier);
        json!({"event_name": "calls", "identifier": identifier, "payload": self.payload})
    }
}

/// What is sent to, and where.
struct Ours {
    api: Api,
    client: Client,
    meter: String,
    customer: String,
}

impl Ours {
    async fn start(setup: &Setup) -> Result<Self> {
        let api = Api::start(setup).await?;
        let client = api.client().await?;
        let meter = json!({
            "display_name": "Calls", "event_name": "calls", "aggregation_formula": "sum",
        });
        let id = |made: Value| made.get("id").and_then(Value::as_str).map(str::to_owned);
        let made = client.ask(Method::POST, "/api/meters", meter).await?;
        let meter = id(made).context("a meter without an id")?;
        let body = json!({"email": "jane@example.com"});
        let made = client.ask(Method::POST, "/api/customers", body).await?;
        let customer = id(made).context("a customer without an id")?;
        Ok(Self { api, client, meter, customer })
    }

    /// Sends batches, each when the one before is answered: how long that takes.
    async fn fill(&self, batches: &[Vec<Event>]) -> Result<Duration> {
        let ask = |batch: &Vec<Event>| {
            let events: Vec<Value> = batch.iter().map(Event::body).collect();
            Ask::new(Method::POST, "/api/meter-events", &json!({"events": events}))
        };
        let asks: Vec<Ask> = batches.iter().map(ask).collect();
        let begin = Instant::now();
        for ask in &asks {
            let answer = self.client.send(ask).await?;
            if answer.matches("\"accepted\"").count() != BATCH {
                bail!("not all were accepted: {answer}");
            }
        }
        Ok(begin.elapsed())
    }

    /// Sends batches, and looks at what they cost.
    async fn cost(&self, batches: &[Vec<Event>]) -> Result<Cost> {
        self.api.stack.wire().record(true);
        self.api.stack.wire().take();
        self.fill(batches).await?;
        let calls = self.api.stack.wire().take();
        self.api.stack.wire().record(false);
        Ok(Cost::of(calls.iter().filter(|call| call.function == "meter-events-create")))
    }

    /// Reads the usage: how long it takes, with how many calls and units. It is `count` events of `sum`.
    async fn read(&self, (count, sum): (usize, i64)) -> Result<(Duration, f64, f64)> {
        let path = format!("/api/customers/{}/usage?meter_id={}", self.customer, self.meter);
        self.api.stack.wire().take();
        let begin = Instant::now();
        let usage = self.client.ask(Method::GET, &path, Value::Null).await?;
        let took = begin.elapsed();
        let calls = self.api.stack.wire().take();
        let (value, events) = (sum.to_string(), json!(count));
        if usage.get("value") != Some(&json!(value)) || usage.get("events") != Some(&events) {
            bail!("{usage} is not {value} in {count} events");
        }
        let cost = Cost::of(calls.iter().filter(|call| call.function == "customers-usage")).data;
        Ok((took, cost.calls, cost.units))
    }
}

/// So many batches, each of events of one hour; all of them over the hours that a read is of.
fn batches(count: usize, customer: &str) -> Vec<Vec<Event>> {
    let now = Clock.now();
    let batch = |batch: usize| {
        let hours_ago = i64::try_from(HOURS - 1 - batch * HOURS / count).unwrap_or_default();
        let at = now.plus_hours(-hours_ago);
        (0..BATCH).map(|n| Event::new(batch * BATCH + n, customer).at(at)).collect()
    };
    (0..count).map(batch).collect()
}

/// Measures writing, and then reading.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let ours = Ours::start(setup).await?;
    ours.api.stack.wire().record(false);
    let count = (setup.events / BATCH).max(LOOKED_AT + 1);
    let all = batches(count, &ours.customer);
    line(&format!("usage: {} events in batches of {BATCH}, one client …\n", count * BATCH));
    let (looked_at, timed) = all.split_at(LOOKED_AT);
    let cost = ours.cost(looked_at).await?;
    let per_event = cost.data.units / number(LOOKED_AT * BATCH);
    let took = ours.fill(timed).await?;
    let events = number(timed.len() * BATCH);
    let rate = events / took.as_secs_f64();

    let title = format!(
        "USAGE: {} events of 300 bytes in batches of {BATCH}, one client that waits for each answer.\n\
         ours: through gateway and function; postgresql: at its own client, a row an event and a unique \
         index.",
        timed.len() * BATCH
    );
    let mut written = Table::new(&title, &["system", "events/s", "ours ÷ it", "units/event"]);
    let units = Figure::of(per_event);
    let units = written.cell("ours", "units per event", &units, Some(MAX_WRITE_UNITS));
    let cell = written.cell("ours", "events/s", &Figure::of(rate), None);
    written.row(vec!["ours".to_owned(), cell, "-".to_owned(), units]);

    let title = format!(
        "USAGE, READ: 30 days with {} events, spread evenly over their hours.",
        count * BATCH
    );
    let round_trips = format!("r/t ≤{MAX_ROUND_TRIPS}");
    let read_units = format!("read units ≤{MAX_READ_UNITS}");
    let mut read = Table::new(&title, &["system", "p50 ms", &round_trips, &read_units]);
    let sum =
        |batches: &[Vec<Event>]| -> i64 { batches.iter().flatten().map(|event| event.value).sum() };
    let mut results = Map::new();
    results.insert("events".to_owned(), json!(count * BATCH));
    results.insert("ours".to_owned(), looks(&ours, (count * BATCH, sum(&all)), &mut read).await?);
    results.insert("events_per_second".to_owned(), rounded(rate));
    results.insert("units_per_event".to_owned(), rounded(per_event));

    let beside = compare(timed, (rate, sum(timed)), (&mut written, &mut read)).await;
    let beside = beside.unwrap_or_else(|error| {
        let figure = Figure::missing(format!("{error:#}"));
        written.cell("postgresql", "all", &figure, None);
        figure.json()
    });
    results.insert("postgresql".to_owned(), beside);
    let (time, before) = (Duration::from_secs(setup.seconds.max(1)), (count * BATCH, sum(&all)));
    let mut failures = Vec::new();
    let (hot, found) = hot::run(&ours, time, before, &mut failures).await?;
    results.insert("one_customer".to_owned(), found);
    results.insert("missed".to_owned(), json!([written.missed(), read.missed(), hot.missed()]));
    ours.api.stack.shutdown().await;
    let text = format!("{}\n{}\n{}", written.render(), read.render(), hot.render());
    Ok(Report { text, results, failures, ..Report::default() })
}

/// Reads a period again and again.
async fn looks(ours: &Ours, expected: (usize, i64), table: &mut Table) -> Result<Value> {
    ours.api.stack.wire().record(true);
    ours.read(expected).await?; // So that no connection is in the first one.
    let (mut times, mut calls, mut units) = (Vec::new(), 0.0_f64, 0.0_f64);
    for _ in 0..READS {
        let (took, some, more) = ours.read(expected).await?;
        times.push(took.as_secs_f64() * 1e3);
        (calls, units) = (calls.max(some), units.max(more));
    }
    ours.api.stack.wire().record(false);
    let p50 = percentile(&times, 50);
    let cells = vec![
        "ours".to_owned(),
        table.cell("ours", "p50", &p50, None),
        table.cell("ours", "round trips", &Figure::of(calls), Some(MAX_ROUND_TRIPS)),
        table.cell("ours", "read units", &Figure::of(units), Some(MAX_READ_UNITS)),
    ];
    table.row(cells);
    Ok(json!({
        "read_ms": p50.json(), "read_round_trips": rounded(calls), "read_units": rounded(units),
    }))
}

/// The same in PostgreSQL, beside `rate` events a second of ours.
async fn compare(
    batches: &[Vec<Event>],
    (rate, sum): (f64, i64),
    (written, read): (&mut Table, &mut Table),
) -> Result<Value> {
    let postgres = Postgres::start().await?;
    let count = batches.len() * BATCH;
    let mut found = Map::new();
    for (name, how) in [("one statement", How::AtOnce), ("one by one", How::OneByOne)] {
        let took = postgres.fill(how, batches).await?;
        let theirs = number(count) / took.as_secs_f64();
        let name = format!("postgresql, {name}");
        let ratio = rate / theirs;
        // Ours should be so many times theirs: theirs at most that part of ours.
        let mark = written.mark(&name, "its events/s × 3 ÷ ours", AIM / ratio, 1.0);
        let cell = written.cell(&name, "events/s", &Figure::of(theirs), None);
        written.row(vec![name.clone(), cell, format!("{ratio:.2}{mark}"), "-".to_owned()]);
        found.insert(
            name,
            json!({"events_per_second": rounded(theirs), "ours_to_it": rounded(ratio)}),
        );
    }
    let mut times = Vec::new();
    for _ in 0..READS {
        times.push(postgres.add_up((count, sum)).await?.as_secs_f64() * 1e3);
    }
    let p50 = percentile(&times, 50);
    let cell = read.cell("postgresql", "p50", &p50, None);
    read.row(vec!["postgresql, adds rows up".to_owned(), cell, "1".to_owned(), "-".to_owned()]);
    found.insert("read_ms".to_owned(), p50.json());
    found.insert("version".to_owned(), json!(postgres.version));
    Ok(Value::Object(found))
}
