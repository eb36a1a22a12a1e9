//! What the due index says: lanes whose time has come, and replays that go on.

use std::cell::RefCell;

use futures_util::{StreamExt, stream};

use super::{
    deliver::{Deliveries, LANES_AT_ONCE, Run},
    lane::Errand,
};
use crate::{
    base::{
        error::Error,
        id::{DeliveryLaneId, WebhookEndpointId},
        telemetry::log_delay,
        time::{Clock, Moment},
    },
    model::webhook::Lane,
    store::{
        Consistency, Due,
        key::{DELIVERY_SHARDS, Key},
    },
};

/// How many entries of the index are read at once.
const PAGE: i32 = 256;

impl Run {
    /// Does what is due, in all partitions of the index beside one another.
    pub(super) async fn what_is_due(&self, report: &RefCell<Deliveries>) -> Result<(), Error> {
        let shards = stream::iter(0..DELIVERY_SHARDS).map(|shard| self.shard(shard, report));
        let done: Vec<Result<(), Error>> =
            shards.buffer_unordered(usize::from(DELIVERY_SHARDS)).collect().await;
        done.into_iter().collect()
    }

    async fn shard(&self, shard: u8, report: &RefCell<Deliveries>) -> Result<(), Error> {
        let (partition, up_to) = (Key::delivery_due_partition(shard), self.worker.started());
        let mut after: Option<Due> = None;
        while Clock.now() < self.until {
            let store = self.worker.store();
            let page = store.due(&partition, up_to, after.as_ref(), PAGE, Consistency::Eventual);
            let (due, more) = page.await?;
            let Some(last) = due.last().cloned() else { break };
            let at_once = LANES_AT_ONCE / usize::from(DELIVERY_SHARDS);
            let run = |one: Due| async {
                if let Err(error) = self.run_due(one, report).await {
                    report.borrow_mut().postponed += 1;
                    log_delay("a delivery is tried again", &error.explained());
                }
            };
            stream::iter(due).map(run).buffer_unordered(at_once).collect::<Vec<()>>().await;
            if !more {
                break;
            }
            after = Some(last);
        }
        Ok(())
    }

    /// Does what became due by being written, unless its endpoint makes others wait: then the schedule does.
    pub(super) async fn run_due_at_once(
        &self,
        due: Due,
        report: &RefCell<Deliveries>,
    ) -> Result<(), Error> {
        let endpoint = due.id.split_once('/').and_then(|(endpoint, _)| endpoint.parse().ok());
        let Some(endpoint) = endpoint else { return self.run_due(due, report).await };
        let known = self.hanging.borrow().get(&endpoint).copied();
        let hangs = match known {
            Some(known) => known,
            None => {
                let health = self.worker.store().health(&due.account, &endpoint).await?;
                let hangs = health.is_some_and(|health| health.hung_at.is_some());
                *self.hanging.borrow_mut().entry(endpoint).or_insert(hangs)
            }
        };
        if hangs { Ok(()) } else { self.run_due(due, report).await }
    }

    /// Does what is due of one lane.
    async fn run_due(&self, due: Due, report: &RefCell<Deliveries>) -> Result<(), Error> {
        let ids = due.id.split_once('/');
        let ids =
            ids.and_then(|(endpoint, lane)| Some((endpoint.parse().ok()?, lane.parse().ok()?)));
        let Some((endpoint, lane)): Option<(WebhookEndpointId, DeliveryLaneId)> = ids else {
            return Err(Error::Internal(format!("nothing is ever due of {}", due.id)));
        };
        if self.is_passed_by(&endpoint) || Clock.now() >= self.until {
            return Ok(());
        }
        report.borrow_mut().lanes += 1;
        let work = self.worker.work(due.account.clone(), Moment::from(Clock.now()));
        let Some(lane) = work.store().find::<Lane>(work.account(), &lane).await? else {
            return Ok(());
        };
        if lane.next_at.is_none_or(|at| at > Clock.now()) {
            return Ok(());
        }
        if lane.replay.is_some() {
            // An entry of the step before it says nothing any more.
            let is_next = lane.next_at == Some(due.at);
            return if is_next { work.step_of_replay(&lane).await } else { Ok(()) };
        }
        let (object, until) = (lane.object_id.clone(), self.until);
        let errand = Errand { endpoint, object, events: Vec::new(), later: false, until };
        self.run(&work, &errand, None, report).await
    }
}
