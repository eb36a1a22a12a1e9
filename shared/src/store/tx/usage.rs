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
        table::{Condition, Put, Write},
    },
};

/// The attribute of a batch's record that says whether it is counted.
pub const COUNTED: &str = "counted";

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
        let mut counters: BTreeMap<_, BTreeMap<String, Tally>> = BTreeMap::new();
        for event in events {
            let sum = counters.entry(event.counter()).or_default();
            let sum = sum.entry(event.hour().of_day()).or_default();
            *sum = sum.plus(event.tally());
        }
        self.log_usage(batch, events);
        for ((meter, customer, day), hours) in counters {
            let whose = UsageOf { account: &self.account, meter, customer };
            self.add_to_counter(Key::usage_counter(&whose, &day, 0), hours);
        }
    }

    /// Counts an event as `after` says and no longer as `before` does: once, because the log may not say
    /// yet that it was corrected as it is `before`. `item` is the event as it is kept.
    pub fn correct_usage(
        &mut self,
        (before, after): (&RecordedUsage, &RecordedUsage),
        item: Item,
    ) -> Result<(), Error> {
        let name = before.next_correction();
        let gone = Logged { void: true, ..before.logged() };
        let now = (!after.is_void()).then(|| after.logged());
        let (meter, customer, _) = before.place();
        let account = self.account.clone();
        let whose = UsageOf { account: &account, meter, customer };
        let mut days: BTreeMap<String, BTreeMap<String, Tally>> = BTreeMap::new();
        for (sign, logged) in [("~", Some(&gone)), ("+", now.as_ref())] {
            let Some(logged) = logged else { continue };
            let (hour, entry) = (Hour::of(logged.at), Logged::entry([logged])?);
            let key = Key::usage_log(&whose, &hour.name(), &format!("{sign}{name}"));
            self.proof.get_or_insert(Proof(key.clone(), entry.clone()));
            self.plan(Write::Put(Put::guarded(key, entry, Condition::Absent)), Rule::Unchanged);
            let sum = days.entry(hour.day()).or_default().entry(hour.of_day()).or_default();
            *sum = sum.plus(logged.tally());
        }
        let own = Key::usage_event(&account, meter, &gone.identifier);
        let owner = owner_of(&item).unwrap_or_default().to_owned();
        let own = Put::guarded(own, after.corrected_item(item)?, Condition::OwnedBy(owner));
        self.plan(Write::Put(own), Rule::Unchanged);
        for (day, hours) in days {
            self.add_to_counter(Key::usage_counter(&whose, &day, 0), hours);
        }
        Ok(())
    }

    /// Adds to the hours of a counter.
    fn add_to_counter(&mut self, counter: Key, hours: BTreeMap<String, Tally>) {
        let amounts = hours.into_iter().flat_map(|(hour, sum)| {
            [(format!("n{hour}"), sum.events), (format!("v{hour}"), sum.scaled)]
        });
        let amounts: Vec<_> = amounts.filter(|(_, amount)| *amount != 0).collect();
        if !amounts.is_empty() {
            self.plan(Write::Add(counter, amounts), Rule::None);
        }
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
