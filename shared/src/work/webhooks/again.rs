//! An event that is sent once more, because a client asks.
//!
//! What is asked for is written into the lane of the event's object, where it waits in its turn; what
//! delivers finds it due. `replay` does so for all since an instant.

use std::collections::BTreeMap;

use super::lane::put;
use crate::{
    base::{
        error::Error,
        id::{DeliveryId, DeliveryLaneId},
        time::{Clock, Timestamp},
    },
    model::{
        event::Event,
        record::Record,
        webhook::{Delivery, DeliveryState, Lane, NOUN, Resend, Waiting, WebhookEndpoint},
    },
    store::Tx,
    work::{Work, answer::Reply},
};

/// To how many endpoints an event is sent once more by one request, which is one transaction.
const MOST_AT_ONCE: usize = 10;

/// What of an endpoint's was read before it is needed.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) lanes: BTreeMap<DeliveryLaneId, Lane>,
    pub(super) rows: BTreeMap<DeliveryId, Delivery>,
}

/// Which deliveries are settled, so that their events are not sent once more.
#[derive(Clone, Copy, Debug)]
pub(super) enum Settled {
    /// None.
    Never,
    /// Those that were received.
    Received,
    /// Those that were received since then.
    ReceivedSince(Timestamp),
}

impl Settled {
    /// Whether this one is.
    pub(super) fn is(self, row: &Delivery) -> bool {
        let received = row.state == DeliveryState::Succeeded;
        match self {
            Self::Never => false,
            Self::Received => received,
            Self::ReceivedSince(at) => received && row.written_at() >= at,
        }
    }
}

impl Work {
    /// Sends an event once more, and answers with it.
    pub async fn resend_event(&self, event: Event, resend: &Resend) -> Reply<Event> {
        let endpoints = self.store().webhook_endpoints(self.account()).await?;
        let asked = |one: &&WebhookEndpoint| match &resend.endpoint_id {
            Some(id) => one.id() == id,
            None => one.is_enabled() && one.wants(event.name()),
        };
        let to: Vec<&WebhookEndpoint> = endpoints.iter().filter(asked).collect();
        if resend.endpoint_id.is_some() && to.is_empty() {
            let hint = "names a webhook endpoint that does not exist";
            return Err(Error::rule("event", "endpoint_id", "no_such_object", hint));
        }
        if to.iter().any(|one| !one.is_enabled()) {
            let hint = "is disabled: enable it first";
            return Err(Error::rule("event", "endpoint_id", "not_active", hint));
        }
        if to.len() > MOST_AT_ONCE {
            let hint = "is required: too many endpoints want the event to send it to all at once";
            return Err(Error::rule("event", "endpoint_id", "required", hint));
        }
        let mut tx = self.begin_asked();
        tx.update(&event, event.clone());
        for endpoint in to {
            let events = std::slice::from_ref(&event);
            self.line_up(&mut tx, endpoint, events, (None, Settled::Never)).await?;
        }
        self.commit_and_answer(tx, event).await
    }

    /// Adds to a change that events of one object are sent once more, in their turn, unless they are settled.
    /// `seen` has what was read of them; without it they are read. Whether there is anything to write: what somebody
    /// is at, or will be in a moment, is not due at once for a replay, so that nothing is sent twice for it. But its
    /// attempts begin anew: if that one fails, the next is not days away.
    pub(super) async fn line_up(
        &self,
        tx: &mut Tx,
        endpoint: &WebhookEndpoint,
        events: &[Event],
        (seen, settled): (Option<&Seen>, Settled),
    ) -> Result<bool, Error> {
        let Some(object) = events.first().map(Event::object_id) else { return Ok(false) };
        let (store, account, now) = (self.store(), self.account(), Clock.now());
        let id = Lane::id_of(endpoint.id(), object);
        let stored = match seen {
            Some(seen) => seen.lanes.get(&id).cloned(),
            None => store.find::<Lane>(account, &id).await?,
        };
        let mut lane = stored.clone().unwrap_or_else(|| {
            let record = Record::new(id, account.clone(), now);
            Lane::new(record, endpoint.id().clone(), object)
        });
        let mut joined = false;
        for event in events {
            let delivery_id = Delivery::id_of(event.id(), endpoint.id());
            let (event_id, turn) = (event.id().clone(), event.turn());
            let waiting = Waiting { event_id, delivery_id, turn, wanted: true, again: true };
            if lane.knows(&waiting) {
                continue;
            }
            if !lane.has_room() {
                let hint = format!(
                    "{} has a thousand events of {object} to receive already: ask again when it has \
                     received some of them",
                    endpoint.id()
                );
                return Err(Error::pending(NOUN, "too_many_waiting", &hint));
            }
            let before = match seen {
                Some(seen) => seen.rows.get(&waiting.delivery_id).cloned(),
                None => store.find::<Delivery>(account, &waiting.delivery_id).await?,
            };
            if before.as_ref().is_some_and(|row| settled.is(row)) {
                continue;
            }
            let row = before.clone().unwrap_or_else(|| {
                let record = Record::new(waiting.delivery_id.clone(), account.clone(), now);
                let what = (event.id().clone(), event.name());
                let object = (event.object_id(), event.object_version());
                Delivery::new(record, endpoint.id().clone(), what, object)
            });
            put(tx, before.as_ref(), row.again(now));
            lane.join(waiting, false);
            joined = true;
        }
        let is_soon = lane.next_at.is_some_and(|at| at <= self.lease(now));
        let is_asked = matches!(settled, Settled::Never);
        let is_left = !joined && !is_asked && (is_soon || lane.queue().is_empty());
        if is_left && lane.attempts == 0 {
            return Ok(false);
        }
        lane.attempts = 0;
        if !is_left {
            lane.next_at = Some(now);
        }
        ask(tx, stored.as_ref(), lane, now);
        Ok(true)
    }
}

/// Adds a lane to a change in which something is asked of it, by a mark that proves the change.
pub(super) fn ask(tx: &mut Tx, before: Option<&Lane>, lane: Lane, now: Timestamp) {
    let mark = Tx::new_mark();
    let mut lane = lane.kept(now);
    lane.asked = Some(mark.clone());
    tx.proven_by(&lane, "asked", &mark);
    put(tx, before, lane);
}
