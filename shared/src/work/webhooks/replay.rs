//! All that happened since an instant, sent once more.
//!
//! A replay looks at a hundred events at a time, from the oldest on, and lines up what is to be sent in the
//! lanes of their objects. How far it has come is in a lane of its own, with when it goes on, which is now:
//! so each step is an entry of the due index, of which the table's stream tells. An invocation does one
//! step and no more. What other endpoints are told of is in the same stream, and waits no longer than
//! that; and it takes no more memory for a hundred thousand events. A step whose process dies is done by
//! the schedule, within a minute.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    again::{Seen, Settled, ask},
    lane::AT_ONCE,
};
use crate::{
    base::{
        error::Error,
        page::{PageRequest, TimeRange},
        time::{Clock, Timestamp},
    },
    model::{
        entity::Entity,
        event::Event,
        list::List,
        record::Record,
        webhook::{
            Delivery, LONGEST_QUEUE, Lane, NOUN, Pattern, Replay, Replaying, WebhookEndpoint, Which,
        },
    },
    store::{Page, Tx, back_off},
    work::{Work, answer::Reply},
};

/// How many events a step looks at.
const STEP: usize = 100;
/// For how many objects events are lined up at once.
const OBJECTS_AT_ONCE: usize = 8;
/// When a step is tried again that has found no room for its first event.
const FULL_MS: i64 = 60_000;
/// How often something is tried that meets others.
const ATTEMPTS: u32 = 12;

impl Work {
    /// Sends what happened since an instant once more, and answers with the endpoint.
    pub async fn replay_events(
        &self,
        endpoint: WebhookEndpoint,
        replay: Replay,
    ) -> Reply<WebhookEndpoint> {
        if !endpoint.is_enabled() {
            return Err(Error::not_now(NOUN, "not_active", "is disabled: enable it first"));
        }
        let mut tx = self.begin_asked();
        tx.update(&endpoint, endpoint.clone());
        let types = replay.types.unwrap_or_default();
        let all = replay.only == Some(Which::All);
        self.begin_replay(&mut tx, &endpoint, (replay.since, types, all)).await?;
        self.commit_and_answer(tx, endpoint).await
    }

    /// Adds the beginning of a replay to a change.
    pub(super) async fn begin_replay(
        &self,
        tx: &mut Tx,
        endpoint: &WebhookEndpoint,
        (since, types, all): (Timestamp, Vec<Pattern>, bool),
    ) -> Result<(), Error> {
        let id = Lane::id_of_replay(endpoint.id());
        let stored = self.look_for::<Lane>(&id).await?;
        let goes_on = stored.as_ref().is_some_and(|lane| lane.replay.is_some());
        if goes_on && self.answered_before::<WebhookEndpoint>().await?.is_none() {
            return Err(Error::pending(NOUN, "replaying", "is being sent what it missed already"));
        }
        let mut lane = stored.clone().unwrap_or_else(|| {
            let record = Record::new(id, self.account().clone(), Clock.now());
            Lane::new(record, endpoint.id().clone(), endpoint.id().as_str())
        });
        let (until, now) = (self.now(), Clock.now());
        lane.replay = Some(Replaying { since, until, types, all, asked_at: Some(now), done: 0 });
        lane.next_at = Some(now);
        ask(tx, stored.as_ref(), lane, Clock.now());
        Ok(())
    }

    /// Does the next step of a replay. Where another process has done it meanwhile, nothing is left to do.
    pub(super) async fn step_of_replay(&self, lane: &Lane) -> Result<(), Error> {
        let Some(replay) = lane.replay.clone() else { return Ok(()) };
        let endpoint = self.store().find::<WebhookEndpoint>(self.account(), &lane.endpoint_id);
        let endpoint = endpoint.await?.filter(WebhookEndpoint::is_enabled);
        let (events, total) = self.next_of(&replay).await?;
        let handled = match &endpoint {
            Some(endpoint) => self.replay_some(endpoint, &replay, &events).await?,
            None => 0,
        };
        let done = replay.done + handled;
        let ended = endpoint.is_none() || done >= total;
        let pause = if handled == 0 { FULL_MS } else { 0 };
        let mut after = lane.clone();
        after.replay = (!ended).then_some(Replaying { done, ..replay });
        after.next_at = (!ended).then(|| Clock.now().plus_millis(pause));
        let mut tx = self.begin();
        tx.update(lane, after.kept(Clock.now()));
        match self.commit(tx).await {
            Err(Error::Stale) => Ok(()),
            done => done,
        }
    }

    /// The next events of a replay, the oldest first, and how many there are in all. They are counted from
    /// the oldest, so what is made meanwhile moves none.
    async fn next_of(&self, replay: &Replaying) -> Result<(Vec<Event>, usize), Error> {
        let range = TimeRange::between(replay.since, replay.until);
        let list = List::all(Event::RESOURCE);
        let mut total = None;
        for attempt in 0..ATTEMPTS {
            let left = total.map_or(1, |total: usize| total.saturating_sub(replay.done));
            let limit = left.min(STEP);
            let request = PageRequest::after(left.saturating_sub(limit), limit.max(1));
            let page: Page<Event> =
                self.store().page(self.account(), &list, &range, request).await?;
            let count = page.total;
            if total == Some(count) {
                let events = page.items.into_iter().rev().take(limit);
                return Ok((events.collect(), count));
            }
            total = Some(count);
            if attempt > 1 {
                back_off(attempt.min(5)).await;
            }
        }
        Err(Error::Contended)
    }

