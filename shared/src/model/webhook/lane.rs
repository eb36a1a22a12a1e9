//! The order of events: what of one object is on its way to one endpoint.
//!
//! Events of an object come from the stream in any order, and twice. A lane knows up to which of them all
//! is settled, and lets the next one go only when that is so: it was received, was given up, or is of a
//! type that the endpoint does not want. What waits holds back its own object and nothing else. Of the
//! first event that waits the attempts go on for at most three days; an event that does not come is waited
//! for for a minute, then looked for, and passed over where it is not found. After either, the next one says
//! which version was the last that was delivered.
//!
//! A lane whose queue is empty is forgotten after a month, by the table itself.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pattern::Pattern;
use crate::{
    base::{
        id::{DeliveryId, DeliveryLaneId, EventId, WebhookEndpointId, derived, kind},
        time::Timestamp,
    },
    model::{
        entity::{Companion, Entity, Item, Place, Representation, recorded},
        event_type::NoEvent,
        list::List,
        record::Record,
        turn::Turn,
    },
};

/// How long an event that does not come is waited for.
pub const HOLD_MS: i64 = 60_000;
/// How many events of one object wait for one endpoint.
pub const LONGEST_QUEUE: usize = 1000;
/// How long a lane in which nothing waits is kept.
const KEPT_DAYS: i64 = 30;

/// An event that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The event.
    pub event_id: EventId,
    /// Its delivery.
    pub delivery_id: DeliveryId,
    /// Where it stands.
    pub turn: Turn,
    /// Whether the endpoint wants it.
    pub wanted: bool,
    /// Whether it is sent once more because somebody asked.
    #[serde(default)]
    pub again: bool,
}

/// Events that somebody wants to be sent once more, and how far that has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaying {
    /// From this instant of the account's time…
    pub since: Timestamp,
    /// …to this one.
    pub until: Timestamp,
    /// Only these types; all that the endpoint wants, when there are none.
    pub types: Vec<Pattern>,
    /// Also those that were received.
    pub all: bool,
    /// When it was asked for, in real time: what was received since then is not sent once more. Not known
    /// of one that began before this was kept.
    #[serde(default)]
    pub asked_at: Option<Timestamp>,
    /// How many events were looked at, from the oldest.
    pub done: usize,
}

/// What of one object is on its way to one endpoint.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Lane {
    #[serde(flatten)]
    record: Record<kind::DeliveryLane>,
    /// To whom.
    pub endpoint_id: WebhookEndpointId,
    /// Whose events.
    pub object_id: String,
    /// Up to here all is settled.
    #[schemars(skip)]
    done: Option<Turn>,
    /// The version that was delivered last.
    told: u64,
    /// Whether something after it was given up.
    skipped: bool,
    #[schemars(skip)]
    queue: Vec<Waiting>,
    /// How often the first that waits was tried.
    pub attempts: u32,
    /// When something is to be done.
    pub next_at: Option<Timestamp>,
    /// What the last request for something to be sent once more has left, so that it finds out whether
    /// it was carried out when the answer is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub asked: Option<String>,
    /// Since when an event that has not come is waited for.
    held_since: Option<Timestamp>,
    expires_at: Option<i64>,
    /// In the lane of a replay: what is replayed.
    #[schemars(skip)]
    pub replay: Option<Replaying>,
}

impl Lane {
    /// The id of the lane of an object's events to an endpoint.
    pub fn id_of(endpoint: &WebhookEndpointId, object: &str) -> DeliveryLaneId {
        derived(endpoint.environment(), None, &[endpoint.as_str(), object])
    }

    /// The id of the lane in which events are replayed to an endpoint.
    pub fn id_of_replay(endpoint: &WebhookEndpointId) -> DeliveryLaneId {
        derived(endpoint.environment(), None, &[endpoint.as_str(), "replay"])
    }

    /// An empty lane.
    pub fn new(
        record: Record<kind::DeliveryLane>,
        endpoint_id: WebhookEndpointId,
        object_id: &str,
    ) -> Self {
        Self {
            record,
            endpoint_id,
            object_id: object_id.to_owned(),
            done: None,
            told: 0,
            skipped: false,
            queue: Vec::new(),
            attempts: 0,
            next_at: None,
            asked: None,
            held_since: None,
            expires_at: None,
            replay: None,
        }
    }

    /// Whether the event has no place here any more: it was settled, or waits already.
    pub fn knows(&self, one: &Waiting) -> bool {
        let waits = self.queue.iter().any(|other| other.event_id == one.event_id);
        waits || (!one.again && self.done.is_some_and(|done| one.turn.is_within(done)))
    }

    /// Whether there is room for another one.
    pub fn has_room(&self) -> bool {
        self.queue.len() < LONGEST_QUEUE
    }

    /// Takes an event in; `begins` says that whatever came before it was not for this endpoint.
    pub fn join(&mut self, one: Waiting, begins: bool) {
        if self.knows(&one) {
            return;
        }
        if self.done.is_none() && begins && self.queue.is_empty() {
            self.done = Some(one.turn.before());
        }
        let order = |one: &Waiting| (one.turn.place(), !one.again);
        let place = self.queue.partition_point(|other| order(other) < order(&one));
        if place == 0 {
            self.attempts = 0;
        }
        self.expires_at = None;
        self.queue.insert(place, one);
    }

