//! What was read of a shard, shared out into batches.
//!
//! A shard's records are dealt to as many groups as its `ParallelizationFactor` says, all of one item to the
//! same. Each group has one batch on its way at a time, so what happened to an item is told in order, and
//! groups do not wait for one another. A batch has at most `BatchSize` records and 6 MB. What is done with
//! up to here is known: that is where reading begins again. Lambda does not say whether it counts the
//! records of a batch before or after they are filtered; here, after.
//! Source: AWS, "Using AWS Lambda with Amazon DynamoDB", *Polling and batching streams*.

use super::filter::Filter;
use serde_json::Value;
use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

/// The most bytes of records in one invocation.
const MOST_BYTES: usize = 6 * 1024 * 1024;
/// What stands around the records.
const ENVELOPE_BYTES: usize = 64 * 1024;
/// How many records `GetRecords` answers with at most.
const MOST_READ: usize = 1000;
/// How many records are behind one that is not done with.
const MOST_KEPT: usize = 100_000;

/// Records for one invocation.
#[derive(Debug)]
pub(super) struct Batch {
    group: usize,
    ordinals: Vec<usize>,
    pub(super) records: Vec<Value>,
}

/// The records of a shard that were read, until all before them are done with.
#[derive(Debug)]
pub(super) struct Batches {
    batch_size: usize,
    groups: Vec<Group>,
    /// Of each that is not done with, or stands behind one that is not: its number, and whether it is done.
    read: VecDeque<(String, bool)>,
    /// How many were read before these.
    done: usize,
}

#[derive(Debug, Default)]
struct Group {
    waiting: VecDeque<(usize, Value)>,
    is_busy: bool,
}

impl Batches {
    pub(super) fn new(batch_size: u32, factor: u32) -> Self {
        let count = |number: u32| usize::try_from(number.max(1)).unwrap_or(1);
        Self {
            batch_size: count(batch_size),
            groups: (0..count(factor)).map(|_| Group::default()).collect(),
            read: VecDeque::new(),
            done: 0,
        }
    }

    /// How many records are to be read now: none while so many wait already, though one group may have
    /// most of them.
    pub(super) fn room(&self) -> usize {
        let most = self.batch_size.saturating_mul(self.groups.len()).min(MOST_READ);
        let waiting: usize = self.groups.iter().map(|group| group.waiting.len()).sum();
        if waiting < most && self.read.len() < MOST_KEPT { most } else { 0 }
    }

