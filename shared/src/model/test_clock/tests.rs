//! A clock that stops, moves and is released.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn instant(text: &str) -> ClockInstant {
    ClockInstant(at(text))
}

fn running() -> AccountClock {
    AccountClock::running("acc_stg_0000000000000001".parse().unwrap())
}

fn stopped() -> AccountClock {
    running().stopped(instant("2026-01-31T00:00:00Z"), at("2030-01-01T00:00:00Z")).unwrap()
}

#[test]
fn a_clock_that_runs_shows_real_time() {
    let real = at("2030-01-01T00:00:00Z");
    let shown = running().shown(real);
    assert_eq!((shown.now, shown.stopped, shown.status), (real, false, ClockStatus::Ready));
    assert_eq!(running().moment(real), Moment::from(real));
    assert!(running().sent(instant("2031-01-01T00:00:00Z")).is_err());
}

#[test]
fn a_clock_that_stands_is_stopped_again_only_where_it_stands() {
    let real = at("2030-01-02T00:00:00Z");
    let again = stopped().stopped(instant("2026-01-31T00:00:00Z"), real).unwrap();
    assert_eq!(again, stopped());
    assert!(stopped().stopped(instant("2026-02-01T00:00:00Z"), real).is_err());
    assert_eq!(stopped().released().moment(real), Moment::from(real));
}

#[test]
fn a_clock_moves_forward_only() {
    assert!(stopped().sent(instant("2026-01-30T23:59:59Z")).is_err());
    let sent = stopped().sent(instant("2026-03-01T00:00:00Z")).unwrap();
    assert_eq!(sent.target(), Some(at("2026-03-01T00:00:00Z")));
    assert!(sent.sent(instant("2026-02-01T00:00:00Z")).is_err());
    let further = sent.sent(instant("2026-04-01T00:00:00Z")).unwrap();
    assert_eq!(further.target(), Some(at("2026-04-01T00:00:00Z")));
    let real = at("2030-01-01T00:00:05Z");
    let back = sent.moved(at("2026-01-01T00:00:00Z"), real);
    assert_eq!(back.moment(real).now(), at("2026-01-31T00:00:00Z"));
}

#[test]
fn on_its_way_a_clock_stands_at_each_instant_in_turn_and_arrives() {
    let real = at("2030-01-01T00:00:05Z");
    let sent = stopped().sent(instant("2026-03-01T00:00:00Z")).unwrap();
    let moved = sent.moved(at("2026-02-10T00:00:00Z"), real);
    assert_eq!(moved.moment(real), Moment::stopped(at("2026-02-10T00:00:00Z"), real));
    assert_eq!(moved.shown(real).status, ClockStatus::Advancing);
    let arrived = moved.arrived(real).shown(real);
    assert_eq!((arrived.now, arrived.status), (at("2026-03-01T00:00:00Z"), ClockStatus::Ready));
    assert_eq!(arrived.advancing_to, None);
}

#[test]
fn a_clock_that_failed_says_why_and_can_be_sent_again() {
    let real = at("2030-01-01T00:00:05Z");
    let to = instant("2026-03-01T00:00:00Z");
    let failed = stopped().sent(to).unwrap().failed("sub_1: no".to_owned());
    let shown = failed.shown(real);
    assert_eq!((shown.status, shown.failure.as_deref()), (ClockStatus::Failed, Some("sub_1: no")));
    assert_eq!((shown.advancing_to, failed.target()), (Some(to.get()), None));
    let again = failed.sent(to).unwrap();
    assert_eq!((again.target(), again.shown(real).failure), (Some(to.get()), None));
}

#[test]
fn ids_of_an_instant_are_counted_on_when_a_clock_stands_there_again() {
    let (first, second) = (at("2030-01-01T00:00:00Z"), at("2030-01-02T00:00:00Z"));
    let old = instant("2026-01-31T00:00:00Z");
    let since = |clock: &AccountClock| clock.moment(second).stopped_at().unwrap();
    let again = stopped().released().stopped(old, second).unwrap();
    assert_eq!(since(&again), first);
    let earlier = instant("2026-01-01T00:00:00Z");
    assert_eq!(since(&stopped().released().stopped(earlier, second).unwrap()), first);
    let later = instant("2026-02-01T00:00:00Z");
    assert_eq!(since(&stopped().released().stopped(later, second).unwrap()), second);
    let much_later = at("2030-06-01T00:00:00Z");
    let again = stopped().released().stopped(old, much_later).unwrap();
    assert_eq!(again.moment(much_later).stopped_at(), Some(much_later));
}

#[test]
fn an_instant_that_no_id_can_carry_is_refused() {
    let mut faults = Faults::default();
    for text in ["1969-12-31T23:59:59Z", "5188-01-01T00:00:00Z"] {
        let json = Json::Param(text.to_owned());
        let read =
            ClockInstant::read(&json, &Location::body("test clock").field("to"), &mut faults);
        assert_eq!(read, None);
    }
    assert_eq!(faults.count(), 2);
    assert_eq!(at("5000-01-01T00:00:00Z").millis(), LAST_MS);
}