    /// Settles what is next and not wanted.
    pub fn pass_unwanted(&mut self) {
        while let Some(first) = self.queue.first() {
            if first.wanted || !self.is_turn_of(first) {
                return;
            }
            self.done = Some(first.turn.later(self.done));
            self.queue.remove(0);
        }
    }

    /// Ends the waiting for an event that has come.
    pub fn unhold(&mut self) {
        if self.held_since.is_some() && self.ready().is_some() {
            (self.held_since, self.next_at) = (None, None);
        }
    }

    /// The first that waits, if it is its turn.
    pub fn ready(&self) -> Option<&Waiting> {
        self.queue.first().filter(|first| self.is_turn_of(first))
    }

    /// The first that waits.
    pub fn first(&self) -> Option<&Waiting> {
        self.queue.first()
    }

    /// All that waits.
    pub fn queue(&self) -> &[Waiting] {
        &self.queue
    }

    fn is_turn_of(&self, one: &Waiting) -> bool {
        one.again || self.has_come_to(one.turn)
    }

    /// Whether all before this turn is settled.
    pub fn has_come_to(&self, turn: Turn) -> bool {
        match self.done {
            Some(done) => turn.is_within(done) || turn.follows(done),
            None => turn.is_first(),
        }
    }

    /// Whether an event that has not come was waited for long enough at `now`.
    pub fn has_held(&self, now: Timestamp) -> bool {
        self.held_since.is_some_and(|since| since.plus_millis(HOLD_MS) <= now)
    }

    /// Waits, at `now`, for an event that has not come; when it was waited for long enough, goes on
    /// without.
    pub fn hold(&mut self, now: Timestamp) {
        let Some(first) = self.queue.first().filter(|first| !self.is_turn_of(first)) else {
            return;
        };
        let until = self.held_since.get_or_insert(now).plus_millis(HOLD_MS);
        self.next_at = Some(until);
        if until <= now {
            self.done = Some(first.turn.before());
            self.skipped = true;
            self.held_since = None;
            self.next_at = Some(now);
        }
    }

    /// The version that was delivered last, if what came after it was given up.
    pub fn previous_version(&self) -> Option<u64> {
        self.skipped.then_some(self.told)
    }

    /// The first that waits is settled: it was received, or is given up.
    /// If more waits, whoever has done it has until `lease` to go on.
    pub fn settle(&mut self, received: bool, lease: Timestamp) {
        let Some(first) = (!self.queue.is_empty()).then(|| self.queue.remove(0)) else { return };
        let late = first.again && self.done.is_some_and(|done| first.turn.is_within(done));
        self.done = Some(first.turn.later(self.done));
        match received {
            true if late => {}
            true => (self.told, self.skipped) = (first.turn.version, false),
            false => self.skipped = self.skipped || !late,
        }
        self.attempts = 0;
        self.held_since = None;
        self.next_at = (!self.queue.is_empty()).then_some(lease);
    }

    /// The first that waits is tried again at `at`.
    pub fn retry(&mut self, at: Timestamp) {
        self.attempts = self.attempts.saturating_add(1);
        self.next_at = Some(at);
    }

    /// Whether something may be sent at `now` by who was to go on by `mine`: nobody else is at it, and the
    /// next attempt is not later.
    pub fn is_due(&self, now: Timestamp, mine: Option<Timestamp>) -> bool {
        self.next_at.is_none_or(|at| at <= now || Some(at) == mine)
    }

    /// Forgets all that waits.
    pub fn clear(&mut self) -> Vec<Waiting> {
        (self.next_at, self.replay) = (None, None);
        std::mem::take(&mut self.queue)
    }

    /// The lane as it is stored at `now`.
    pub fn kept(mut self, now: Timestamp) -> Self {
        let idle = self.queue.is_empty() && self.replay.is_none();
        if idle {
            self.next_at = None;
        }
        let end = || now.plus_days(KEPT_DAYS).seconds();
        self.expires_at = idle.then(|| self.expires_at.unwrap_or_else(end));
        self
    }
}

impl Representation for Lane {
    fn example() -> Value {
        json!({})
    }
}

impl Entity for Lane {
    recorded!(kind::DeliveryLane);
    type Event = NoEvent;
    const RESOURCE: &'static str = "delivery-lanes";

    fn lists(&self) -> Vec<List> {
        Vec::new()
    }

    /// Its place in the due index of deliveries, which is in real time.
    fn companions(&self) -> Result<Vec<Companion>, crate::base::error::Error> {
        // With the endpoint, so that what is due of one that does not answer can be passed by unread.
        let id = format!("{}/{}", self.endpoint_id, self.record.id);
        let due = self.next_at.map(|at| Place::Delivery { at, id });
        let companion = |place| Companion { place, item: Item::new(), claims: None };
        Ok(due.map(companion).into_iter().collect())
    }

    fn events(_: Option<&Self>, _: &Self) -> Vec<NoEvent> {
        Vec::new()
    }
}
