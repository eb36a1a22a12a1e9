//! Lanes of one endpoint that are read together, and written together where nothing is sent.
//!
//! What of them is still so is found out by the next write, which is on the condition of the version that was
//! read. Where lanes that are written together meet somebody else in one of them, nothing is written, and
//! each is done by itself.

use std::collections::BTreeMap;

use futures_util::future::try_join;

use super::{
    known::Known,
    lane::{Errand, Turned},
};
use crate::{
    base::{
        error::Error,
        id::{DeliveryLaneId, WebhookEndpointId},
        time::Clock,
    },
    model::{entity::Entity, webhook::Lane},
    store::Tx,
    work::Work,
};

/// The events of one object for one endpoint, some at a time.
pub(super) type Lanes = (Work, Vec<Errand>);

/// A lane and its endpoint, as they were read.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    pub(super) lane: Option<Lane>,
    pub(super) known: Known,
}

/// Reads some lanes of one endpoint, and that, at once. Where it fails, each is read by itself.
pub(super) async fn read_ahead(some: Vec<Lanes>) -> Vec<(Lanes, Option<Ahead>)> {
    let id_of = |(_, errands): &Lanes| {
        let first = errands.first()?;
        Some(Lane::id_of(&first.endpoint, &first.object))
    };
    let first = some.iter().find_map(|(work, errands)| Some((work, &errands.first()?.endpoint)));
    let Some((work, endpoint)) = first else { return Vec::new() };
    let read = work.read_lanes(endpoint, some.iter().filter_map(id_of).collect()).await;
    let read = read.ok().flatten();
    let ahead = |one: &Lanes| {
        let (known, lanes) = read.as_ref()?;
        Some(Ahead { lane: lanes.get(&id_of(one)?).cloned(), known: known.clone() })
    };
    let with = |one| {
        let ahead = ahead(&one);
        (one, ahead)
    };
    some.into_iter().map(with).collect()
}

/// Lines up what is left to the schedule, as many lanes at once as fit into a transaction: those that are
/// to be done by themselves.
pub(super) async fn leave_together(
    some: Vec<(Lanes, Option<Ahead>)>,
) -> Vec<(Lanes, Option<Ahead>)> {
    let (mut changes, mut alone) = (Vec::<(Tx, Vec<(Lanes, Option<Ahead>)>)>::new(), Vec::new());
    for one in some {
        let Some(change) = leaving(&one).await else {
            alone.push(one);
            continue;
        };
        let Some((all, of)) = changes.last_mut() else {
            changes.push((change, vec![one]));
            continue;
        };
        match all.together(change) {
            None => of.push(one),
            Some(change) => changes.push((change, vec![one])),
        }
    }
    for (change, of) in changes {
        let Some(((work, _), _)) = of.first() else { continue };
        if work.commit(change).await.is_err() {
            alone.extend(of.into_iter().map(|(one, _)| (one, None)));
        }
    }
    alone
}

/// What lines up the events of a lane; nothing, where that is more than one change, or where more is to be
/// done in it.
async fn leaving(((work, errands), ahead): &(Lanes, Option<Ahead>)) -> Option<Tx> {
    let ([errand], Some(ahead)) = (errands.as_slice(), ahead) else { return None };
    if !ahead.known.is_fresh() || !ahead.known.endpoint.is_enabled() {
        return None;
    }
    let mut turn = Turned::of(work, errand, ahead.lane.clone(), (false, Clock.now()));
    turn.take_in(&ahead.known.endpoint).await.ok()?;
    turn.leave();
    Some(turn.change())
}

impl Work {
    /// An endpoint and some of its lanes, by their ids, as they are now; nothing, where it is gone.
    async fn read_lanes(
        &self,
        endpoint: &WebhookEndpointId,
        lanes: Vec<DeliveryLaneId>,
    ) -> Result<Option<(Known, BTreeMap<DeliveryLaneId, Lane>)>, Error> {
        let keys = lanes.iter().map(|id| self.key_of(id)).collect();
        let lanes = self.store().find_all::<Lane>(self.account(), keys);
        let (lanes, known) = try_join(lanes, self.read_endpoint(endpoint)).await?;
        let lanes = lanes.into_iter().map(|lane| (lane.record().id.clone(), lane)).collect();
        Ok(known.map(|known| (known, lanes)))
    }
}