    /// Lines up, of these events, what the endpoint wants and has not received, or not since all were asked for:
    /// how many of the events that settles. It is less than all of them where too much of one object waits.
    async fn replay_some(
        &self,
        endpoint: &WebhookEndpoint,
        replay: &Replaying,
        events: &[Event],
    ) -> Result<usize, Error> {
        let named = |name: &str| {
            replay.types.is_empty() || replay.types.iter().any(|one| one.matches(name))
        };
        let wanted = |event: &Event| endpoint.wants(event.name()) && named(event.name());
        let seen = self.seen(endpoint, events.iter().filter(|event| wanted(event))).await?;
        let mut by_object: BTreeMap<&str, Vec<Event>> = BTreeMap::new();
        let mut settled = events.len();
        for (place, event) in events.iter().enumerate().filter(|(_, event)| wanted(event)) {
            if seen.has_received(event, endpoint, replay.sent_before()) {
                continue;
            }
            let lined_up = by_object.entry(event.object_id()).or_default();
            if !seen.has_room(event, endpoint, lined_up.len()) {
                settled = place;
                break;
            }
            lined_up.push(event.clone());
        }
        let line_up = |events: Vec<Event>| {
            let seen = &seen;
            async move { self.line_up_alone(endpoint, &events, (seen, replay.sent_before())).await }
        };
        let objects = stream::iter(by_object.into_values()).map(line_up);
        let mut objects = objects.buffer_unordered(OBJECTS_AT_ONCE);
        while objects.try_next().await?.is_some() {}
        drop(objects);
        Ok(settled)
    }

    /// Reads the deliveries of events to an endpoint, and the lanes of their objects.
    async fn seen(
        &self,
        endpoint: &WebhookEndpoint,
        events: impl Iterator<Item = &Event>,
    ) -> Result<Seen, Error> {
        let (mut rows, mut lanes) = (Vec::new(), BTreeMap::new());
        for event in events {
            rows.push(self.key_of(&Delivery::id_of(event.id(), endpoint.id())));
            let lane = Lane::id_of(endpoint.id(), event.object_id());
            lanes.entry(event.object_id()).or_insert_with(|| self.key_of(&lane));
        }
        let (store, account) = (self.store(), self.account());
        let rows = store.find_all::<Delivery>(account, rows);
        let lanes = store.find_all::<Lane>(account, lanes.into_values().collect());
        let (rows, lanes) = futures_util::future::try_join(rows, lanes).await?;
        Ok(Seen {
            rows: rows.into_iter().map(|row| (row.id().clone(), row)).collect(),
            lanes: lanes.into_iter().map(|lane| (lane.record().id.clone(), lane)).collect(),
        })
    }

    /// Lines up events of one object, some at a time.
    async fn line_up_alone(
        &self,
        endpoint: &WebhookEndpoint,
        events: &[Event],
        (seen, settled): (&Seen, Settled),
    ) -> Result<(), Error> {
        for (place, some) in events.chunks(AT_ONCE).enumerate() {
            let mut seen = (place == 0).then_some(seen);
            let mut met = 0;
            loop {
                let mut tx = self.begin();
                if !self.line_up(&mut tx, endpoint, some, (seen.take(), settled)).await? {
                    break;
                }
                match self.commit(tx).await {
                    Ok(()) => break,
                    Err(Error::Stale | Error::Contended) if met < ATTEMPTS => {
                        back_off(met.min(5)).await;
                        met += 1;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

impl Replaying {
    /// What is not sent once more. A step may be done twice, by two processes or after one has died; it
    /// sends nothing twice for that.
    fn sent_before(&self) -> Settled {
        match (self.all, self.asked_at) {
            (false, _) => Settled::Received,
            (true, Some(at)) => Settled::ReceivedSince(at),
            (true, None) => Settled::Never,
        }
    }
}

impl Seen {
    fn has_received(&self, event: &Event, endpoint: &WebhookEndpoint, settled: Settled) -> bool {
        let row = self.rows.get(&Delivery::id_of(event.id(), endpoint.id()));
        row.is_some_and(|row| settled.is(row))
    }

    /// Whether an event waits already or can be lined up behind so many others of its object.
    fn has_room(&self, event: &Event, endpoint: &WebhookEndpoint, more: usize) -> bool {
        let lane = self.lanes.get(&Lane::id_of(endpoint.id(), event.object_id()));
        let queue = lane.map(Lane::queue).unwrap_or_default();
        queue.len() + more < LONGEST_QUEUE || queue.iter().any(|one| one.event_id == *event.id())
    }
}
