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

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    operation::{FIRST, MovedOf, Operation, Place, Subsets},
    tree::Change,
};

/// What is known of an operation beside its id and version.
#[derive(Clone, Debug)]
struct Noted {
    delta: i64,
    subsets: Subsets,
    partition: u8,
    with: Option<String>,
}

/// The operations of an id by their versions.
type Versions = BTreeMap<u64, Noted>;

/// What operations do to the list itself, in the order of their versions: not those of subsets alone.
fn deltas(versions: &Versions) -> impl DoubleEndedIterator<Item = (u64, i64)> {
    let own = versions.iter().map(|(version, noted)| (*version, noted.delta));
    own.filter(|(_, delta)| *delta != 0)
}

/// What was seen of a log, but for what the tree counts already.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    seen: BTreeMap<String, Versions>,
}

impl Log {
    pub fn add(&mut self, partition: u8, operations: Vec<Operation>, moved: &HashSet<Place>) {
        for operation in operations {
            let place = || Place::new(operation.key_id(), operation.version, partition);
            if moved.is_empty() || !moved.contains(&place()) {
                let Operation { id, version, delta, subsets, with } = operation;
                let noted = Noted { delta, subsets, partition, with };
                self.seen.entry(id).or_default().insert(version, noted);
            }
        }
    }

    /// Both.
    pub fn and(mut self, other: Self) -> Self {
        for (id, versions) in other.seen {
            self.seen.entry(id).or_default().extend(versions);
        }
        self
    }

    /// The same without the ids of another.
    pub fn without(mut self, other: &Self) -> Self {
        self.seen.retain(|id, _| !other.seen.contains_key(id));
        self
    }

    /// Leaves out what is not in items above those of `bound`: of an id that was seen above, all was.
    pub fn only_above(&mut self, bound: &str) {
        let is_above = |id: &String, versions: &Versions| {
            let with = |noted: &Noted| noted.with.as_deref().is_some_and(|with| with > bound);
            id.as_str() > bound || versions.values().any(with)
        };
        self.seen.retain(|id, versions| is_above(id, versions));
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
        let net = |(id, versions): (&String, &Versions)| {
            let first = deltas(versions).next()?.1;
            let last = deltas(versions).next_back()?.1;
            (first == last).then(|| Change { id: id.clone(), delta: last })
        };
        self.seen.iter().filter_map(net).collect()
    }

    /// The same with every id that was seen: of those whose membership they leave as it was, what the
    /// first operation says that it was not.
    pub fn all_changes(&self) -> Vec<Change> {
        let last = |(id, versions): (&String, &Versions)| {
            let delta = deltas(versions).next_back()?.1;
            Some(Change { id: id.clone(), delta })
        };
        self.seen.iter().filter_map(last).collect()
    }

    /// The ids that come or go twice in a row.
    pub fn uneven(&self) -> Vec<Change> {
        let twice = |(id, versions): (&String, &Versions)| {
            let deltas = || deltas(versions).map(|(_, delta)| delta);
            let delta = deltas().zip(deltas().skip(1)).find(|(one, next)| one == next)?.1;
            Some(Change { id: id.clone(), delta })
        };
        self.seen.iter().filter_map(twice).collect()
    }

    /// The operations of the lowest ids, at most `most`: of each id all, or of the last one the first; and
    /// whatever stands in one item with one of them.
    pub fn lowest(mut self, most: usize) -> Self {
        let mut left = most;
        let (mut items, mut beyond) = (HashSet::new(), Vec::new());
        for (id, versions) in &mut self.seen {
            while versions.len() > left {
                let Some((version, noted)) = versions.pop_last() else { break };
                if noted.with.is_some() {
                    beyond.push((id.clone(), version, noted));
                }
            }
            left -= versions.len();
            items.extend(versions.values().filter_map(|noted| noted.with.clone()));
        }
        self.seen.retain(|_, versions| !versions.is_empty());
        for (id, version, noted) in beyond {
            if noted.with.as_ref().is_some_and(|with| items.contains(with)) {
                self.seen.entry(id).or_default().insert(version, noted);
            }
        }
        self
    }

    /// What they are to each subset: its operations.
    pub fn of_subsets(&self) -> BTreeMap<String, Vec<MovedOf>> {
        let mut all: BTreeMap<String, Vec<MovedOf>> = BTreeMap::new();
        for (id, versions) in &self.seen {
            for (version, noted) in versions {
                for (filter, delta) in noted.subsets.each() {
                    let moved = MovedOf { id: id.clone(), version: *version, delta };
                    all.entry(filter.to_owned()).or_default().push(moved);
                }
            }
        }
        all
    }

    /// The same with those of `earlier` that come before the last one of the same id, and where these are.
    pub fn after(mut self, earlier: &Self) -> (Self, Vec<Place>) {
        let mut taken = Self::default();
        for (id, versions) in &mut self.seen {
            let last = versions.keys().next_back().copied().unwrap_or_default();
            let before = earlier.seen.get(id).into_iter().flat_map(|own| own.range(..last));
            let before: Versions =
                before.map(|(version, noted)| (*version, noted.clone())).collect();
            versions.extend(before.clone());
            taken.seen.insert(id.clone(), before);
        }
        (self, taken.places())
    }

    /// Where its operations are, ascending.
    pub fn places(&self) -> Vec<Place> {
        let of_id = |(id, versions): (&String, &Versions)| {
            let place = |(version, noted): (&u64, &Noted)| {
                Place::new(noted.with.as_deref().unwrap_or(id), *version, noted.partition)
            };
            versions.iter().map(place).collect::<Vec<_>>()
        };
        let places: BTreeSet<Place> = self.seen.iter().flat_map(of_id).collect();
        places.into_iter().collect()
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
            ..Operation::default()
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
    fn what_stands_in_one_item_is_taken_and_left_together() {
        let ids = |all: &[&str]| all.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let mut log = Log::default();
        let [one, other] = [&["a", "c", "f"][..], &["b", "d"]];
        for item in [one, other] {
            log.add(0, several(&ids(item)), &HashSet::new());
        }
        log.add(0, log_of("e", 1), &HashSet::new());
        assert_eq!((log.len(), log.places().len()), (6, 3));
        let batch = log.clone().lowest(1);
        assert_eq!(batch.places(), [Place::new("f", 1, 0)]);
        assert_eq!(changes(&batch).len(), 3);
        // Below what was read: the item of `d` was not seen, and that of `f` was.
        let mut seen = log.clone();
        seen.only_above("d");
        assert_eq!(seen.places(), [Place::new("e", 1, 0), Place::new("f", 1, 0)]);
        assert!(changes(&seen).contains(&("a".to_owned(), 1)));
        let mut rest = Log::default();
        let moved = HashSet::from([Place::new("f", 1, 0)]);
        rest.add(0, several(&ids(one)), &moved);
        assert_eq!(rest.len(), 0);
    }

    fn several(ids: &[String]) -> Vec<Operation> {
        Operation::together(ids.last().unwrap(), 1, ids.to_vec()).unwrap()
    }

    fn log_of(id: &str, version: u64) -> Vec<Operation> {
        vec![Operation { id: id.to_owned(), version, delta: 1, ..Operation::default() }]
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
