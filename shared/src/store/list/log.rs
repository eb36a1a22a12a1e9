//! The log: the newest operations, each under a key of its own.
//!
//! The operations of one id alternate, a member comes before it goes, and their versions are in the
//! order in which they were committed. So whoever sees a *beginning* of them, however short, sees a
//! state that the id had: their sum is what the id's membership became minus what it was.
//!
//! A read that takes its time must therefore never see a later operation of an id without an earlier
//! one. Within a partition it does not: nothing stands between two operations of one id, and when the
//! later one is read, the earlier one is there, next to it. Across partitions it may; there, what was
//! seen is completed from a second look ([`Log::completed`]).

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use super::tree::Change;

/// Where an operation is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub sk: String,
    pub partition: u8,
}

/// How many digits of the version stand in a key, so that keys are in the order of their versions.
const DIGITS: usize = 9;

impl Place {
    pub fn new(id: &str, version: u64, partition: u8) -> Self {
        Self { sk: sort_key(id, version), partition }
    }

    /// Reads what `Display` wrote.
    pub fn read(text: &str) -> Option<Self> {
        match text.split_once('@') {
            Some((sk, partition)) => {
                Some(Self { sk: sk.to_owned(), partition: partition.parse().ok()? })
            }
            None => Some(Self { sk: text.to_owned(), partition: 0 }),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.partition {
            0 => f.write_str(&self.sk),
            partition => write!(f, "{}@{partition}", self.sk),
        }
    }
}

/// The version of an object that was just made.
const FIRST: u64 = 1;

/// The sort key of the operation that the change to `version` of the object `id` makes.
pub(super) fn sort_key(id: &str, version: u64) -> String {
    format!("{id}#{version:0DIGITS$}")
}

/// The id and the version in a sort key.
pub(super) fn parts(sk: &str) -> Option<(&str, u64)> {
    let (id, version) = sk.split_once('#')?;
    Some((id, version.parse().ok()?))
}

/// The sort key above those of every operation of `id`.
pub(super) fn above(id: &str) -> String {
    format!("{id}#~")
}

/// An operation as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    pub id: String,
    pub version: u64,
    /// +1 or −1.
    pub delta: i64,
}

/// What was seen of a log, but for what the tree counts already.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    seen: BTreeMap<String, BTreeMap<u64, (i64, u8)>>,
}

impl Log {
    pub fn add(&mut self, partition: u8, operations: Vec<Operation>, moved: &HashSet<Place>) {
        for Operation { id, version, delta } in operations {
            let counted = !moved.is_empty() && moved.contains(&Place::new(&id, version, partition));
            if !counted {
                self.seen.entry(id).or_default().insert(version, (delta, partition));
            }
        }
    }

    /// Leaves out the ids that are not above `bound`.
    pub fn only_above(&mut self, bound: &str) {
        self.seen.retain(|id, _| id.as_str() > bound);
    }

    /// Whether there may be earlier operations of an id that were not seen: only of an object that was
    /// just made it is certain that there are none.
    pub fn may_be_torn(&self) -> bool {
        !self.seen.values().all(|versions| versions.keys().eq([&FIRST]))
    }

    /// The same with what `later`, which was read after it, has of the same ids up to the last version
    /// that was seen of each: whatever came before that one had been written when it was seen.
    pub fn completed(mut self, later: Self) -> Self {
        for (id, versions) in later.seen {
            let Some(seen) = self.seen.get_mut(&id) else { continue };
            let Some(last) = seen.keys().next_back().copied() else { continue };
            seen.extend(versions.into_iter().filter(|(version, _)| *version < last));
        }
        self
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.seen.values().map(BTreeMap::len).sum()
    }

    /// The ids whose membership they change, ascending. The last operation of an id says what it has
    /// become, and the first one what it was.
    pub fn changes(&self) -> Vec<Change> {
        let net = |(id, versions): (&String, &BTreeMap<u64, (i64, u8)>)| {
            let (first, last) = (versions.values().next()?.0, versions.values().next_back()?.0);
            (first == last).then(|| Change { id: id.clone(), delta: last })
        };
        self.seen.iter().filter_map(net).collect()
    }

    /// The same with every id that was seen: of those whose membership they leave as it was, what the
    /// first operation says that it was not.
    pub fn all_changes(&self) -> Vec<Change> {
        let last = |(id, versions): (&String, &BTreeMap<u64, (i64, u8)>)| {
            let delta = versions.values().next_back()?.0;
            Some(Change { id: id.clone(), delta })
        };
        self.seen.iter().filter_map(last).collect()
    }

