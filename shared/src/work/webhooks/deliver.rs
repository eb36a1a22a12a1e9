//! The worker that delivers: invoked by the table's stream with what was written, and every minute.
//!
//! The stream is the queue: it hands a batch over until this has ended well, so an event is sent at once,
//! and nothing is written before. What fails or has to wait is in its lane and in the due index, in the
//! same transaction, before the batch is done with. Each minute what is due is tried.
//!
//! An endpoint takes nobody else's time. In a batch each has so many lanes of its own; one that only fails,
//! or takes seconds, is sent nothing more in that run, nor in the next ones while its failing is long or
//! slow: what it is to be told of is lined up, and left to the schedule.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use futures_util::{FutureExt, StreamExt, stream};
use serde::Serialize;

use super::{
    ahead::{Ahead, Lanes, leave_together, read_ahead},
    lane::{AT_ONCE, Done, Errand},
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, WebhookEndpointId},
        telemetry::log_failure,
        time::{Clock, Moment, Timestamp},
    },
    model::{event::Event, webhook::WebhookEndpoint},
    store::{Arrival, Consistency},
    work::{
        Work,
        worker::{Report, Worker},
    },
};

/// How many lanes are run at once.
pub(super) const LANES_AT_ONCE: usize = 32;
/// How many lanes of one endpoint are read at once.
const READ_AT_ONCE: usize = 20;
/// How many lanes of one endpoint are run at least, where a batch is for many.
const LEAST_OF_ONE: usize = 2;
/// An endpoint that has failed for this long, and nothing else, is left to the schedule: the stream waits
/// for nobody twice.
const SLOW_AFTER_MS: i64 = 60_000;
/// How long the stream waits for one endpoint in one run, beyond the attempts that have begun.
const PATIENCE_MS: i64 = 3_000;
/// What is left to the schedule is due so much later.
pub(super) const LATER_MS: i64 = 1_000;
/// How often an endpoint may fail in one run before it is passed by.
const FAILURES: u32 = 5;
/// A run begins nothing in so long before it has to end: an attempt takes ten seconds.
const TO_END_MS: i64 = 15_000;

/// What a run has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deliveries {
    /// Events that came from the stream.
    events: u64,
    /// Entries of the due index that were looked into.
    pub(super) lanes: u64,
    /// Events that were received.
    delivered: u64,
    /// Attempts that failed.
    not_delivered: u64,
    /// What could not be done and is tried again.
    pub(super) postponed: u64,
}

impl Report for Deliveries {
    fn is_idle(&self) -> bool {
        let Self { lanes, delivered, not_delivered, postponed, .. } = *self;
        lanes + delivered + not_delivered + postponed == 0
    }
}

impl Worker {
    /// Delivers: what the stream says, or what is due.
    pub async fn deliver(self) -> Result<Deliveries, Error> {
        let arrivals = Arrival::all(&self.event);
        let until = self.ends_at().plus_millis(-TO_END_MS);
        let run = Run {
            worker: self,
            until,
            failures: RefCell::default(),
            noted: RefCell::default(),
            hanging: RefCell::default(),
        };
        let report = RefCell::new(Deliveries::default());
        match arrivals {
            Some(arrivals) => run.arrived(arrivals, &report).boxed_local().await?,
            None => run.what_is_due(&report).boxed_local().await?,
        }
        Ok(report.into_inner())
    }
}

/// What has come for one endpoint.
struct OfOne {
    lanes: Vec<Lanes>,
    /// Whether the last that is known of it is that it failed.
    is_failing: bool,
}

/// One invocation.
pub(super) struct Run {
    pub(super) worker: Worker,
    pub(super) until: Timestamp,
    /// How often each endpoint has failed since it last received something.
    failures: RefCell<HashMap<WebhookEndpointId, u32>>,
    /// The endpoints whose success is noted.
    noted: RefCell<BTreeSet<WebhookEndpointId>>,
    /// Whether an endpoint has made others wait since it last received something.
    pub(super) hanging: RefCell<HashMap<WebhookEndpointId, bool>>,
}

