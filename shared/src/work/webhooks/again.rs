//! Events that are sent once more, because a client asks: one, or all since an instant.
//!
//! What is asked for is written into the lanes of the events' objects, where it waits in its turn; what
//! delivers finds it due. A replay looks at a hundred events at a time, from the oldest on, and notes how
//! far it has come, so it takes no more memory for a hundred thousand.

use std::collections::BTreeMap;

use super::lane::{AT_ONCE, put};
use crate::{
    base::{
        error::Error,
        page::{PageRequest, TimeRange},
        time::{Clock, Timestamp},
    },
    model::{
        event::Event,
        list::List,
        record::Record,
        webhook::{
            Delivery, DeliveryState, Lane, NOUN, Pattern, Replay, Replaying, Resend, Waiting,
            WebhookEndpoint, Which,
        },
    },
    store::{Page, Tx, back_off},
    work::{Work, answer::Reply},
};

/// How many events a step of a replay looks at.
const STEP: usize = 100;
/// To how many endpoints an event is sent once more by one request, which is one transaction.
const MOST_AT_ONCE: usize = 10;
/// How often a step is tried that meets others.
const ATTEMPTS: u32 = 12;

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
            self.line_up(&mut tx, endpoint, std::slice::from_ref(&event)).await?;
        }
        self.commit_and_answer(tx, event).await
    }

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
        lane.replay = Some(Replaying { since, until: self.now(), types, all, done: 0 });
        lane.next_at = Some(Clock.now());
        ask(tx, stored.as_ref(), lane, Clock.now());
        Ok(())
    }

    /// Does what a replay has still to do, until `until`; how many events it sends once more.
    pub(super) async fn run_replay(&self, lane: Lane, until: Timestamp) -> Result<u64, Error> {
        let (mut lane, mut sent) = (lane, 0);
        while let Some(replay) = lane.replay.clone() {
            let endpoint = self.look_for::<WebhookEndpoint>(&lane.endpoint_id);
            let endpoint = endpoint.await?.filter(WebhookEndpoint::is_enabled);
            let (events, total) = self.next_of(&replay).await?;
            let done = replay.done + events.len();
            if let Some(endpoint) = &endpoint {
                sent += self.replay_some(endpoint, &replay, events).await?;
            }
            let ended = endpoint.is_none() || done >= total;
            let mut after = lane.clone();
            after.replay = (!ended).then_some(Replaying { done, ..replay });
            after.next_at = (!ended).then(|| Clock.now());
            let mut tx = self.begin();
            lane = tx.update(&lane, after.kept(Clock.now()));
            self.commit(tx).await?;
            if Clock.now() >= until {
                break;
            }
        }
        Ok(sent)
    }

    /// The next events of a replay, the oldest first, and how many there are in all. They are counted from
    /// the oldest, so what is made meanwhile moves none.
    async fn next_of(&self, replay: &Replaying) -> Result<(Vec<Event>, usize), Error> {
        let range = TimeRange::between(replay.since, replay.until);
        let list = List::all(<Event as crate::model::entity::Entity>::RESOURCE);
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

    /// Lines events up that an endpoint wants and, unless all are asked for, has not received.
    async fn replay_some(
        &self,
        endpoint: &WebhookEndpoint,
        replay: &Replaying,
        events: Vec<Event>,
    ) -> Result<u64, Error> {
        let named = |event: &Event| {
            replay.types.is_empty() || replay.types.iter().any(|one| one.matches(event.name()))
        };
        let wanted =
            events.into_iter().filter(|event| endpoint.wants(event.name()) && named(event));
        let wanted: Vec<Event> = wanted.collect();
        let keys = wanted.iter().map(|event| Delivery::id_of(event.id(), endpoint.id()));
        let keys = keys.map(|id| self.key_of(&id)).collect();
        let rows: Vec<Delivery> = self.find_all(keys).await?;
        let received = |event: &Event| {
            let mut of_this = rows.iter().filter(|row| row.event_id == *event.id());
            of_this.any(|row| row.state == DeliveryState::Succeeded)
        };
        let mut by_object: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for event in wanted.into_iter().filter(|event| replay.all || !received(event)) {
            by_object.entry(event.object_id().to_owned()).or_default().push(event);
        }
        let mut count = 0;
        for events in by_object.values().flat_map(|events| events.chunks(AT_ONCE)) {
            self.line_up_alone(endpoint, events).await?;
            count += events.len();
        }
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    async fn line_up_alone(
        &self,
        endpoint: &WebhookEndpoint,
        events: &[Event],
    ) -> Result<(), Error> {
        for attempt in 0..ATTEMPTS {
            let mut tx = self.begin();
            self.line_up(&mut tx, endpoint, events).await?;
            match self.commit(tx).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt.min(5)).await,
                done => return done,
            }
        }
        Err(Error::Contended)
    }

    /// Adds to a change that events of one object are sent once more, in their turn.
    async fn line_up(
        &self,
        tx: &mut Tx,
        endpoint: &WebhookEndpoint,
        events: &[Event],
    ) -> Result<(), Error> {
        let Some(object) = events.first().map(Event::object_id) else { return Ok(()) };
        let (store, account, now) = (self.store(), self.account(), Clock.now());
        let id = Lane::id_of(endpoint.id(), object);
        let stored = store.find::<Lane>(account, &id).await?;
        let mut lane = stored.clone().unwrap_or_else(|| {
            let record = Record::new(id, account.clone(), now);
            Lane::new(record, endpoint.id().clone(), object)
        });
        for event in events {
            let delivery_id = Delivery::id_of(event.id(), endpoint.id());
            let (event_id, turn) = (event.id().clone(), event.turn());
            let waiting = Waiting { event_id, delivery_id, turn, wanted: true, again: true };
            if lane.knows(&waiting) || !lane.has_room() {
                continue;
            }
            let before = store.find::<Delivery>(account, &waiting.delivery_id).await?;
            let row = before.clone().unwrap_or_else(|| {
                let record = Record::new(waiting.delivery_id.clone(), account.clone(), now);
                let what = (event.id().clone(), event.name());
                let object = (event.object_id(), event.object_version());
                Delivery::new(record, endpoint.id().clone(), what, object)
            });
            put(tx, before.as_ref(), row.again(now));
            lane.join(waiting, false);
        }
        lane.attempts = 0;
        lane.next_at = Some(now);
        ask(tx, stored.as_ref(), lane, now);
        Ok(())
    }
}

/// Adds a lane to a change in which something is asked of it, by a mark that proves the change.
fn ask(tx: &mut Tx, before: Option<&Lane>, lane: Lane, now: Timestamp) {
    let mark = Tx::new_mark();
    let mut lane = lane.kept(now);
    lane.asked = Some(mark.clone());
    tx.proven_by(&lane, "asked", &mark);
    put(tx, before, lane);
}