    /// The ids that come or go twice in a row.
    pub fn uneven(&self) -> Vec<Change> {
        let twice = |(id, versions): (&String, &BTreeMap<u64, (i64, u8)>)| {
            let deltas = || versions.values().map(|(delta, _)| *delta);
            let delta = deltas().zip(deltas().skip(1)).find(|(one, next)| one == next)?.1;
            Some(Change { id: id.clone(), delta })
        };
        self.seen.iter().filter_map(twice).collect()
    }

    /// The operations of the lowest ids, at most `most`: of each id all, or of the last one the first.
    pub fn lowest(mut self, most: usize) -> Self {
        let mut left = most;
        for versions in self.seen.values_mut() {
            while versions.len() > left {
                versions.pop_last();
            }
            left -= versions.len();
        }
        self.seen.retain(|_, versions| !versions.is_empty());
        self
    }

    /// Where its operations are.
    pub fn places(&self) -> Vec<Place> {
        let of_id = |(id, versions): (&String, &BTreeMap<u64, (i64, u8)>)| {
            let place = |(version, (_, partition)): (&u64, &(i64, u8))| {
                Place::new(id, *version, *partition)
            };
            versions.iter().map(place).collect::<Vec<_>>()
        };
        self.seen.iter().flat_map(of_id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(operations: &[(&str, u64, i64)]) -> Log {
        let mut log = Log::default();
        let operations = operations.iter().map(|(id, version, delta)| Operation {
            id: (*id).to_owned(),
            version: *version,
            delta: *delta,
        });
        log.add(0, operations.collect(), &HashSet::new());
        log
    }

    fn changes(log: &Log) -> Vec<(String, i64)> {
        log.changes().into_iter().map(|change| (change.id, change.delta)).collect()
    }

    #[test]
    fn an_id_changes_by_the_sum_of_its_operations() {
        let log =
            log(&[("a", 1, 1), ("b", 1, 1), ("b", 3, -1), ("c", 4, -1), ("d", 2, -1), ("d", 9, 1)]);
        assert_eq!(changes(&log), [("a".to_owned(), 1), ("c".to_owned(), -1)]);
        assert_eq!(log.len(), 6);
    }

    #[test]
    fn keys_are_in_the_order_of_their_versions() {
        assert!(sort_key("a", 9) < sort_key("a", 10));
        assert!(sort_key("a", 999_999_999) < above("a") && above("a") < sort_key("b", 0));
        assert_eq!(parts(&sort_key("cus_1", 42)), Some(("cus_1", 42)));
        for place in [Place::new("a", 3, 0), Place::new("a", 3, 15)] {
            assert_eq!(Place::read(&place.to_string()), Some(place));
        }
    }

    #[test]
    fn what_was_seen_torn_is_completed_up_to_the_last_that_was_seen() {
        let torn = log(&[("a", 2, -1), ("b", 5, 1)]);
        assert!(torn.may_be_torn());
        let later = log(&[("a", 1, 1), ("a", 2, -1), ("a", 3, 1), ("b", 5, 1), ("c", 1, 1)]);
        let whole = torn.completed(later);
        assert_eq!(changes(&whole), [("b".to_owned(), 1)]);
        assert!(!log(&[("a", 1, 1), ("b", 1, 1)]).may_be_torn());
        assert!(
            log(&[("a", 3, 1)]).may_be_torn() && log(&[("a", 1, 1), ("a", 5, 1)]).may_be_torn()
        );
    }

    #[test]
    fn a_batch_takes_of_each_id_the_first_operations() {
        let all = [("a", 1, 1), ("a", 2, -1), ("b", 1, 1), ("b", 2, -1), ("b", 3, 1), ("c", 1, 1)];
        let lowest = |most| log(&all).lowest(most);
        assert_eq!(changes(&lowest(1)), [("a".to_owned(), 1)]);
        assert_eq!((lowest(4).len(), changes(&lowest(4)).len()), (4, 0));
        assert_eq!(changes(&lowest(5)), [("b".to_owned(), 1)]);
        assert_eq!(changes(&lowest(9)), [("b".to_owned(), 1), ("c".to_owned(), 1)]);
    }
}
