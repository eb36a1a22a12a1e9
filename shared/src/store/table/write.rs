//! What is written, and on which conditions.

use serde_json::{Value, json};

use super::single::{Hold, NumberChange};
use crate::{model::entity::Item, store::key::Key};

/// What must be true of the item under a key for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// There is none.
    Absent,
    /// It is at this version.
    Version(u64),
    /// The same, and it has this note of the lists that it has entered.
    Noted(u64, Option<String>),
    /// There is one.
    Present,
    /// There is none, or it is this object's.
    AbsentOrOwnedBy(String),
    /// It is this one's.
    OwnedBy(String),
    /// It is the record of a request with this fingerprint.
    Fingerprint(String),
    /// There is none, or it expired before this second since 1970.
    AbsentOrExpired(i64),
}

impl Condition {
    /// It is at this version, of which 0 is none at all.
    pub fn at_version(version: u64) -> Self {
        match version {
            0 => Self::Absent,
            version => Self::Version(version),
        }
    }

    pub(super) fn expression(&self) -> (&'static str, Vec<(&'static str, Value)>) {
        match self {
            Self::Absent => ("attribute_not_exists(PK)", vec![]),
            Self::Present => ("attribute_exists(PK)", vec![]),
            Self::Version(version) => ("version = :version", vec![(":version", json!(version))]),
            Self::Noted(version, None) => (
                "version = :version AND attribute_not_exists(entered)",
                vec![(":version", json!(version))],
            ),
            Self::Noted(version, Some(entered)) => (
                "version = :version AND entered = :entered",
                vec![(":version", json!(version)), (":entered", json!(entered))],
            ),
            Self::AbsentOrOwnedBy(id) => {
                ("attribute_not_exists(PK) OR owned_by = :owner", vec![(":owner", json!(id))])
            }
            Self::OwnedBy(id) => ("owned_by = :owner", vec![(":owner", json!(id))]),
            Self::Fingerprint(fingerprint) => {
                ("fingerprint = :fingerprint", vec![(":fingerprint", json!(fingerprint))])
            }
            Self::AbsentOrExpired(now) => {
                ("attribute_not_exists(PK) OR expires_at <= :now", vec![(":now", json!(now))])
            }
        }
    }
}

/// An item to write under a key.
#[derive(Clone, Debug)]
pub struct Put {
    pub(super) key: Key,
    pub(super) item: Item,
    pub(super) condition: Option<Condition>,
}

impl Put {
    /// Writes `item`, whatever is there.
    pub fn new(key: Key, item: Item) -> Self {
        Self { key, item, condition: None }
    }

    /// Writes `item` if `condition` holds.
    pub fn guarded(key: Key, item: Item, condition: Condition) -> Self {
        Self { key, item, condition: Some(condition) }
    }

    /// Writes another item, under the same key and on the same condition.
    pub(in crate::store) fn replace(&mut self, item: Item) {
        self.item = item;
    }

    pub(in crate::store) fn parts(&self) -> (&Key, &Item, Option<&Condition>) {
        (&self.key, &self.item, self.condition.as_ref())
    }
}

/// One write of a transaction.
#[derive(Clone, Debug)]
pub enum Write {
    /// Write an item.
    Put(Put),
    /// Remove an item if the condition holds.
    Delete(Key, Condition),
    /// Leave an item as it is; the condition must hold.
    Check(Key, Condition),
    /// Change numbers of an item. It is no write to repeat by itself: something else in its transaction
    /// must keep it from happening twice.
    Numbers(Key, NumberChange),
    /// Count in a counter, in the lane of the process: it is no write to repeat by itself either.
    Count(Key, Counting),
}

/// What is counted in a counter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    /// What is added to numbers, which begin at 0.
    pub add: Vec<(String, i128)>,
    /// What numbers are at least from then on.
    pub peaks: Vec<(String, i128)>,
    /// What these numbers are in the lane, as it was read.
    pub known: Vec<(String, i128)>,
}

impl Counting {
    /// The change that does it in a lane that is as it was read: a number that is large enough is left
    /// alone, on the condition that it still is.
    pub(super) fn change(&self) -> NumberChange {
        let mut change = NumberChange { add: self.add.clone(), ..NumberChange::default() };
        for (name, peak) in &self.peaks {
            let known = self.known.iter().find(|(known, _)| known == name);
            let is_there = known.is_some_and(|(_, number)| number >= peak);
            if !is_there {
                change.set.push((name.clone(), *peak));
            }
            let hold = if is_there { Hold::AtLeast(*peak) } else { Hold::Below(*peak) };
            change.hold.push((name.clone(), hold));
        }
        if change.add.is_empty() && change.set.is_empty() {
            // An update has to change something: it adds nothing to what is large enough.
            change.add.extend(self.peaks.iter().map(|(name, _)| (name.clone(), 0)));
        }
        change
    }
}

impl Write {
    /// The key it writes.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(put) => &put.key,
            Self::Delete(key, _)
            | Self::Check(key, _)
            | Self::Numbers(key, _)
            | Self::Count(key, _) => key,
        }
    }

    /// Makes it depend on what `check` demands of the same item, where it has no condition of its own:
    /// whether that is so.
    pub fn guard_by(&mut self, check: Self) -> bool {
        match (self, check) {
            (Self::Put(put), Self::Check(_, condition)) if put.condition.is_none() => {
                put.condition = Some(condition);
                true
            }
            _ => false,
        }
    }

    /// Makes it a write of another item.
    pub fn move_to(&mut self, to: Key) {
        match self {
            Self::Put(put) => put.key = to,
            Self::Delete(key, _)
            | Self::Check(key, _)
            | Self::Numbers(key, _)
            | Self::Count(key, _) => *key = to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_raised_or_left_alone_on_the_condition_that_it_is_as_it_was_read() {
        let named = |number: i128| vec![("m01".to_owned(), number)];
        let counting =
            |known: Vec<(String, i128)>| Counting { add: Vec::new(), peaks: named(7), known };
        for known in [vec![], named(6)] {
            let change = counting(known).change();
            assert_eq!((change.add, change.set), (vec![], named(7)));
            assert_eq!(change.hold, [("m01".to_owned(), Hold::Below(7))]);
        }
        let change = counting(named(7)).change();
        assert_eq!((change.add, change.set), (named(0), vec![]));
        assert_eq!(change.hold, [("m01".to_owned(), Hold::AtLeast(7))]);
    }
}
