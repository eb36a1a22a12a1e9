//! Counting: what a batch of usage events adds to the counters, in the transaction that says it is
//! counted.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Proof, Rule, Tx, owner_of};
use crate::{
    base::{error::Error, hash::sha256},
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
            let counter = Key::usage_counter(&whose, &day, 0);
            let amounts = hours.into_iter().flat_map(|(hour, sum)| {
                [(format!("n{hour}"), sum.events), (format!("v{hour}"), sum.scaled)]
            });
            let amounts = amounts.filter(|(_, amount)| *amount != 0).collect();
            self.plan(Write::Add(counter, amounts), Rule::None);
        }
    }

    /// Takes an event off what is counted: once, because the log may not say yet that it is. `item` is
    /// the event as it is kept.
    pub fn void_usage(&mut self, event: &RecordedUsage, item: Item) -> Result<(), Error> {
        let (meter, customer, at) = event.place();
        let (hour, logged) = (Hour::of(at), event.void_entry());
        let whose = UsageOf { account: &self.account, meter, customer };
        // No batch has such a name.
        let name = format!("~{}", sha256(&logged.identifier));
        let log = Key::usage_log(&whose, &hour.name(), &name);
        let counter = Key::usage_counter(&whose, &hour.day(), 0);
        let own = Key::usage_event(&self.account, meter, &logged.identifier);
        let owner = owner_of(&item).unwrap_or_default().to_owned();
        let entry = Logged::entry([&logged])?;
        self.proof.get_or_insert(Proof(log.clone(), entry.clone()));
        self.plan(Write::Put(Put::guarded(log, entry, Condition::Absent)), Rule::Unchanged);
        let own = Put::guarded(own, event.voided_item(item), Condition::OwnedBy(owner));
        self.plan(Write::Put(own), Rule::Unchanged);
        let (hour, less) = (hour.of_day(), logged.tally());
        let amounts = [(format!("n{hour}"), less.events), (format!("v{hour}"), less.scaled)];
        let amounts = amounts.into_iter().filter(|(_, amount)| *amount != 0).collect();
        self.plan(Write::Add(counter, amounts), Rule::None);
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
