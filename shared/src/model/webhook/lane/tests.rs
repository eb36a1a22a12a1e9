use proptest::prelude::*;

use super::*;
use crate::base::{
    id::{AccountId, IdSource},
    time::Clock,
};

fn lane() -> Lane {
    let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
    let endpoint: WebhookEndpointId = "we_stg_0000000000000001".parse().unwrap();
    let id = Lane::id_of(&endpoint, "cus_stg_0000000000000001");
    Lane::new(Record::new(id, account, Clock.now()), endpoint, "cus_stg_0000000000000001")
}

fn waiting(ids: &IdSource, turn: Turn, wanted: bool) -> Waiting {
    let event_id = EventId::new(crate::base::id::Environment::Stg, Clock.now(), ids);
    let endpoint: WebhookEndpointId = "we_stg_0000000000000001".parse().unwrap();
    let delivery_id = super::super::Delivery::id_of(&event_id, &endpoint);
    Waiting { event_id, delivery_id, turn, wanted, again: false }
}

fn turn(version: u64) -> Turn {
    Turn { version, number: 1, of: 1 }
}

#[test]
fn a_failing_event_holds_back_the_next_which_says_what_was_skipped() {
    let (ids, now, mut lane) = (IdSource::new(Clock), Clock.now(), lane());
    for version in 1..=4 {
        lane.join(waiting(&ids, turn(version), version != 3), false);
    }
    lane.settle(true, now);
    assert_eq!((lane.ready().unwrap().turn.version, lane.previous_version()), (2, None));
    lane.retry(now.plus_hours(1));
    assert_eq!((lane.ready().unwrap().turn.version, lane.attempts), (2, 1));
    lane.settle(false, now);
    lane.pass_unwanted();
    assert_eq!((lane.ready().unwrap().turn.version, lane.previous_version()), (4, Some(1)));
    lane.settle(true, now);
    assert_eq!((lane.ready(), lane.previous_version(), lane.next_at), (None, None, None));
}

#[test]
fn an_event_that_was_waited_for_is_sent_at_once_when_it_comes() {
    let (ids, now, mut lane) = (IdSource::new(Clock), Clock.now(), lane());
    lane.join(waiting(&ids, turn(2), true), false);
    lane.unhold();
    lane.hold(now);
    assert!(!lane.is_due(now, None));
    lane.join(waiting(&ids, turn(1), true), false);
    lane.unhold();
    assert!(lane.ready().is_some() && lane.is_due(now, None));
    // Then whoever sends has a while to send the next, and nobody else does.
    let lease = now.plus_millis(1000);
    lane.settle(true, lease);
    assert!(lane.is_due(now, Some(lease)) && !lane.is_due(now, None));
    assert!(lane.is_due(lease, None));
}

#[test]
fn an_event_that_never_comes_is_waited_for_for_a_minute() {
    let (ids, now, mut lane) = (IdSource::new(Clock), Clock.now(), lane());
    lane.join(waiting(&ids, turn(1), true), false);
    lane.settle(true, now);
    lane.join(waiting(&ids, turn(3), true), false);
    assert_eq!(lane.ready(), None);
    lane.hold(now);
    assert_eq!((lane.ready(), lane.next_at), (None, Some(now.plus_millis(HOLD_MS))));
    lane.hold(now.plus_millis(HOLD_MS));
    assert_eq!((lane.ready().unwrap().turn.version, lane.previous_version()), (3, Some(1)));
}

#[test]
fn the_events_of_one_version_come_before_the_next_version() {
    let (ids, now, mut lane) = (IdSource::new(Clock), Clock.now(), lane());
    lane.join(waiting(&ids, turn(2), true), false);
    lane.join(waiting(&ids, Turn { version: 1, number: 2, of: 2 }, true), false);
    assert_eq!(lane.ready(), None);
    lane.join(waiting(&ids, Turn { version: 1, number: 1, of: 2 }, true), false);
    let mut numbers = Vec::new();
    while let Some(one) = lane.ready() {
        numbers.push((one.turn.version, one.turn.number));
        lane.settle(true, now);
    }
    assert_eq!(numbers, [(1, 1), (1, 2), (2, 1)]);
}

proptest! {
    /// However events come, twice or in any order, each is sent once and in its turn.
    #[test]
    fn in_order_whatever_the_order(arrivals in prop::collection::vec(1_u64..=12, 0..60), begins in 0_u64..3) {
        let (ids, now, mut lane) = (IdSource::new(Clock), Clock.now(), lane());
        let events: Vec<_> = (0..=12).map(|version| waiting(&ids, turn(version), version % 4 != 3)).collect();
        let mut sent = Vec::new();
        for version in arrivals.iter().copied().chain(1..=12) {
            let one = events[usize::try_from(version).unwrap()].clone();
            lane.join(one, begins > 0 && version == begins);
            lane.pass_unwanted();
            while let Some(ready) = lane.ready() {
                sent.push(ready.turn.version);
                lane.settle(true, now);
                lane.pass_unwanted();
            }
            lane.hold(now);
        }
        prop_assert!(sent.windows(2).all(|pair| pair[0] < pair[1]), "{sent:?}");
        let first = sent.first().copied().unwrap_or(1);
        let all: Vec<u64> = (first..=12).filter(|version| version % 4 != 3).collect();
        prop_assert_eq!(sent, all);
        prop_assert!(first <= begins.max(1));
    }
}
