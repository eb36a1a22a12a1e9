//! Webhooks: how long it takes from the commit of an event until it is received, at 1, 100 and 1,000
//! events a second; what a delivered event costs, and one that nobody wants; and what becomes of many that
//! wait for a receiver which is down (`outage.rs`).
//!
//! The events are written into the table as a change writes them, and nothing else is asked of the API,
//! which would share the cores with what is measured: the table's stream hands them to `workers-deliver`
//! all the same. Each is of another object, so none waits for another. A latency begins when an event
//! is sent to the database and ends when the receiver, which is a part of this process, has read its
//! request. An invocation is counted where the worker asks who wants to be told.

mod outage;
mod receiver;

use crate::{
    Setup,
    api::{Api, Client},
    engine::Engine,
    report::{Figure, Report, Table, line, number, percentile, rounded, short},
};
use anyhow::{Context, Error, Result, bail};
use local::{Options, wire::Call};
use receiver::Receiver;
use reqwest::Method;
use serde_json::{Map, Value, json};
use shared::model::packed;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Events a second.
const RATES: [usize; 3] = [1, 100, 1000];
/// No percentile is of fewer.
const FEWEST: usize = 20;
/// How long the last event may be late.
const PATIENCE: Duration = Duration::from_secs(120);
/// After so long without a call, a worker to which nothing is handed over any more is done.
const QUIET: Duration = Duration::from_secs(2);
const WORKER: &str = "workers-deliver";

/// What an event is delivered from.
struct Sender {
    api: Api,
    client: Client,
    engine: Arc<Engine>,
    /// An event as the API has written it.
    like: Value,
    /// How many were written.
    written: usize,
}

/// What some events took.
struct Phase {
    events: usize,
    writing: Duration,
    latencies: Vec<f64>,
    invocations: usize,
    calls: usize,
    units: f64,
}

/// Measures deliveries, and then an outage.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let mut sender = Sender::start(setup).await?;
    let unwanted = FEWEST.max(100 * usize::try_from(setup.seconds.min(10))?);
    line(&format!("webhooks: {unwanted} events without an endpoint, then {RATES:?} a second …\n"));
    let nobody = sender.without_endpoint(unwanted).await?;
    let receiver = Receiver::start(false).await?;
    sender.endpoint(&receiver, &["product.created"]).await?;
    // The first pays for processes and connections.
    sender.deliver(&receiver, (FEWEST, 100)).await?;
    let title = "WEBHOOKS: from an event's commit to its receiver, on one machine; its client, the \
                 database, the worker and the receiver\nshare the cores. Per event: invocations of the \
                 worker, its round trips to DynamoDB, capacity units. Not a figure of AWS.";
    let head = [
        "wanted/s",
        "events",
        "written/s",
        "p50 ms",
        "p99 ms",
        "invocations",
        "round trips",
        "units",
    ];
    let mut table = Table::new(title, &head);
    let mut results = Map::new();
    for rate in RATES {
        let count = FEWEST.max(rate * usize::try_from(setup.seconds.max(1))?);
        let phase = sender.deliver(&receiver, (count, rate)).await?;
        let cells = phase.cells(&mut table, &rate.to_string());
        table.row(cells);
        results.insert(format!("{rate}_per_second"), phase.json());
    }
    let cells = nobody.cells(&mut table, "no endpoint");
    table.row(cells);
    results.insert("without_endpoint".to_owned(), nobody.json());
    sender.api.stack.shutdown().await;

    let mut report = Report { text: table.render(), results, ..Report::default() };
    let outage = outage::run(setup).await?;
    report.text.push_str(&format!("\n{}", outage.text));
    report.results.extend(outage.results);
    report.failures.extend(outage.failures);
    Ok(report)
}

impl Sender {
    async fn start(setup: &Setup) -> Result<Self> {
        let options = Options { max_processes: 8, ..Options::default() };
        let api = Api::start_with(setup, options).await?;
        let client = api.client().await?;
        client.ask(Method::POST, "/api/products", json!({"name": "Tea"})).await?;
        let events = client.ask(Method::GET, "/api/events?limit=1", Value::Null).await?;
        let text = |pointer: &str| events.pointer(pointer).and_then(Value::as_str);
        let (id, account) = (text("/items/0/id"), text("/items/0/account_id"));
        let (id, account) = id.zip(account).context("no event was written")?;
        let engine = Arc::new(Engine::of(&api));
        let key = json!({"PK": {"S": format!("{account}#{id}")}, "SK": {"S": "object"}});
        let get = json!({"TableName": engine.table, "Key": key, "ConsistentRead": true});
        let like = engine.call("GetItem", &get).await?;
        let like = like.get("Item").cloned().context("the event is not in the table")?;
        Ok(Self { api, client, engine, like, written: 0 })
    }

    async fn endpoint(&self, receiver: &Receiver, events: &[&str]) -> Result<()> {
        let body = json!({"url": receiver.url, "events": events});
        self.client.ask(Method::POST, "/api/webhook-endpoints", body).await.map(drop)
    }

