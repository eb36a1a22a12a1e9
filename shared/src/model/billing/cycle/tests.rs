//! Periods at the ends of months, where clocks are moved, and where a whole day is missing.

use proptest::prelude::*;

use super::*;

const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
];

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn cycle_of(anchor: Timestamp, count: i64, unit: IntervalUnit, zone: &str) -> Cycle {
    let interval = Interval { unit, count: Integer::clamped(count) };
    Cycle { anchor, interval, zone: serde_json::from_value(zone.into()).unwrap() }
}

fn cycle(anchor: &str, unit: IntervalUnit, zone: &str) -> Cycle {
    cycle_of(at(anchor), 1, unit, zone)
}

fn boundaries<const N: usize>(cycle: &Cycle, ks: [i64; N]) -> [String; N] {
    ks.map(|k| cycle.boundary(k).unwrap().to_string().replace(".000Z", "Z"))
}

#[test]
fn the_31st_comes_back_after_a_shorter_month() {
    let monthly = cycle("2027-01-31T09:30:00Z", IntervalUnit::Month, "UTC");
    assert_eq!(
        boundaries(&monthly, [-2, -1, 0, 1, 2, 3, 13]),
        [
            "2026-11-30T09:30:00Z",
            "2026-12-31T09:30:00Z",
            "2027-01-31T09:30:00Z",
            "2027-02-28T09:30:00Z",
            "2027-03-31T09:30:00Z",
            "2027-04-30T09:30:00Z",
            "2028-02-29T09:30:00Z",
        ]
    );
}

#[test]
fn the_28th_of_february_stays_on_the_28th() {
    let monthly = cycle("2027-02-28T00:00:00Z", IntervalUnit::Month, "UTC");
    assert_eq!(
        boundaries(&monthly, [1, 2, 12]),
        ["2027-03-28T00:00:00Z", "2027-04-28T00:00:00Z", "2028-02-28T00:00:00Z"]
    );
}

#[test]
fn the_29th_of_february_comes_back_in_a_leap_year() {
    let yearly = cycle("2024-02-29T12:00:00Z", IntervalUnit::Year, "UTC");
    assert_eq!(
        boundaries(&yearly, [1, 2, 3, 4]),
        [
            "2025-02-28T12:00:00Z",
            "2026-02-28T12:00:00Z",
            "2027-02-28T12:00:00Z",
            "2028-02-29T12:00:00Z",
        ]
    );
}

#[test]
fn a_week_is_seven_days_and_a_count_multiplies() {
    let fortnightly = cycle_of(at("2026-01-01T00:00:00Z"), 2, IntervalUnit::Week, "UTC");
    assert_eq!(boundaries(&fortnightly, [1, 2]), ["2026-01-15T00:00:00Z", "2026-01-29T00:00:00Z"]);
    let quarterly = cycle_of(at("2026-11-30T00:00:00Z"), 3, IntervalUnit::Month, "UTC");
    assert_eq!(boundaries(&quarterly, [1, 2]), ["2027-02-28T00:00:00Z", "2027-05-30T00:00:00Z"]);
}

#[test]
fn a_calendar_is_where_the_customer_is() {
    // 00:30 on 1 February in Berlin: the first of a month, not the last.
    let monthly = cycle("2026-01-31T23:30:00Z", IntervalUnit::Month, "Europe/Berlin");
    assert_eq!(
        boundaries(&monthly, [1, 2, 3]),
        ["2026-02-28T23:30:00Z", "2026-03-31T22:30:00Z", "2026-04-30T22:30:00Z"]
    );
}

