//! How fast a processor is asked: by one process no faster than the processor takes it from one account.
//!
//! Only the sweeper asks much at once, and it is one process; a function that answers a request asks as
//! fast as it is answered. What is asked too fast all the same, the processor refuses, and then all of
//! this process wait a while.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::base::time::Clock;

const SECOND: i64 = 1_000_000;
/// How long nothing is asked after the processor said that it was too much.
const REST: i64 = SECOND / 2;
/// Forgetting one lets it ask at once.
const MOST: usize = 1_000;

/// When whose next question may be asked, in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    next: Mutex<HashMap<String, i64>>,
}

impl Pace {
    /// Takes the next turn of `who`, of whom `per_second` are taken: how long it is until then. After a
    /// pause half a second's worth may be asked at once.
    pub(crate) fn turn(&self, who: &str, per_second: u32) -> Duration {
        self.turn_at(who, per_second, Clock.micros())
    }

    /// The processor said that it is too much.
    pub(crate) fn rest(&self, who: &str) {
        self.rest_at(who, Clock.micros());
    }

    fn turn_at(&self, who: &str, per_second: u32, now: i64) -> Duration {
        let each = SECOND / i64::from(per_second.max(1));
        self.with(who, |next| {
            let turn = (*next).max(now - SECOND / 2);
            *next = turn + each;
            Duration::from_micros(u64::try_from(turn - now).unwrap_or_default())
        })
    }

    fn rest_at(&self, who: &str, now: i64) {
        self.with(who, |next| *next = (*next).max(now + REST));
    }

    fn with<T>(&self, who: &str, change: impl FnOnce(&mut i64) -> T) -> T {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() >= MOST {
            next.clear();
        }
        change(next.entry(who.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each of `count` that come at `now` is asked, in milliseconds.
    fn asked(pace: &Pace, count: usize, now: i64) -> Vec<u128> {
        (0..count).map(|_| pace.turn_at("a", 20, now).as_millis()).collect()
    }

    #[test]
    fn no_second_has_more_than_the_rate_and_a_burst() {
        let pace = Pace::default();
        let waits = asked(&pace, 60, SECOND);
        assert_eq!(waits[..12], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50]);
        assert_eq!(waits[59], 2_450);
        for begin in 0..2_450 {
            let within = waits.iter().filter(|at| (begin..begin + 1_000).contains(*at));
            assert!(within.count() <= 31, "{begin}");
        }
        // Others are not in its way.
        assert_eq!(pace.turn_at("b", 20, SECOND), Duration::ZERO);
    }

    #[test]
    fn after_a_pause_it_is_as_at_first_and_who_was_too_fast_rests() {
        let pace = Pace::default();
        asked(&pace, 60, SECOND);
        assert_eq!(asked(&pace, 12, 10 * SECOND)[10..], [0, 50]);
        pace.rest_at("a", 20 * SECOND);
        assert_eq!(asked(&pace, 2, 20 * SECOND), [500, 550]);
    }
}
