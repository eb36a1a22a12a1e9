//! Many writers on one list while transactions are refused and answers are lost, and readers that look
//! at it all the while.
//!
//! What must hold of every look, whatever happens meanwhile:
//!
//! - the total is at least the creates that had been answered before the look began, and at most those
//!   that had been sent before it ended;
//! - the page has as many objects as the total says, in order, each once, and says rightly whether
//!   there are more;
//! - whoever had been answered before the look began and belongs between the page's first and last
//!   object is on it.
//!
//! And at the end: no create failed, and the list is exactly what was created.

use crate::{
    Setup,
    api::{Api, Client},
    report::{Report, Table, line, number, rounded, short},
};
use anyhow::{Context, Result, bail};
use futures_util::future::{join, join_all};
use local::wire::{Call, Fault, FaultHook};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

const WRITERS: usize = 32;
const CREATES_EACH: usize = 64;
const READERS: usize = 2;
const PAGE: usize = 20;

/// What was done to the writers.
#[derive(Default)]
struct Injected {
    conflicts: AtomicUsize,
    lost: AtomicUsize,
    /// How often each customer's transaction has been sent.
    seen: Mutex<HashMap<String, u32>>,
}

/// What the writers have come to.
#[derive(Default)]
struct Progress {
    started: Cell<usize>,
    /// In the order of the answers.
    answered: RefCell<Vec<String>>,
    failures: RefCell<Vec<String>>,
    ended: Cell<bool>,
}

/// One look at a page.
struct Seen {
    answered_before: usize,
    started_after: usize,
    offset: usize,
    total: usize,
    has_more: bool,
    ids: Vec<String>,
}

pub(super) async fn run(setup: &Setup) -> Result<Report> {
    let api = Api::start(setup).await?;
    api.stack.wire().record(false);
    let client = api.client().await?;
    let injected = Arc::new(Injected::default());
    line(&format!("lists: {WRITERS} writers, {CREATES_EACH} creates each …\n"));
    api.stack.wire().set_fault(Some(hook(&injected)));
    let progress = Progress::default();
    let begin = Instant::now();
    let writers = async {
        join_all((0..WRITERS).map(|writer| write(&client, &progress, writer))).await;
        progress.ended.set(true);
    };
    let readers = join_all((0..READERS).map(|reader| read(&client, &progress, reader)));
    let ((), looks) = join(writers, readers).await;
    let took = begin.elapsed();
    api.stack.wire().set_fault(None);

    let looks: Vec<Seen> =
        looks.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    let answered = progress.answered.into_inner();
    let mut wrong: Vec<String> = looks.iter().filter_map(|look| look.fault(&answered)).collect();
    wrong.extend(whole(&client, &answered).await?);
    api.stack.shutdown().await;

    let failures = progress.failures.into_inner();
    let rate = number(answered.len()) / took.as_secs_f64();
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    let title =
        format!("WRITERS: {WRITERS} on one list, half of the transactions refused at first.");
    let head =
        ["created", "failed", "per second", "conflicts", "lost answers", "looks", "wrong looks"];
    let mut table = Table::new(&title, &head);
    table.row(vec![
        answered.len().to_string(),
        failures.len().to_string(),
        short(rate),
        count(&injected.conflicts).to_string(),
        count(&injected.lost).to_string(),
        looks.len().to_string(),
        wrong.len().to_string(),
    ]);
    let mut report = Report { text: table.render(), ..Report::default() };
    report.results.insert(
        "writers".to_owned(),
        json!({
            "writers": WRITERS,
            "created": answered.len(),
            "failed": failures.len(),
            "per_second": rounded(rate),
            "conflicts": count(&injected.conflicts),
            "lost_answers": count(&injected.lost),
            "looks": looks.len(),
            "wrong_looks": wrong.len(),
        }),
    );
    for (what, faults) in [("failed creates", failures), ("wrong looks", wrong)] {
        if let Some(first) = faults.first() {
            report.failures.push(format!("{} {what}, first: {first}", faults.len()));
        }
    }
    Ok(report)
}

/// Refuses the first transaction of every second customer, the second one too of every fourth and the
/// third too of every eighth, as if they had met others; loses the answer to what every sixteenth
/// customer wrote at once.
fn hook(injected: &Arc<Injected>) -> FaultHook {
    let injected = Arc::clone(injected);
    Arc::new(move |call: &Call, _| {
        let is_create = call.function == "customers-create" && call.action == "TransactWriteItems";
        let Some(key) = call.keys().find(|key| is_create && key.contains("#cus_")) else {
            return Fault::Pass;
        };
        let mut seen = injected.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let times = seen.entry(key.to_owned()).or_insert(0);
        *times += 1;
        // The end of an id is as good as drawn.
        let luck = key.bytes().fold(0_u32, |sum, byte| sum + u32::from(byte));
        match (*times, luck % 16) {
            (1, 0) => {
                injected.lost.fetch_add(1, Ordering::Relaxed);
                Fault::ResetAfter
            }
            (1, luck) if luck % 2 == 1 => conflict(&injected, call),
            (2, luck) if luck % 4 == 1 => conflict(&injected, call),
            (3, luck) if luck % 8 == 1 => conflict(&injected, call),
            _ => Fault::Pass,
        }
    })
}