#[test]
fn a_local_time_that_is_skipped_or_occurs_twice_is_read_with_the_clocks_not_yet_moved() {
    let spring = cycle("2026-03-28T01:30:00Z", IntervalUnit::Day, "Europe/Berlin");
    assert_eq!(boundaries(&spring, [1, 2]), ["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]);
    let autumn = cycle("2026-10-24T00:30:00Z", IntervalUnit::Day, "Europe/Berlin");
    assert_eq!(boundaries(&autumn, [1, 2]), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
}

#[test]
fn boundary_0_is_the_anchor_even_where_its_local_time_occurs_twice() {
    let second = cycle("2026-10-25T01:30:00.123Z", IntervalUnit::Day, "Europe/Berlin");
    assert_eq!(second.boundary(0), Ok(second.anchor));
    assert_eq!(second.index_at(second.anchor), Ok(0));
    assert_eq!(boundaries(&second, [1]), ["2026-10-26T01:30:00.123Z"]);
}

#[test]
fn a_day_that_a_zone_left_out_is_cut_out_of_the_day_around_it() {
    let daily = cycle("2011-12-28T20:00:00Z", IntervalUnit::Day, "Pacific/Apia");
    assert_eq!(
        boundaries(&daily, [1, 2, 3, 4]),
        [
            "2011-12-29T20:00:00Z",
            "2011-12-30T08:00:00Z",
            "2011-12-30T20:00:00Z",
            "2011-12-31T20:00:00Z",
        ]
    );
    let monthly = cycle("2011-11-30T20:00:00Z", IntervalUnit::Month, "Pacific/Apia");
    assert_eq!(boundaries(&monthly, [1]), ["2011-12-30T20:00:00Z"]);
}

#[test]
fn a_boundary_belongs_to_the_period_that_begins() {
    let monthly = cycle("2026-01-31T09:30:00Z", IntervalUnit::Month, "UTC");
    let (first, second) = (monthly.period(0).unwrap(), monthly.period(1).unwrap());
    assert!(!first.contains(first.end) && second.contains(first.end));
    assert_eq!(monthly.period_at(first.end), Ok(second));
    assert_eq!(first.seconds(), 28 * DAY_IN_SECONDS);
}

#[test]
fn there_is_an_end_of_time_and_of_the_known_zones() {
    let slow = cycle_of(at("2026-01-01T00:00:00Z"), 1000, IntervalUnit::Year, "UTC");
    assert!(slow.boundary(7).is_ok());
    for k in [8, -13, i64::MAX, i64::MIN] {
        assert_eq!(slow.boundary(k), Err(OutOfTime::Range), "{k}");
    }
    assert_eq!(slow.period(i64::MAX), Err(OutOfTime::Range));
    let lost = cycle("2026-01-01T00:00:00Z", IntervalUnit::Day, "Mars/Olympus");
    assert_eq!(lost.boundary(0), Err(OutOfTime::UnknownZone));
    assert_eq!(Error::from(OutOfTime::UnknownZone).status(), 500);
    assert_eq!(Error::from(OutOfTime::Range).status(), 422);
}

#[test]
fn a_stored_count_that_is_no_count_does_not_hang() {
    let interval = serde_json::from_str(r#"{"unit": "day", "count": 0}"#).unwrap();
    let stored = Cycle { anchor: at("2026-01-01T00:00:00Z"), interval, zone: TimeZoneName::utc() };
    assert_eq!(stored.index_at(at("2026-01-03T00:00:00Z")), Ok(2));
}

/// An instant from 1900 to 2199, to the millisecond.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    (-2_208_988_800_000_i64..7_258_118_400_000).prop_map(|ms| Timestamp::from_millis(ms).unwrap())
}

fn any_cycle() -> impl Strategy<Value = Cycle> {
    let unit = proptest::sample::select(IntervalUnit::ALL);
    let count = prop_oneof![Just(1_i64), 2_i64..24];
    (any_instant(), count, unit, proptest::sample::select(&ZONES[..]))
        .prop_map(|(anchor, count, unit, zone)| cycle_of(anchor, count, unit, zone))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn periods_tile_time(cycle in any_cycle(), k in -100_i64..100) {
        let (one, next) = (cycle.period(k).unwrap(), cycle.period(k + 1).unwrap());
        prop_assert!(one.start < one.end);
        prop_assert_eq!(one.end, next.start);
    }

    #[test]
    fn the_index_of_a_boundary_is_its_own(cycle in any_cycle(), k in -100_i64..100) {
        let period = cycle.period(k).unwrap();
        prop_assert_eq!(cycle.index_at(period.start), Ok(k));
        let last = Timestamp::from_millis(period.end.millis() - 1).unwrap();
        prop_assert_eq!(cycle.index_at(last), Ok(k));
        prop_assert_eq!(cycle.index_at(period.end), Ok(k + 1));
    }

    #[test]
    fn every_instant_is_in_its_period(cycle in any_cycle(), instant in any_instant()) {
        prop_assert!(cycle.period_at(instant).unwrap().contains(instant));
    }

    #[test]
    fn days_tile_time_also_where_one_is_left_out(hours in 0_i64..24 * 60, k in 0_i64..90) {
        let anchor = at("2011-11-01T00:00:00Z").plus_hours(hours);
        let daily = cycle_of(anchor, 1, IntervalUnit::Day, "Pacific/Apia");
        let period = daily.period(k).unwrap();
        prop_assert!(period.start < period.end);
        prop_assert_eq!(daily.index_at(period.start), Ok(k));
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_last(anchor in any_instant(), k in -1000_i64..1000) {
        let (monthly, utc) = (cycle_of(anchor, 1, IntervalUnit::Month, "UTC"), TimeZone::UTC);
        let [from, to] = [anchor, monthly.boundary(k).unwrap()].map(|instant| instant.local(&utc));
        let month = |day: DateTime| i64::from(day.year()) * 12 + i64::from(day.month());
        prop_assert_eq!(month(to) - month(from), k);
        prop_assert_eq!(to.day(), from.day().min(to.days_in_month()));
        prop_assert_eq!(to.time(), from.time());
    }
}
