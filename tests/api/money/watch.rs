//! The second computation of a subscription's books. It knows no invoices, lines, credits or payments:
//! only from when until when each item ran at which rate. It is exact, in atoms × percent × seconds;
//! each line that is billed or credited is rounded to whole atoms, and may be off by one.

use std::collections::BTreeMap;

pub(super) const HOUR: i64 = 3600;
/// Ten days, so that periods are counted without a calendar.
pub(super) const PERIOD: i64 = 240 * HOUR;

/// Time that one item runs at one rate, bought up to the end of its period.
#[derive(Clone, Copy, Debug)]
struct Time {
    from: i64,
    until: i64,
    period: i64,
    /// Atoms a period, of which so many percent are paid.
    rate: i64,
    percent: i64,
}

impl Time {
    fn cost(&self) -> i128 {
        i128::from(self.rate * self.percent) * i128::from((self.until - self.from).max(0))
    }
}

/// What is subscribed to, as somebody with a stop-watch sees it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// What each item costs a period from now on.
    pub(super) rates: BTreeMap<String, i64>,
    running: BTreeMap<String, Time>,
    past: Vec<Time>,
    /// How much of a price is paid.
    pub(super) percent: i64,
    pub(super) billed: i64,
    pub(super) lines: i64,
}

impl Watch {
    /// Nothing runs yet; all of a price is paid.
    pub(super) fn new() -> Self {
        Self { percent: 100, ..Self::default() }
    }

    /// All items run from `from` on, until the end of the period.
    pub(super) fn bill(&mut self, period: i64, from: i64) {
        self.past.extend(std::mem::take(&mut self.running).into_values());
        for (item, rate) in &self.rates {
            let until = (period + 1) * PERIOD;
            let time = Time { from, until, period, rate: *rate, percent: self.percent };
            self.running.insert(item.clone(), time);
        }
        self.billed = period;
        self.lines += 2 * i64::try_from(self.rates.len()).unwrap();
    }

    /// One item goes on at another rate, which is billed for the rest of the period, or not.
    pub(super) fn change(&mut self, item: &str, at: i64, rate: Option<i64>, is_prorated: bool) {
        if rate.is_some() && self.rates.get(item).copied() == rate {
            return;
        }
        match rate {
            Some(rate) => self.rates.insert(item.to_owned(), rate),
            None => self.rates.remove(item),
        };
        if !is_prorated || (self.billed + 1) * PERIOD <= at {
            return;
        }
        if let Some(mut time) = self.running.remove(item) {
            time.until = at;
            self.past.push(time);
        }
        if let Some(rate) = rate {
            let (period, percent) = (self.billed, self.percent);
            let until = (period + 1) * PERIOD;
            self.running.insert(item.to_owned(), Time { from: at, until, period, rate, percent });
        }
        self.lines += 4;
    }

    /// The bill of a period that is not final yet gets another discount.
    pub(super) fn rediscount(&mut self, start: i64) {
        let all = self.running.values_mut().chain(&mut self.past);
        for time in all.filter(|time| time.from == start) {
            time.percent = self.percent;
        }
    }

    fn all(&self) -> impl Iterator<Item = &Time> {
        self.past.iter().chain(self.running.values())
    }

    /// What is to be kept after an end at `at`, in atoms.
    pub(super) fn price(&self, at: i64, option: &str) -> i64 {
        let used = self.all().map(|time| match option {
            "prorated" => Time { until: time.until.min(at), ..*time }.cost(),
            "full" if time.period == self.billed && (self.billed + 1) * PERIOD > at => 0,
            _ => time.cost(),
        });
        i64::try_from(used.sum::<i128>() / i128::from(100 * PERIOD)).unwrap()
    }
}