    /// Takes in what was read, in its order, and leaves out what the function does not want to see.
    pub(super) fn add(&mut self, records: Vec<Value>, filter: &Filter) {
        for record in records {
            let number = record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str);
            let ordinal = self.done.saturating_add(self.read.len());
            let is_wanted = filter.passes(&record);
            self.read.push_back((number.unwrap_or_default().to_owned(), !is_wanted));
            if is_wanted {
                let group = self.group_of(&record);
                if let Some(group) = self.groups.get_mut(group) {
                    group.waiting.push_back((ordinal, record));
                }
            }
        }
    }

    fn group_of(&self, record: &Value) -> usize {
        let mut hasher = DefaultHasher::new();
        record.pointer("/dynamodb/Keys").map(Value::to_string).hash(&mut hasher);
        let count = u64::try_from(self.groups.len()).unwrap_or(1);
        usize::try_from(hasher.finish() % count).unwrap_or_default()
    }

    /// A batch of a group that has none on its way.
    pub(super) fn next(&mut self) -> Option<Batch> {
        let mut groups = self.groups.iter_mut().enumerate();
        let (number, group) =
            groups.find(|(_, group)| !group.is_busy && !group.waiting.is_empty())?;
        let mut batch = Batch { group: number, ordinals: Vec::new(), records: Vec::new() };
        let mut left = MOST_BYTES - ENVELOPE_BYTES;
        while batch.records.len() < self.batch_size
            && let Some((_, record)) = group.waiting.front()
        {
            let size = record.to_string().len();
            if size > left && !batch.records.is_empty() {
                break;
            }
            left = left.saturating_sub(size);
            let Some((ordinal, record)) = group.waiting.pop_front() else { break };
            batch.ordinals.push(ordinal);
            batch.records.push(record);
        }
        group.is_busy = true;
        Some(batch)
    }

    /// A batch is done with.
    pub(super) fn finish(&mut self, batch: &Batch) {
        if let Some(group) = self.groups.get_mut(batch.group) {
            group.is_busy = false;
        }
        for ordinal in &batch.ordinals {
            if let Some((_, is_done)) = self.read.get_mut(ordinal.saturating_sub(self.done)) {
                *is_done = true;
            }
        }
    }

    /// The number of the last record up to which all are done with, if there are more than before.
    pub(super) fn passed(&mut self) -> Option<String> {
        let mut last = None;
        while let Some((number, _)) = self.read.pop_front_if(|(_, is_done)| *is_done) {
            self.done = self.done.saturating_add(1);
            last = Some(number);
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(number: usize, key: &str) -> Value {
        let (number, keys) = (number.to_string(), json!({"PK": {"S": key}}));
        json!({"dynamodb": {"SequenceNumber": number, "Keys": keys}})
    }

    fn numbers(batch: &Batch) -> Vec<usize> {
        let number = |one: &Value| one["dynamodb"]["SequenceNumber"].as_str()?.parse().ok();
        batch.records.iter().filter_map(number).collect()
    }

    fn all() -> Filter {
        Filter::parse(None).unwrap()
    }

    #[test]
    fn an_item_is_told_of_in_order_and_groups_do_not_wait_for_one_another() {
        let mut batches = Batches::new(2, 4);
        let items = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let read = (0..64).map(|number| record(number, items[number % 8]));
        batches.add(read.collect(), &all());
        // This one is never done with.
        let held = batches.next().unwrap();
        let (mut told, mut going) = (numbers(&held), VecDeque::new());
        loop {
            going.extend(std::iter::from_fn(|| batches.next()));
            let Some(batch) = going.pop_front() else { break };
            assert!(batch.group != held.group && batch.records.len() <= 2);
            told.extend(numbers(&batch));
            batches.finish(&batch);
        }
        let of = |item: usize| told.iter().filter(move |number| *number % 8 == item);
        assert!((0..8).all(|item| of(item).is_sorted()));
        let all_told = (0..8).filter(|item| of(*item).count() == 8).count();
        assert!((1..8).contains(&all_told), "all but those of the group that waits");
        let before = numbers(&held)[0].checked_sub(1).map(|number| number.to_string());
        assert_eq!(batches.passed(), before, "as far as the one that waits");
    }

    #[test]
    fn reading_begins_again_before_the_first_that_is_not_done_with() {
        let mut batches = Batches::new(1, 10);
        let wanted = json!({"Filters": [{"Pattern": r#"{"dynamodb": {"Keys": {"PK": {"S": [{"prefix": "e"}]}}}}"#}]});
        let filter = Filter::parse(Some(&wanted)).unwrap();
        let keys = ["x", "e1", "x", "e2", "x"];
        batches.add((0..).zip(keys).map(|(at, key)| record(at, key)).collect(), &filter);
        assert_eq!(batches.passed().as_deref(), Some("0"), "nobody wants the first");
        let (first, second) = (batches.next().unwrap(), batches.next().unwrap());
        let (first, second) =
            if numbers(&first) == [1] { (first, second) } else { (second, first) };
        batches.finish(&second);
        assert_eq!(batches.passed(), None);
        batches.finish(&first);
        assert_eq!(batches.passed().as_deref(), Some("4"));
        assert_eq!((batches.passed(), batches.room()), (None, 10));
    }

    #[test]
    fn a_batch_has_so_many_records_and_bytes() {
        let mut batches = Batches::new(100, 1);
        let mut large: Vec<Value> = (0..5).map(|number| record(number, "a")).collect();
        large.iter_mut().for_each(|one| one["dynamodb"]["NewImage"] = "x".repeat(2_000_000).into());
        batches.add(large, &all());
        batches.add((5..100).map(|number| record(number, "a")).collect(), &all());
        assert_eq!(batches.room(), 0);
        let mut sizes = Vec::new();
        while let Some(batch) = batches.next() {
            sizes.push(batch.records.len());
            batches.finish(&batch);
        }
        assert_eq!(sizes, [3, 97]);
    }
}