    /// The same event of another object, and its id.
    fn next(&mut self) -> Result<(String, Value)> {
        self.written += 1;
        let number = self.written;
        let (id, object) = (format!("evt_prod_{number:016}"), format!("prod_prod_{number:016}"));
        let mut item = self.like.clone();
        let account = item.pointer("/account_id/S").and_then(Value::as_str);
        let key = format!("{}#{id}", account.context("an event of no account")?);
        let kept = item.pointer("/data/S").cloned().context("an event that is not packed")?;
        let mut data = packed::plain(kept).map_err(Error::msg)?;
        *data.pointer_mut("/object/id").context("an event of nothing")? = json!(object);
        let data = packed::pack(&data).context("an event that is not packed")?;
        for (pointer, text) in [("/PK/S", &key), ("/id/S", &id), ("/data/S", &data)] {
            *item.pointer_mut(pointer).with_context(|| format!("no {pointer}"))? =
                json!(text.as_str());
        }
        Ok((id, json!({"TableName": self.engine.table, "Item": item})))
    }

    /// Writes so many events, so many a second: when each was sent, and how long it took.
    async fn write(
        &mut self,
        (count, rate): (usize, usize),
    ) -> Result<(HashMap<String, Instant>, Duration)> {
        let (begin, mut sent, mut writes) = (Instant::now(), HashMap::new(), JoinSet::new());
        for place in 0..count {
            let (id, put) = self.next()?;
            let at = Duration::from_secs_f64(number(place) / number(rate));
            tokio::time::sleep_until((begin + at).into()).await;
            let engine = Arc::clone(&self.engine);
            sent.insert(id, Instant::now());
            writes.spawn(async move { engine.call("PutItem", &put).await.map(drop) });
        }
        while let Some(written) = writes.join_next().await {
            written??;
        }
        Ok((sent, begin.elapsed()))
    }

    /// Writes events, and waits until they are received.
    async fn deliver(&mut self, receiver: &Receiver, how: (usize, usize)) -> Result<Phase> {
        self.api.stack.wire().take();
        let before = receiver.received().len();
        let (sent, writing) = self.write(how).await?;
        receiver.until(before + sent.len(), PATIENCE).await?;
        let calls = self.quiet().await;
        let received = receiver.received();
        let latency = |(id, sent): (&String, &Instant)| {
            let took = received.get(id)?.at.duration_since(*sent);
            Some(took.as_secs_f64() * 1e3)
        };
        let latencies: Vec<f64> = sent.iter().filter_map(latency).collect();
        if latencies.len() != sent.len() {
            bail!("{} of {} events were received", latencies.len(), sent.len());
        }
        Ok(Phase::of(sent.len(), writing, latencies, &calls))
    }

    /// Writes events that nobody wants.
    async fn without_endpoint(&mut self, count: usize) -> Result<Phase> {
        self.quiet().await;
        let (sent, writing) = self.write((count, 100)).await?;
        let calls = self.quiet().await;
        Ok(Phase::of(sent.len(), writing, Vec::new(), &calls))
    }

    /// The calls of the worker, once it makes no more.
    async fn quiet(&self) -> Vec<Call> {
        let mut calls: Vec<Call> = Vec::new();
        loop {
            tokio::time::sleep(QUIET).await;
            let more = self.api.stack.wire().take().into_iter();
            let before = calls.len();
            calls.extend(more.filter(|call| call.function == WORKER));
            if calls.len() == before {
                return calls;
            }
        }
    }
}

impl Phase {
    fn of(events: usize, writing: Duration, latencies: Vec<f64>, calls: &[Call]) -> Self {
        let asks = |call: &&Call| {
            call.action == "Query" && call.keys().any(|key| key.ends_with("#U#webhook-endpoints"))
        };
        Self {
            events,
            writing,
            latencies,
            invocations: calls.iter().filter(asks).count(),
            calls: calls.len(),
            units: calls.iter().map(Call::capacity_units).sum(),
        }
    }

    fn per_event(&self, sum: f64) -> f64 {
        sum / number(self.events)
    }

    fn percentile(&self, percent: usize) -> Figure {
        match self.latencies.is_empty() {
            true => Figure::missing("nobody receives them"),
            false => percentile(&self.latencies, percent),
        }
    }

    fn rate(&self) -> Figure {
        Figure::of(number(self.events) / self.writing.as_secs_f64())
    }

    fn cells(&self, table: &mut Table, name: &str) -> Vec<String> {
        let late = |table: &mut Table, percent: usize| match self.latencies.is_empty() {
            true => "-".to_owned(),
            false => table.cell(name, &format!("p{percent}"), &self.percentile(percent), None),
        };
        vec![
            name.to_owned(),
            self.events.to_string(),
            table.cell(name, "written/s", &self.rate(), None),
            late(table, 50),
            late(table, 99),
            short(self.per_event(number(self.invocations))),
            short(self.per_event(number(self.calls))),
            short(self.per_event(self.units)),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "events": self.events,
            "written_per_second": self.rate().json(),
            "p50_ms": self.percentile(50).json(),
            "p99_ms": self.percentile(99).json(),
            "invocations": rounded(self.per_event(number(self.invocations))),
            "round_trips": rounded(self.per_event(number(self.calls))),
            "capacity_units": rounded(self.per_event(self.units)),
        })
    }
}
