//! Lists that are too busy for one partition.
//!
//! A partition of DynamoDB takes 1,000 write units a second, so one partition of a log takes about 333
//! operations: two units when they are written, one when they are compacted. A writer that is throttled
//! twice on one reads the list's head, raises the number of the log's
//! partitions there if nobody has, and from then on puts an operation where its id's hash says. Other
//! writers need not know: readers read all partitions that the head tells of, so an operation may be in
//! any of them. The number only ever grows, because a writer may remember any earlier one; it is only
//! used once the head tells of it, and a head that tells of more has another version, so a reader that
//! read too few starts again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{
    ATTEMPTS, List,
    item::Head,
    shelf::{Replaced, Shelf, Shelved},
    unique_name,
};
use crate::{
    base::{error::Error, id::AccountId},
    store::{Store, key::Key, table::Write},
};

/// How many partitions a log has at most: 5,300 operations a second.
const MOST: u8 = 16;
/// How many times as many it gets at once.
const FACTOR: u8 = 4;

/// How many partitions the logs of busy lists have, as far as this process has had to learn.
#[derive(Debug, Default)]
pub struct Spread(Mutex<HashMap<(AccountId, List), u8>>);

impl Spread {
    fn known(&self, list: &(AccountId, List)) -> u8 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(list).copied().unwrap_or(1)
    }

    fn learn(&self, list: (AccountId, List), partitions: u8) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(list).or_insert(1);
        *known = partitions.max(*known);
    }

    /// Moves operations to the partitions that they belong in.
    pub(in crate::store) fn over(&self, writes: &mut [Write]) {
        // As for nearly every process of nearly every account: then no key need be read.
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        for write in writes {
            let Some((account, list)) = write.key().list() else { continue };
            let sk = write.key().sk().to_owned();
            let partitions = self.known(&(account.clone(), list.clone()));
            if partitions > 1 {
                let id = sk.split('#').next().unwrap_or_default();
                let number = crc32fast::hash(id.as_bytes()) % u32::from(partitions);
                let number = u8::try_from(number).unwrap_or(0);
                write.move_to(Key::list_place(&account, &list, number, &sk));
            }
        }
    }
}

impl Store {
    /// Gives the log that an operation is in more partitions, or learns that it has some. False, if it
    /// cannot have more, or `key` is not that of an operation.
    pub(in crate::store) async fn widen(&self, key: &Key) -> Result<bool, Error> {
        let Some((account, list)) = key.list() else { return Ok(false) };
        let shelf = Shelved::new(self, &account, &list);
        let known = self.spread.known(&(account.clone(), list.clone()));
        let Some(partitions) = widened(&shelf, known).await? else { return Ok(false) };
        self.spread.learn((account.clone(), list.clone()), partitions);
        Ok(partitions > known)
    }
}

/// How many partitions the log has, after there are more than `known`; none, if others kept changing the
/// head.
pub(super) async fn widened<S: Shelf>(shelf: &S, known: u8) -> Result<Option<u8>, Error> {
    for _ in 0..ATTEMPTS {
        let head = shelf.head().await?.unwrap_or_default();
        if head.partitions() > known || head.partitions() >= MOST {
            return Ok(Some(head.partitions()));
        }
        let partitions = head.partitions().saturating_mul(FACTOR).min(MOST);
        let (before, version) = (head.version, head.version + 1);
        let next = Head { version, partitions, by: unique_name(), ..head };
        if shelf.replace(before, &next).await? == Replaced::Yes {
            return Ok(Some(partitions));
        }
    }
    Ok(None)
}
