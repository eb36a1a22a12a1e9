//! Counting: what a batch of usage events adds to the counters, in the transaction that says it is
//! counted.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Proof, Rule, Tx, owner_of};
use crate::{
    base::error::Error,
    model::{
        entity::Item,
        meter::{Hour, Logged, RecordedUsage, Tally, UsageEvent},
    },
    store::{
        key::{Key, UsageOf},
        table::{Condition, Counting, Hold, NumberChange, Put, Write},
        usage_peaks::CorrectedPeaks,
    },
};

/// The attribute of a batch's record that says whether it is counted.
pub const COUNTED: &str = "counted";

/// What the name of a counter's number begins with: how many events.
pub(in crate::store) const EVENTS: &str = "n";
/// The sum of their values.
pub(in crate::store) const SUM: &str = "v";
/// The largest rank of them.
pub(in crate::store) const PEAK: &str = "m";
/// Of a value, how often it was used.
pub(in crate::store) const USES: &str = "n";
/// Of corrections: how many of an hour there were.
pub(in crate::store) const GUARD: &str = "g";
/// That of an hour only the log says which event counts.
pub(in crate::store) const UNSETTLED: &str = "d";

/// What is counted of a day.
#[derive(Debug, Default)]
struct Counted {
    hours: BTreeMap<String, Tally>,
    peaks: BTreeMap<String, i128>,
}

impl Counted {
    fn add(&mut self, hour: Hour, tally: Tally, rank: Option<i128>) {
        let sum = self.hours.entry(hour.of_day()).or_default();
        *sum = sum.plus(tally);
        if let Some(rank) = rank {
            let peak = self.peaks.entry(format!("{PEAK}{}", hour.of_day())).or_insert(rank);
            *peak = rank.max(*peak);
        }
    }

    fn amounts(&self) -> Vec<(String, i128)> {
        let amounts = self.hours.iter().flat_map(|(hour, sum)| {
            [(format!("{EVENTS}{hour}"), sum.events), (format!("{SUM}{hour}"), sum.scaled)]
        });
        amounts.filter(|(_, amount)| *amount != 0).collect()
    }
}

/// The name of a batch: nobody used it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageBatch(String);