impl Run {
    /// Takes what the stream hands over. An error hands it over again.
    async fn arrived(
        &self,
        arrivals: Vec<Result<Arrival, Error>>,
        report: &RefCell<Deliveries>,
    ) -> Result<(), Error> {
        let (mut events, mut due) = (BTreeMap::<AccountId, Vec<Event>>::new(), Vec::new());
        for arrival in arrivals {
            match arrival {
                Ok(Arrival::Event(event)) => {
                    report.borrow_mut().events += 1;
                    events.entry(event.account_id().clone()).or_default().push(*event);
                }
                Ok(Arrival::Due(one)) if one.at <= Clock.now() => due.push(one),
                Ok(Arrival::Due(_)) => {}
                // Handed over again, it would be the same.
                Err(error) => {
                    log_failure("the stream said what is not understood", &error.explained())
                }
            }
        }
        let mut endpoints = Vec::new();
        for (account, events) in events {
            endpoints.extend(self.errands(&account, events).await?);
        }
        let each = (LANES_AT_ONCE / endpoints.len().max(1)).max(LEAST_OF_ONE);
        let run = |one: OfOne| self.run_of_one(one, each, report);
        let ran = stream::iter(endpoints).map(run).buffer_unordered(LANES_AT_ONCE);
        let mut failed: Vec<Result<(), Error>> =
            ran.collect::<Vec<_>>().await.into_iter().flatten().collect();
        let ran = stream::iter(due).map(|one| self.run_due_at_once(one, report));
        failed.extend(ran.buffer_unordered(LANES_AT_ONCE).collect::<Vec<_>>().await);
        failed.into_iter().collect()
    }

    /// Runs the lanes of one endpoint, so many at once. One that only fails is asked by few, until it receives
    /// something: then by the rest.
    async fn run_of_one(
        &self,
        OfOne { mut lanes, is_failing }: OfOne,
        at_once: usize,
        report: &RefCell<Deliveries>,
    ) -> Vec<Result<(), Error>> {
        let patience = Clock.now().plus_millis(PATIENCE_MS);
        let endpoint =
            lanes.iter().find_map(|(_, errands)| Some(errands.first()?.endpoint.clone()));
        let Some(endpoint) = endpoint else { return Vec::new() };
        let mut done = Vec::new();
        for _ in 0..FAILURES {
            let is_known = !is_failing || self.noted.borrow().contains(&endpoint);
            if is_known || self.is_passed_by(&endpoint) {
                break;
            }
            let first = lanes.drain(..lanes.len().min(LEAST_OF_ONE)).collect();
            done.extend(self.run_lanes(first, LEAST_OF_ONE, patience, report).await);
        }
        done.extend(self.run_lanes(lanes, at_once, patience, report).await);
        done
    }

    /// Runs lanes of one endpoint, so many at once. Some are read together when there is room for them; and
    /// written together, where all are left to the schedule.
    async fn run_lanes(
        &self,
        lanes: Vec<Lanes>,
        at_once: usize,
        patience: Timestamp,
        report: &RefCell<Deliveries>,
    ) -> Vec<Result<(), Error>> {
        let is_left = |errand: &Errand| {
            errand.later || self.is_passed_by(&errand.endpoint) || Clock.now() >= patience
        };
        let run = |((work, errands), mut ahead): (Lanes, Option<Ahead>)| async move {
            for mut errand in errands {
                errand.later = is_left(&errand);
                self.run(&work, &errand, ahead.take(), report).await?;
            }
            Ok(())
        };
        let mut lanes = lanes.into_iter();
        let together = std::iter::from_fn(|| Some(lanes.by_ref().take(READ_AT_ONCE).collect()));
        let together = together.take_while(|some: &Vec<Lanes>| !some.is_empty());
        let read = |some: Vec<Lanes>| async move {
            let read = read_ahead(some).await;
            let all = read.iter().flat_map(|((_, errands), _)| errands);
            let are_left = all.clone().next().is_some() && all.clone().all(is_left);
            stream::iter(if are_left { leave_together(read).await } else { read })
        };
        let read = stream::iter(together).then(read).flatten();
        read.map(run).buffer_unordered(at_once).collect().await
    }