fn conflict(injected: &Injected, call: &Call) -> Fault {
    injected.conflicts.fetch_add(1, Ordering::Relaxed);
    Fault::transaction_conflict(call.touches.len())
}

async fn write(client: &Client, progress: &Progress, writer: usize) {
    for number in 0..CREATES_EACH {
        progress.started.set(progress.started.get() + 1);
        let body = json!({"email": format!("w{writer}.{number}@example.com")});
        let answer = client.ask(Method::POST, "/api/customers", body).await;
        let id = answer.and_then(|answer| {
            let id = answer.get("id").and_then(Value::as_str);
            id.map(str::to_owned).context("a customer without id")
        });
        match id {
            Ok(id) => progress.answered.borrow_mut().push(id),
            Err(error) => progress.failures.borrow_mut().push(format!("{error:#}")),
        }
    }
}

/// Looks until the writers have ended: one reader at the first page, the others further down.
async fn read(client: &Client, progress: &Progress, reader: usize) -> Result<Vec<Seen>> {
    let mut looks = Vec::new();
    while !progress.ended.get() {
        let answered_before = progress.answered.borrow().len();
        let offset = answered_before * reader / READERS;
        let (total, has_more, ids) = page(client, offset, PAGE).await?;
        let started_after = progress.started.get();
        looks.push(Seen { answered_before, started_after, offset, total, has_more, ids });
    }
    Ok(looks)
}

async fn page(client: &Client, offset: usize, limit: usize) -> Result<(usize, bool, Vec<String>)> {
    let path = format!("/api/customers?limit={limit}&offset={offset}");
    let page = client.ask(Method::GET, &path, Value::Null).await?;
    let total = page.get("total").and_then(Value::as_u64).context("a page without total")?;
    let has_more = page.get("has_more").and_then(Value::as_bool).context("without has_more")?;
    let items = page.get("items").and_then(Value::as_array).context("without items")?;
    let id = |item: &Value| item.get("id").and_then(Value::as_str).map(str::to_owned);
    Ok((usize::try_from(total)?, has_more, items.iter().filter_map(id).collect()))
}

impl Seen {
    /// What is wrong with it, if anything is.
    fn fault(&self, answered: &[String]) -> Option<String> {
        let Self { answered_before: least, started_after: most, offset, total, .. } = self;
        let length = PAGE.min(total.saturating_sub(*offset));
        let fault = |what: &str| Some(format!("the page of {total} at {offset} {what}"));
        if !(least..=most).contains(&total) {
            return fault(&format!("is not of {least} to {most}"));
        }
        if self.ids.len() != length || self.has_more != (offset + length < *total) {
            return fault(&format!("has {} and has_more {}", self.ids.len(), self.has_more));
        }
        if !self.ids.is_sorted_by(|one, next| one > next) {
            return fault("is not in order");
        }
        let (newest, oldest) = self.ids.first().zip(self.ids.last())?;
        let before = answered.get(..*least).unwrap_or_default();
        let due = |id: &&String| *id >= oldest && (*offset == 0 || *id <= newest);
        let missing = before.iter().filter(due).find(|id| !self.ids.contains(id));
        missing.and_then(|id| fault(&format!("misses {id}")))
    }
}

/// Reads the whole list at rest: exactly what was created, or else what is wrong with it.
async fn whole(client: &Client, answered: &[String]) -> Result<Option<String>> {
    let mut listed = Vec::new();
    loop {
        let (total, has_more, ids) = page(client, listed.len(), 100).await?;
        if ids.is_empty() && has_more {
            bail!("an empty page has more after it");
        }
        listed.extend(ids);
        if !has_more {
            let mut created = answered.to_vec();
            created.sort_unstable_by(|one, other| other.cmp(one));
            let right = total == created.len() && listed == created;
            return Ok((!right).then(|| format!("the list of {total} is not what was created")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A look of a list of `total` that was first all of `a`, `b` and `c` and then had `d` too.
    fn look(total: usize, ids: &[&str]) -> Option<String> {
        let answered = ["a", "c", "b", "d"].map(str::to_owned);
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let has_more = ids.len() < total;
        let seen = Seen { answered_before: 3, started_after: 4, offset: 0, total, has_more, ids };
        seen.fault(&answered)
    }

    #[test]
    fn a_look_with_or_without_what_was_being_written_is_right() {
        assert_eq!(look(3, &["c", "b", "a"]), None);
        assert_eq!(look(4, &["d", "c", "b", "a"]), None);
    }

    #[test]
    fn whatever_else_is_wrong() {
        assert!(look(2, &["c", "b"]).unwrap().contains("is not of 3 to 4"));
        assert!(look(5, &["e", "d", "c", "b", "a"]).unwrap().contains("is not of 3 to 4"));
        assert!(look(4, &["c", "b", "a"]).unwrap().contains("has 3"));
        assert!(look(3, &["b", "c", "a"]).unwrap().contains("is not in order"));
        assert!(look(3, &["c", "c", "a"]).unwrap().contains("is not in order"));
        assert!(look(3, &["d", "b", "a"]).unwrap().contains("misses c"));
    }
}