impl UsageBatch {
    /// A new one.
    pub fn drawn() -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(&crate::base::id::random::<12>()))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl Tx {
    /// Counts the events that name `batch`: all of them or none, and at most once, because nobody may
    /// have said before whether the batch is counted.
    pub fn count_usage(&mut self, batch: &UsageBatch, events: &[&UsageEvent]) {
        let key = Key::usage_batch(&self.account, batch.name());
        let counted = Item::from_iter([
            (COUNTED.to_owned(), json!(true)),
            ("events".to_owned(), json!(events.len())),
        ]);
        self.proof.get_or_insert(Proof(key.clone(), counted.clone()));
        let put = Put::guarded(key, counted, Condition::Absent);
        self.plan(Write::Put(put), Rule::Unchanged);
        let mut counters: BTreeMap<_, Counted> = BTreeMap::new();
        for event in events {
            let counted = counters.entry(event.counter()).or_default();
            counted.add(event.hour(), event.tally(), event.rank);
        }
        self.log_usage(batch, events);
        let mut uses: BTreeMap<_, Vec<Logged>> = BTreeMap::new();
        for event in events.iter().filter(|event| event.unique_value.is_some()) {
            let of = (&event.meter, &event.customer);
            uses.entry(of).or_default().push(event.logged());
        }
        for ((meter, customer), logged) in uses {
            let account = self.account.clone();
            self.count_values(&UsageOf { account: &account, meter, customer }, &logged);
        }
        for ((meter, customer, day), counted) in counters {
            let whose = UsageOf { account: &self.account, meter, customer };
            self.count(Key::usage_counter(&whose, &day, 0), counted);
        }
    }

    /// Counts in a counter, in the lane of the process.
    fn count(&mut self, counter: Key, counted: Counted) {
        let (add, peaks) = (counted.amounts(), counted.peaks.into_iter().collect());
        let counting = Counting { add, peaks, known: Vec::new() };
        if counting != Counting::default() {
            self.plan(Write::Count(counter, counting), Rule::Lane);
        }
    }

    /// Counts how often each value was used, in the lane of the process; no longer, by what is void.
    fn count_values(&mut self, whose: &UsageOf<'_>, events: &[Logged]) {
        let mut values: BTreeMap<(String, &str), BTreeMap<String, i128>> = BTreeMap::new();
        for event in events {
            let (hour, Some(value)) = (Hour::of(event.at), &event.unique_value) else { continue };
            let uses = values.entry((hour.month(), value.as_str())).or_default();
            *uses.entry(format!("{USES}{}", hour.of_month())).or_default() += event.uses();
        }
        for ((month, value), uses) in values {
            let add: Vec<_> = uses.into_iter().filter(|(_, uses)| *uses != 0).collect();
            if !add.is_empty() {
                let counting = Counting { add, ..Counting::default() };
                let key = Key::usage_value(whose, (&month, value), 0);
                self.plan(Write::Count(key, counting), Rule::Lane);
            }
        }
    }

    /// Says of an hour which event counts, found in the log after `corrections` had been read of it: if
    /// nobody has corrected an event of it since.
    pub fn settle_peak(
        &mut self,
        whose: &UsageOf<'_>,
        (hour, rank): (Hour, Option<i128>),
        corrections: i128,
    ) {
        let name = |what: &str| format!("{what}{}", hour.of_day());
        let change = NumberChange {
            add: vec![(name(GUARD), 1)],
            remove: vec![name(UNSETTLED)],
            hold: vec![(name(GUARD), Hold::Is(Some(corrections)))],
            ..NumberChange::default()
        };
        let key = Key::usage_corrections(whose, &hour.day());
        self.plan(Write::Numbers(key, change), Rule::Unchanged);
        let mut counted = Counted::default();
        counted.peaks.extend(rank.map(|rank| (name(PEAK), rank)));
        self.count(Key::usage_counter(whose, &hour.day(), 0), counted);
    }

    /// Counts an event as `after` says and no longer as `before` does: once, because the log may not say
    /// yet that it was corrected as it is `before`. `item` is the event as it is kept; `peaks` are what
    /// was read of the hours concerned, of a meter of which one event counts.
    pub fn correct_usage(
        &mut self,
        (before, after): (&RecordedUsage, &RecordedUsage),
        item: Item,
        peaks: Option<&CorrectedPeaks>,
    ) -> Result<(), Error> {
        let name = before.next_correction();
        let gone = Logged { void: true, ..before.logged() };
        let now = (!after.is_void()).then(|| after.logged());
        let (meter, customer, _) = before.place();
        let account = self.account.clone();
        let whose = UsageOf { account: &account, meter, customer };
        let mut days: BTreeMap<String, Counted> = BTreeMap::new();
        let (from, to) = (Hour::of(gone.at), now.as_ref().map(|now| Hour::of(now.at)));
        let mut entries = vec![(from, format!("~{name}"), Logged::entry([&gone])?)];
        match &now {
            // Both in one entry, so that whoever reads the hour sees both or neither.
            Some(now) if to == Some(from) => {
                entries = vec![(from, format!("~{name}"), Logged::amendment(&gone, now)?)];
            }
            Some(now) => {
                entries.push((Hour::of(now.at), format!("+{name}"), Logged::entry([now])?));
            }
            None => {}
        }
        for (hour, name, entry) in entries {
            let key = Key::usage_log(&whose, &hour.name(), &name);
            self.proof.get_or_insert(Proof(key.clone(), entry.clone()));
            self.plan(Write::Put(Put::guarded(key, entry, Condition::Absent)), Rule::Unchanged);
        }
        for logged in [Some(&gone), now.as_ref()].into_iter().flatten() {
            let hour = Hour::of(logged.at);
            days.entry(hour.day()).or_default().add(hour, logged.tally(), None);
        }
        let own = Key::usage_event(&account, meter, &gone.identifier);
        let owner = owner_of(&item).unwrap_or_default().to_owned();
        let own = Put::guarded(own, after.corrected_item(item)?, Condition::OwnedBy(owner));
        self.plan(Write::Put(own), Rule::Unchanged);
        let changed: Vec<Logged> = [Some(gone), now].into_iter().flatten().collect();
        self.count_values(&whose, &changed);
        for (day, counted) in days {
            match peaks {
                None => self.count(Key::usage_counter(&whose, &day, 0), counted),
                Some(peaks) => {
                    let change = peaks.change(&day, counted.amounts());
                    let key = Key::usage_corrections(&whose, &day);
                    self.plan(Write::Numbers(key, change), Rule::Unchanged);
                }
            }
        }
        for (counter, change) in peaks.into_iter().flat_map(CorrectedPeaks::lanes) {
            self.plan(Write::Numbers(counter, change), Rule::Unchanged);
        }
        Ok(())
    }

    /// Writes the events down one by one, an entry for each customer, meter and hour.
    fn log_usage(&mut self, batch: &UsageBatch, events: &[&UsageEvent]) {
        let mut entries: BTreeMap<_, Vec<Logged>> = BTreeMap::new();
        for event in events {
            let of = (&event.meter, &event.customer, event.hour());
            entries.entry(of).or_default().push(event.logged());
        }
        for ((meter, customer, hour), events) in entries {
            let whose = UsageOf { account: &self.account, meter, customer };
            let key = Key::usage_log(&whose, &hour.name(), batch.name());
            match Logged::entry(&events) {
                Ok(entry) => {
                    let put = Put::guarded(key, entry, Condition::Absent);
                    self.plan(Write::Put(put), Rule::Unchanged);
                }
                Err(error) => self.note(Err(error)),
            }
        }
    }
}
