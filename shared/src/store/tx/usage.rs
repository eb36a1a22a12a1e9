//! Counting: what a batch of usage events adds to the counters, in the transaction that says it is
//! counted.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Proof, Rule, Tx};
use crate::{
    model::{
        entity::Item,
        meter::{Logged, Tally, UsageEvent},
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
