//! The events of one object on their way to one endpoint, one after the other.
//!
//! Each turn reads the lane and the endpoint, sends what is first, while the endpoint still counts as it was
//! read, and writes what came of it in one transaction, on the condition that the lane is as it was read. If
//! the process dies before that, or another one was quicker, the event is sent once more: it arrives at least
//! once.

use std::collections::BTreeMap;

use futures_util::future::try_join;

use crate::{
    base::{
        error::Error,
        id::{EventId, WebhookEndpointId},
        time::{Clock, Timestamp},
    },
    model::{
        entity::Entity,
        event::Event,
        record::Record,
        webhook::{Delivery, Lane, Message, Sent, Verdict, Waiting, WebhookEndpoint, envelope},
    },
    store::{Tx, back_off},
    work::{
        Work,
        webhooks::{ahead::Ahead, deliver::LATER_MS, known::Known},
    },
};

/// How many events of one object are taken in by one transaction.
pub(super) const AT_ONCE: usize = 20;
/// How long whoever is at a lane has to go on, beyond an attempt.
const LEASE_MS: i64 = 10_000;
/// How often a turn is tried that meets others.
pub(super) const ATTEMPTS: u32 = 12;
/// An attempt that failed after so long has made others wait.
const HUNG_MS: i64 = 1_000;

/// What has been done in a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// Events that were received.
    pub(super) delivered: u64,
    /// Attempts that failed.
    pub(super) failed: u64,
}

/// Events of one object that have come for one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    pub(super) endpoint: WebhookEndpointId,
    pub(super) object: String,
    /// In the order of their turns, with whether they are wanted.
    pub(super) events: Vec<(Event, bool)>,
    /// Whether to leave the sending to the due index: the endpoint is known to fail.
    pub(super) later: bool,
    /// Nothing is begun after this instant.
    pub(super) until: Timestamp,
}

/// What this worker alone knows of a lane.
#[derive(Default)]
struct Mine {
    /// What was sent and is not written yet.
    tried: Option<Tried>,
    /// By when it has to go on, as it has written.
    lease: Option<Timestamp>,
}

/// What was sent.
struct Tried {
    event: EventId,
    sent: Sent,
    at: Timestamp,
}

