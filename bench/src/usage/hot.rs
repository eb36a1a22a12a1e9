//! One customer, one meter, and many who send at once: how many events a second are counted, that no
//! request fails, and that afterwards the usage is exact.
//!
//! The engine of the local stack takes what it is given; DynamoDB takes 1,000 write units a second of a
//! partition. So that is held at the wire: what is more in any second is refused as DynamoDB refuses it.

use super::{Event, Ours};
use crate::{
    api::Ask,
    report::{Figure, Table, number, rounded},
};
use anyhow::{Result, bail};
use futures_util::future::join_all;
use local::wire::{Call, Fault, FaultHook};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Events a second of one customer that are to be counted without a failure.
const AIM: f64 = 1_000.0;
/// Write units a second that DynamoDB takes of one partition.
const PARTITION_UNITS: usize = 1_000;

/// How the events come: how many senders, each of which waits for its answers; and how many events a
/// request has.
struct Senders {
    name: &'static str,
    count: usize,
    batch: usize,
}

const SENDERS: [Senders; 2] = [
    Senders { name: "8 senders, 100 a request", count: 8, batch: 100 },
    Senders { name: "64 senders, one a request", count: 64, batch: 1 },
];

/// What was sent.
#[derive(Default)]
struct Sent {
    events: Cell<usize>,
    sum: Cell<i64>,
    failed: Cell<usize>,
    first_failure: RefCell<Option<String>>,
}

/// Refuses what is more than a partition takes in a second, and counts it.
fn partitions_of_dynamodb(refused: Arc<AtomicUsize>) -> FaultHook {
    let begin = Instant::now();
    let used: Mutex<HashMap<String, (u64, usize)>> = Mutex::default();
    Arc::new(move |call: &Call, _| {
        if !call.is_write() {
            return Fault::Pass;
        }
        let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
        let second = begin.elapsed().as_secs();
        let transaction = call.action == "TransactWriteItems";
        let mut reasons = Vec::new();
        for touch in &call.touches {
            let kilobytes = match touch.partition_key.contains("#MX#") {
                true => call.request_bytes.div_ceil(1024),
                false => 1,
            };
            let units = if transaction { 2 * kilobytes } else { kilobytes };
            let (of, so_far) = used.entry(touch.partition_key.clone()).or_insert((second, 0));
            if *of != second {
                (*of, *so_far) = (second, 0);
            }
            *so_far += units;
            reasons.push(if *so_far > PARTITION_UNITS { "ThrottlingError" } else { "None" });
        }
        // Of each event there is a partition of its own: those of seconds ago are not needed.
        used.retain(|_, (of, _)| *of == second);
        if reasons.iter().all(|reason| *reason == "None") {
            return Fault::Pass;
        }
        refused.fetch_add(1, Ordering::Relaxed);
        match transaction {
            true => Fault::transaction_cancelled(&reasons),
            false => Fault::throughput_exceeded(),
        }
    })
}

impl Ours {
    /// One sender, until `time` is over.
    async fn sends(&self, (who, batch): (usize, usize), time: Duration, sent: &Sent) {
        let begin = Instant::now();
        for request in 0.. {
            if begin.elapsed() >= time {
                return;
            }
            let first = (who * 1_000_000 + request) * batch;
            let events: Vec<Event> =
                (first..first + batch).map(|n| Event::new(n, &self.customer)).collect();
            let body: Vec<Value> =
                events.iter().map(|event| event.named(&format!("hot-{batch}"))).collect();
            let body = json!({"events": body});
            let answer =
                self.client.send(&Ask::new(Method::POST, "/api/meter-events", &body)).await;
            match answer {
                Ok(answer) if answer.matches("\"accepted\"").count() == batch => {
                    sent.events.set(sent.events.get() + batch);
                    let sum: i64 = events.iter().map(|event| event.value).sum();
                    sent.sum.set(sent.sum.get() + sum);
                }
                answer => {
                    sent.failed.set(sent.failed.get() + 1);
                    let told = match answer {
                        Ok(answer) => answer,
                        Err(error) => format!("{error:#}"),
                    };
                    sent.first_failure.borrow_mut().get_or_insert(told);
                }
            }
        }
    }
}

/// Sends as fast as it is answered, beside the `before` events that come to so much; what failed, and
/// what was found.
pub(super) async fn run(
    ours: &Ours,
    time: Duration,
    before: (usize, i64),
    failures: &mut Vec<String>,
) -> Result<(Table, Value)> {
    let title = format!(
        "USAGE, ONE CUSTOMER: many senders for {time:?}, as fast as they are answered. A partition takes \
         {PARTITION_UNITS} write units a second, as DynamoDB's does."
    );
    let head = ["senders", "events/s", "failed", "refused at a partition"];
    let (mut table, mut found) = (Table::new(&title, &head), Map::new());
    let (mut events, mut sum) = before;
    for senders in SENDERS {
        let (sent, refused) = (Sent::default(), Arc::new(AtomicUsize::new(0)));
        ours.api.stack.wire().set_fault(Some(partitions_of_dynamodb(Arc::clone(&refused))));
        let begin = Instant::now();
        let all = (0..senders.count).map(|who| ours.sends((who, senders.batch), time, &sent));
        join_all(all).await;
        let rate = number(sent.events.get()) / begin.elapsed().as_secs_f64();
        ours.api.stack.wire().set_fault(None);
        let (failed, refused) = (sent.failed.get(), refused.load(Ordering::Relaxed));
        let mut cell = table.cell(senders.name, "events/s", &Figure::of(rate), None);
        if senders.batch > 1 {
            cell += table.mark(senders.name, "1,000 ÷ its events/s", AIM / rate, 1.0);
        }
        table.row(vec![senders.name.to_owned(), cell, failed.to_string(), refused.to_string()]);
        found.insert(
            senders.name.to_owned(),
            json!({"events_per_second": rounded(rate), "failed": failed, "refused_at_a_partition": refused}),
        );
        if let Some(first) = sent.first_failure.into_inner() {
            failures.push(format!("{}: {failed} failed, first: {first}", senders.name));
        }
        events += sent.events.get();
        sum += sent.sum.get();
    }
    if failures.is_empty() {
        ours.read((events, sum)).await?;
    } else if events == before.0 {
        bail!("nothing was counted");
    }
    Ok((table, Value::Object(found)))
}