    /// Who wants which events: of each endpoint, object by object.
    async fn errands(&self, account: &AccountId, events: Vec<Event>) -> Result<Vec<OfOne>, Error> {
        let store = self.worker.store();
        let mut endpoints = store.webhook_endpoints(account).await?;
        endpoints.retain(|endpoint| {
            endpoint.is_enabled() && events.iter().any(|one| endpoint.is_about(one.subject()))
        });
        if endpoints.is_empty() {
            return Ok(Vec::new());
        }
        let endpoints = store.with_health(account, endpoints, Consistency::Strong).await?;
        let of_one = |endpoint: &WebhookEndpoint| OfOne {
            lanes: self.lanes_of(account, endpoint, &events),
            is_failing: !is_slow(endpoint)
                && endpoint.health.as_ref().is_some_and(|one| one.failing_since.is_some()),
        };
        Ok(endpoints.iter().map(of_one).collect())
    }

    /// The events for one endpoint, object by object.
    fn lanes_of(
        &self,
        account: &AccountId,
        endpoint: &WebhookEndpoint,
        events: &[Event],
    ) -> Vec<Lanes> {
        let mut by_object: BTreeMap<&str, Vec<(Event, bool)>> = BTreeMap::new();
        for event in events.iter().filter(|event| endpoint.is_about(event.subject())) {
            let one = (event.clone(), endpoint.wants(event.name()));
            by_object.entry(event.object_id()).or_default().push(one);
        }
        let later = is_slow(endpoint);
        let lane = |(object, mut events): (&str, Vec<(Event, bool)>)| {
            events.sort_by_key(|(event, _)| event.turn().place());
            let errand = |events: &[(Event, bool)]| Errand {
                endpoint: endpoint.id().clone(),
                object: object.to_owned(),
                events: events.to_vec(),
                later,
                until: self.until,
            };
            let work = self.worker.work(account.clone(), Moment::from(Clock.now()));
            (work, events.chunks(AT_ONCE).map(errand).collect())
        };
        by_object.into_iter().map(lane).collect()
    }

    /// Runs a lane and counts what came of it.
    pub(super) async fn run(
        &self,
        work: &Work,
        errand: &Errand,
        ahead: Option<Ahead>,
        report: &RefCell<Deliveries>,
    ) -> Result<(), Error> {
        let result = work.run_lane(errand, ahead).await;
        match result {
            Ok(done) => self.count(work, &errand.endpoint, done, report).await,
            Err(error @ (Error::Busy(_) | Error::Stale | Error::Contended)) => Err(error),
            Err(error) => {
                report.borrow_mut().postponed += 1;
                let (endpoint, object) = (&errand.endpoint, &errand.object);
                log_failure(
                    &format!("{endpoint} could not be told of {object}"),
                    &error.explained(),
                );
                Ok(())
            }
        }
    }

    async fn count(
        &self,
        work: &Work,
        endpoint: &WebhookEndpointId,
        done: Done,
        report: &RefCell<Deliveries>,
    ) -> Result<(), Error> {
        {
            let mut report = report.borrow_mut();
            report.delivered += done.delivered;
            report.not_delivered += done.failed;
        }
        if done.delivered == 0 {
            let failed = u32::try_from(done.failed).unwrap_or(u32::MAX);
            *self.failures.borrow_mut().entry(endpoint.clone()).or_default() += failed;
            return Ok(());
        }
        self.failures.borrow_mut().remove(endpoint);
        if self.noted.borrow_mut().insert(endpoint.clone()) {
            work.store().note_success(work.account(), endpoint, Clock.now()).await?;
        }
        Ok(())
    }

    pub(super) fn is_passed_by(&self, endpoint: &WebhookEndpointId) -> bool {
        self.failures.borrow().get(endpoint).is_some_and(|count| *count >= FAILURES)
    }
}

/// Whether the stream does not wait for an endpoint.
fn is_slow(endpoint: &WebhookEndpoint) -> bool {
    let health = endpoint.health.clone().unwrap_or_default();
    let Some(since) = health.failing_since.map(|since| endpoint.failing_from(since)) else {
        return false;
    };
    // Of one that was enabled since then, nothing is known.
    let hangs = health.hung_at.is_some_and(|hung| hung >= since);
    hangs || since.plus_millis(SLOW_AFTER_MS) < Clock.now()
}

impl Work {
    /// The same work, at the account's own time: where something is written that is the account's.
    pub(super) async fn at_its_time(&self) -> Result<Self, Error> {
        let clock = self.store().clock_of(self.account()).await?;
        Ok(self.at(clock.moment(Clock.now())))
    }
}