impl Work {
    /// Does what can be done in a lane now: until nothing is its turn, or the next attempt is later.
    pub(super) async fn run_lane(
        &self,
        errand: &Errand,
        mut ahead: Option<Ahead>,
    ) -> Result<Done, Error> {
        let (mut done, mut mine, mut met) = (Done::default(), Mine::default(), 0);
        loop {
            let ahead = ahead.take().filter(|ahead| ahead.known.is_fresh());
            match self.turn(errand, ahead, &mut mine, met > 0, &mut done).await {
                Ok(true) => met = 0,
                Ok(false) => return Ok(done),
                Err(Error::Stale | Error::Contended) if met < ATTEMPTS => {
                    back_off(met.min(5)).await;
                    met += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// One turn: whether there may be another.
    async fn turn(
        &self,
        errand: &Errand,
        ahead: Option<Ahead>,
        mine: &mut Mine,
        met: bool,
        done: &mut Done,
    ) -> Result<bool, Error> {
        let id = Lane::id_of(&errand.endpoint, &errand.object);
        let (store, account) = (self.store(), self.account());
        let (stored, known) = match ahead {
            Some(ahead) => (ahead.lane, Some(ahead.known)),
            None => {
                let stored = store.find::<Lane>(account, &id);
                try_join(stored, self.read_endpoint(&errand.endpoint)).await?
            }
        };
        let now = Clock.now();
        let mut turn = Turned::of(self, errand, stored, (met, now));
        let Some(known) = known else { return turn.close().await.map(|()| false) };
        let endpoint = &known.endpoint;
        if !endpoint.is_enabled() {
            return turn.park().await.map(|()| false);
        }
        turn.take_in(endpoint).await?;
        let Some(first) = turn.lane.ready().cloned() else {
            let found = turn.lane.has_held(now) && turn.look_for_missed(endpoint).await?;
            if !found {
                turn.lane.hold(now);
            }
            let again = found || turn.lane.ready().is_some();
            turn.write().await?;
            return Ok(again);
        };
        let before = mine.tried.take_if(|tried| tried.event == first.event_id);
        let tried = match before {
            Some(tried) => tried,
            None if !turn.lane.is_due(now, mine.lease) || errand.later || now >= errand.until => {
                turn.leave();
                return turn.write().await.map(|()| false);
            }
            // Others may find it due too: whoever writes first is at it.
            None if turn.lane.next_at.is_some_and(|at| at <= now) => {
                mine.lease = Some(self.lease(now));
                turn.lane.next_at = mine.lease;
                return turn.write().await.map(|()| true);
            }
            None => match turn.send(&known, &first).await? {
                Some(tried) => tried,
                None => {
                    turn.leave();
                    return turn.write().await.map(|()| false);
                }
            },
        };
        let verdict = turn.conclude(endpoint, &first, &tried).await;
        let verdict = verdict.inspect_err(|_| mine.tried = Some(tried))?;
        mine.lease = turn.lane.next_at.filter(|_| turn.lane.attempts == 0);
        match verdict {
            Verdict::Received => done.delivered += 1,
            Verdict::Later | Verdict::Never | Verdict::Gone => done.failed += 1,
        }
        Ok(verdict != Verdict::Gone && turn.lane.first().is_some())
    }

    /// By when whoever is at a lane at `now` has to go on.
    pub(super) fn lease(&self, now: Timestamp) -> Timestamp {
        let timeout = i64::try_from(self.store().webhooks().timeout_ms).unwrap_or(i64::MAX / 4);
        now.plus_millis(timeout + LEASE_MS)
    }
}

/// A lane while something is done in it.
pub(super) struct Turned<'a> {
    pub(super) work: &'a Work,
    errand: &'a Errand,
    stored: Option<Lane>,
    pub(super) lane: Lane,
    /// Deliveries that are to be written, by event.
    rows: BTreeMap<EventId, (Option<Delivery>, Delivery)>,
    /// Whether others are at the same lane.
    met: bool,
    now: Timestamp,
}

impl<'a> Turned<'a> {
    /// A lane as it was read, or a new one.
    pub(super) fn of(
        work: &'a Work,
        errand: &'a Errand,
        stored: Option<Lane>,
        (met, now): (bool, Timestamp),
    ) -> Self {
        let lane = stored.clone().unwrap_or_else(|| {
            let id = Lane::id_of(&errand.endpoint, &errand.object);
            let record = Record::new(id, work.account().clone(), now);
            Lane::new(record, errand.endpoint.clone(), &errand.object)
        });
        Self { work, errand, stored, lane, rows: BTreeMap::new(), met, now }
    }

    /// Takes in what has come and is not known here, and passes what is not wanted.
    pub(super) async fn take_in(&mut self, endpoint: &WebhookEndpoint) -> Result<(), Error> {
        for (event, wanted) in &self.errand.events {
            let waiting = Waiting {
                event_id: event.id().clone(),
                delivery_id: Delivery::id_of(event.id(), endpoint.id()),
                turn: event.turn(),
                wanted: *wanted,
                again: false,
            };
            if self.lane.knows(&waiting) {
                continue;
            }
            let begins = !endpoint.knew(event.object_id(), event.changed_before());
            let room = self.lane.has_room() || !*wanted;
            if *wanted {
                self.row(event.id(), Some(event), (true, !room)).await?;
            }
            if room {
                self.lane.join(waiting, begins);
            }
        }
        self.lane.pass_unwanted();
        self.lane.unhold();
        Ok(())
    }

    /// Leaves what is next to the schedule, which comes when it is due, or soon.
    pub(super) fn leave(&mut self) {
        if self.lane.ready().is_none() {
            return self.lane.hold(self.now);
        }
        let later = self.now.plus_millis(LATER_MS);
        self.lane.next_at = Some(self.lane.next_at.unwrap_or(later));
    }

    /// Makes sure that there is a delivery to write for an event.
    pub(super) async fn row(
        &mut self,
        id: &EventId,
        event: Option<&Event>,
        (is_new, skip): (bool, bool),
    ) -> Result<(), Error> {
        if self.rows.contains_key(id) {
            return Ok(());
        }
        let (work, endpoint) = (self.work, &self.errand.endpoint);
        let delivery_id = Delivery::id_of(id, endpoint);
        // One that has just come has none yet, unless another process was here.
        let before: Option<Delivery> = match is_new && !self.met {
            true => None,
            false => work.store().find(work.account(), &delivery_id).await?,
        };
        let Some(mut row) = before.clone().or_else(|| {
            let record = Record::new(delivery_id, work.account().clone(), self.now);
            let event = event?;
            let (what, object) =
                ((id.clone(), event.name()), (event.object_id(), event.object_version()));
            Some(Delivery::new(record, endpoint.clone(), what, object))
        }) else {
            return Ok(());
        };
        if skip {
            row = row.skipped();
        }
        self.rows.insert(id.clone(), (before, row));
        Ok(())
    }

    /// Sends the first that waits; nothing, where nobody can say whether it may be sent.
    async fn send(&self, known: &Known, first: &Waiting) -> Result<Option<Tried>, Error> {
        let event = self.event_of(first).await?;
        let body = envelope(&event, self.lane.previous_version())?;
        let message = Message {
            event: first.event_id.as_str(),
            name: event.name(),
            delivery: first.delivery_id.as_str(),
            body: &body,
        };
        let sent = self.work.send_webhook(known, message).await?;
        Ok(sent.map(|sent| Tried { event: first.event_id.clone(), sent, at: Clock.now() }))
    }

    /// The event that waits.
    pub(super) async fn event_of(&self, waiting: &Waiting) -> Result<Event, Error> {
        let arrived = self.errand.events.iter().find(|(event, _)| *event.id() == waiting.event_id);
        match arrived {
            Some((event, _)) => Ok(event.clone()),
            None => self.work.find::<Event>(&waiting.event_id).await,
        }
    }

    /// Writes what came of sending the first that waits.
    async fn conclude(
        &mut self,
        endpoint: &WebhookEndpoint,
        first: &Waiting,
        tried: &Tried,
    ) -> Result<Verdict, Error> {
        let (sent, at) = (&tried.sent, tried.at);
        let arrived = self.errand.events.iter().find(|(event, _)| *event.id() == first.event_id);
        self.row(&first.event_id, arrived.map(|(event, _)| event), (false, false)).await?;
        let delays = &self.work.store().webhooks().delays;
        let [chance] = crate::base::id::random::<1>();
        let attempts = self.lane.attempts.saturating_add(1);
        let next = match sent.verdict() {
            Verdict::Later => sent.next_attempt(attempts, delays, at, chance),
            Verdict::Received | Verdict::Never | Verdict::Gone => None,
        };
        match next {
            Some(next) => self.lane.retry(next),
            None => {
                let lease = self.work.lease(Clock.now());
                self.lane.settle(sent.verdict() == Verdict::Received, lease);
            }
        }
        if let Some((_, row)) = self.rows.get_mut(&first.event_id) {
            *row = row.tried(sent, at, next);
        }
        self.write().await?;
        if sent.verdict() != Verdict::Received {
            let hung = sent.millis >= HUNG_MS;
            let gone_at = sent.began_at.filter(|_| sent.verdict() == Verdict::Gone);
            self.work.note_failing(endpoint, (at, hung), next, gone_at).await?;
        }
        Ok(sent.verdict())
    }

    /// The endpoint is gone: nothing is sent any more.
    async fn close(&mut self) -> Result<(), Error> {
        if self.stored.is_none() {
            return Ok(());
        }
        let waiting: Vec<Waiting> = self.lane.queue().to_vec();
        for one in waiting.iter().filter(|one| one.wanted).take(AT_ONCE) {
            self.row(&one.event_id, None, (false, true)).await?;
        }
        let all = waiting.len() <= AT_ONCE;
        let left = self.lane.clear();
        if !all {
            let begins = true;
            left.into_iter().skip(AT_ONCE).for_each(|one| self.lane.join(one, begins));
            self.lane.next_at = Some(self.now);
        }
        self.write().await
    }

    /// The endpoint is disabled: what waits stays, and nothing is due of it.
    async fn park(&mut self) -> Result<(), Error> {
        if self.stored.as_ref().is_some_and(|lane| lane.next_at.is_some()) {
            self.lane.next_at = None;
            self.write().await?;
        }
        Ok(())
    }

    /// Writes the lane, and the deliveries beside it.
    async fn write(&mut self) -> Result<(), Error> {
        let tx = self.change();
        self.rows.clear();
        self.work.commit(tx).await
    }

    /// The lane and the deliveries beside it, as they are to be written.
    pub(super) fn change(&self) -> Tx {
        let mut tx = self.work.begin();
        put(&mut tx, self.stored.as_ref(), self.lane.clone().kept(self.now));
        for (before, row) in self.rows.values() {
            put(&mut tx, before.as_ref(), row.clone());
        }
        tx
    }
}

/// Makes an object, or changes the one that was read.
pub(super) fn put<E: Entity>(tx: &mut Tx, before: Option<&E>, after: E) {
    match before {
        Some(before) => {
            tx.update(before, after);
        }
        None => tx.insert(&after),
    }
}
