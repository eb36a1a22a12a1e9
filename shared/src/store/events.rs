//! Events in the order in which they were committed: for whoever asks again and again for those after
//! the last one it has seen, and must miss none.
//!
//! The ids of events are in the order of their instants, and an id is made before its transaction is
//! committed: so the newest ids are not all there yet. What keeps a reader from passing one by:
//!
//! 1. No transaction with an event is sent later than two thirds of `EVENTS_SETTLE_MS` after the
//!    instant in its id ([`Deadline`], asked before each attempt).
//! 2. Nothing is given out whose id is younger than all of it ([`Store::events_settled_before`]). The third that is
//!    left is for a transaction on its way, and for clocks that differ.
//! 3. Of one object a later event has a later id, whoever wrote it ([`instant_after`]).
//!
//! So what is given out is settled for good: no event comes before it any more. A change that was
//! answered before another began is given out before it, and the changes of one object are in the
//! order of its versions. More of an order no two changes have.
//!
//! The time of a test clock is not real: while one is stopped, its instant is not settled, and one that
//! is set back begins a new order.

use super::{Page, Store};
use crate::{
    base::{
        error::Error,
        id::{AccountId, EventId, Id, kind},
        page::{PageRequest, TimeRange},
        time::{Clock, Moment, Timestamp},
    },
    model::{entity::Entity, event::Event, list::List},
};

/// Until when, in real time, a transaction may be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Option<Timestamp>);

impl Deadline {
    /// None at all.
    pub(super) const NONE: Self = Self(None);

    /// That of a transaction that writes events at `moment`.
    pub(super) fn of(moment: Moment, settle_ms: i64) -> Self {
        let until = moment.now().plus_millis(settle_ms / 3 * 2);
        Self(moment.stopped_at().is_none().then_some(until))
    }

    /// Whether it is over.
    pub(super) fn is_over(self) -> bool {
        self.0.is_some_and(|until| Clock.now() > until)
    }
}

/// How far ahead of its own instant a change may be moved. What is more is no race, but a clock that
/// was set back.
const MOST_AHEAD_MS: i64 = 60_000;

/// The moment of a change at `moment`, of an object that was last changed at `before`: later than that.
/// Two requests that began in one order may change an object in the other.
pub(super) fn instant_after(before: Timestamp, moment: Moment) -> Moment {
    let (was, is) = (before.millis(), moment.now().millis());
    let raced = is <= was && was.saturating_sub(is) < MOST_AHEAD_MS;
    match moment.stopped_at() {
        None if raced => Moment::from(before.plus_millis(1)),
        _ => moment,
    }
}

impl Store {
    /// The events at a place (`Event::places`) that were created in `range`, the newest first.
    pub async fn events_at(
        &self,
        account: &AccountId,
        place: &str,
        (range, page): (&TimeRange, PageRequest),
    ) -> Result<Page<Event>, Error> {
        let (from, to) = range.bounds::<kind::Event>(account.environment());
        let list = List::all(Event::RESOURCE);
        self.page_at(account, (&list, place), (&from, &to), (page, false)).await
    }

    /// The events after `after` that are settled, of all or of those at a place, the oldest first, at
    /// most `limit`; the total is of all of them.
    pub async fn events_after(
        &self,
        account: &AccountId,
        (after, place): (&EventId, Option<&str>),
        (moment, limit): (Moment, usize),
    ) -> Result<Page<Event>, Error> {
        let above = format!("{after}!");
        let Some(place) = place else {
            return self.events_above(account, &above, (moment, limit)).await;
        };
        let below = self.events_settled_below(account, moment);
        if below <= above {
            return Ok(Page { items: Vec::new(), total: 0, has_more: false });
        }
        let list = List::all(Event::RESOURCE);
        let page = (PageRequest::first(limit), true);
        self.page_at(account, (&list, place), (&above, &below), page).await
    }

    /// The id below which no event of an account at `moment` is written any more.
    pub(super) fn events_settled_below(&self, account: &AccountId, moment: Moment) -> String {
        let settled = self.events_settled_before(moment);
        Id::<kind::Event>::lowest(account.environment(), settled)
    }

    /// The instant before which no event of an account at `moment` is written any more.
    pub(crate) fn events_settled_before(&self, moment: Moment) -> Timestamp {
        match moment.stopped_at() {
            None => Clock.now().plus_millis(-self.events_settle_ms),
            // What began at an earlier instant of the clock may be on its way for as long.
            Some(since) if Clock.now() < since.plus_millis(self.events_settle_ms) => {
                Timestamp::EPOCH
            }
            Some(_) => moment.now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    #[test]
    fn changes_of_an_object_are_at_different_instants_in_their_order() {
        let later = |before, now| instant_after(at(before), Moment::from(at(now))).now().millis();
        assert_eq!(later(1_000, 2_000), 2_000);
        assert_eq!(later(1_000, 1_000), 1_001);
        assert_eq!(later(1_000, 400), 1_001);
        // A clock that was set back.
        assert_eq!(later(100_000, 1_000), 1_000);
        let stopped = Moment::stopped(at(1_000), at(5_000));
        assert_eq!(instant_after(at(1_000), stopped), stopped);
    }

    #[test]
    fn nothing_is_sent_that_late_and_never_on_a_stopped_clock() {
        let ago = |millis: i64| Moment::from(Clock.now().plus_millis(-millis));
        assert!(!Deadline::of(ago(39_000), 60_000).is_over());
        assert!(Deadline::of(ago(41_000), 60_000).is_over());
        assert!(!Deadline::of(Moment::stopped(at(0), at(0)), 60_000).is_over());
        assert!(!Deadline::NONE.is_over());
    }
}
