//! Periods of a subscription, at every instant and in every zone.

use arbitrary::Arbitrary;
use shared::{
    base::time::{TimeZoneName, Timestamp, zone_names},
    model::billing::cycle::{Cycle, Interval, IntervalUnit, Period},
};

/// Where a cycle begins, how long its periods are, and what is asked of it.
#[derive(Arbitrary, Debug)]
pub struct Times {
    anchor: i64,
    instant: i64,
    k: i64,
    unit: u8,
    count: u16,
    zone: u16,
}

/// Boundaries are in order, and every instant is in the one period that is said to hold it.
pub fn periods(times: Times) {
    let Some(cycle) = cycle(&times) else { return };
    if let Ok(Period { start, end }) = cycle.period(times.k) {
        assert!(start < end, "{cycle:?}: {start} to {end}");
        assert_eq!(cycle.index_at(start), Ok(times.k), "{cycle:?} at {start}");
        if let Ok(next) = cycle.period(times.k + 1) {
            assert_eq!(next.start, end);
        }
    }
    let range = Timestamp::from_millis(times.instant % 253_402_300_800_000);
    let Some(instant) = range else { return };
    if let Ok(k) = cycle.index_at(instant) {
        let period = cycle.period(k).expect("the period that an instant is in");
        assert!(period.contains(instant), "{cycle:?}: {instant} in {period:?}");
        assert_eq!(cycle.period_at(instant), Ok(period));
    }
}

fn cycle(times: &Times) -> Option<Cycle> {
    // Years 0 to 9999, as most are; an anchor beyond is out of time.
    let anchor = Timestamp::from_millis(times.anchor % 253_402_300_800_000)?;
    let unit = IntervalUnit::ALL[usize::from(times.unit) % IntervalUnit::ALL.len()];
    let count = serde_json::from_value((1 + times.count % 1095).into()).unwrap();
    Some(Cycle { anchor, interval: Interval { unit, count }, zone: zone(times.zone) })
}

/// One of the zones that there are.
fn zone(number: u16) -> TimeZoneName {
    let names: Vec<_> = zone_names().collect();
    serde_json::from_value(names[usize::from(number) % names.len()].into()).unwrap()
}
