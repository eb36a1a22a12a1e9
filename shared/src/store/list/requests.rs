//! Who says that a list wants compacting, and who hears of it.
//!
//! A writer does not know how long a log is, so one operation in 128 leaves a request, under a key of
//! its own and in its own transaction: writers do not meet on it, and it cannot be lost. A reader that
//! had to read a long log leaves one too. All requests stand in one partition; the table's stream tells
//! the worker that there are some, and a schedule finds those of which the stream's word was lost. The
//! worker removes those it has seen once the list is short: if it dies before, they are still there.
//!
//! Lists take turns, so that a busy one does not keep the others waiting; several workers at once begin
//! in different places, and leave each other the list at which they meet.

use std::collections::{BTreeMap, VecDeque};

use futures_util::FutureExt;
use serde::Serialize;
use serde_json::json;

use super::{List, compact::Compacted};
use crate::{
    error::Error,
    http::{Report, Worker},
    id::AccountId,
    store::{
        Consistency, Store,
        key::{BEFORE_IDS, COMPACTIONS, Key},
        table::{Item, Put, Update, Write},
    },
    telemetry::{log_delay, log_failure},
    time::Clock,
};

/// One operation in so many leaves a request.
const ONE_IN: u32 = 128;
/// One reader in so many leaves one.
const READERS: u32 = 8;
/// How many requests are read at once.
const PAGE: i32 = 1000;
/// How many batches of a list are moved in one turn.
const TURN: usize = 8;
/// A turn that is begun may take this long.
const TURN_MS: i64 = 10_000;

/// A request to compact `list`, with one operation in 128.
pub(super) fn now_and_then(account: &AccountId, list: &List, operation: &Key) -> Option<Write> {
    let drawn = crc32fast::hash(operation.to_string().as_bytes()).is_multiple_of(ONE_IN);
    let key = || Key::compaction(account, list, operation.sk());
    drawn.then(|| Write::Put(Put::new(key(), Item::new())))
}

/// What a run of the worker has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compactions {
    /// Lists that were asked for.
    lists: usize,
    /// Operations that moved from a log into a tree.
    moved: usize,
    /// Lists that could not be compacted, and are asked for still.
    failed: usize,
}

impl Report for Compactions {
    fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

impl Store {
    /// Asks for a list's compaction, now and then: many may be reading it, and one item is all that they
    /// write. That it could not be asked for is no reader's fault.
    pub(super) async fn request_compaction(&self, account: &AccountId, list: &List) {
        if !u32::from_le_bytes(crate::id::random()).is_multiple_of(READERS) {
            return;
        }
        let update = Update {
            key: Key::compaction(account, list, "read"),
            change: "ADD times :one",
            condition: "attribute_exists(PK) OR attribute_not_exists(PK)",
            values: vec![(":one", json!(1))],
        };
        if let Err(error) = self.update(update).await {
            log_delay(&format!("{list:?} is long"), &error.explained());
        }
    }
}

impl Worker {
    /// Compacts the lists of which it is asked, whoever invoked it.
    pub async fn compact(self) -> Result<Compactions, Error> {
        // Boxed: its future is as large as all that a compaction may wait for.
        self.answer_all().boxed_local().await
    }

    async fn answer_all(&self) -> Result<Compactions, Error> {
        let mut done = Compactions::default();
        let mut after = BEFORE_IDS.to_owned();
        let until = self.ends_at().plus_millis(-TURN_MS);
        loop {
            let (requests, more) = self
                .store()
                .query_keys(COMPACTIONS, (&after, "~"), PAGE, Consistency::Strong)
                .await?;
            let mut waiting = VecDeque::from_iter(by_list(&requests));
            done.lists += waiting.len();
            let begin = usize::from(u16::from_le_bytes(crate::id::random()));
            waiting.rotate_left(begin.checked_rem(waiting.len()).unwrap_or(0));
            while let Some((list, keys)) = waiting.pop_front() {
                if Clock.now() >= until {
                    return Ok(done);
                }
                match self.take_turn(&list, &keys).await {
                    Ok((moved, last)) => {
                        done.moved += moved;
                        // One that another worker is at is left to it; the requests are still there.
                        if matches!(last, Compacted::Moved(_)) {
                            waiting.push_back((list, keys));
                        }
                    }
                    Err(error) => {
                        done.failed += 1;
                        log_failure(&format!("{list:?} was not compacted"), &error.explained());
                    }
                }
            }
            match requests.into_iter().next_back().filter(|_| more) {
                Some(last) => after = last,
                None => return Ok(done),
            }
        }
    }

    async fn take_turn(
        &self,
        (account, list): &(AccountId, List),
        requests: &[Key],
    ) -> Result<(usize, Compacted), Error> {
        let (moved, last) = self.store().compact(account, list, TURN).await?;
        if last == Compacted::Nothing {
            let gone = requests.iter().map(|key| (key.clone(), None)).collect();
            self.store().batch_write(account, gone).await?;
        }
        Ok((moved, last))
    }
}

/// The requests of each list.
fn by_list(requests: &[String]) -> BTreeMap<(AccountId, List), Vec<Key>> {
    let mut lists: BTreeMap<(AccountId, List), Vec<Key>> = BTreeMap::new();
    for sk in requests {
        let mut parts = sk.splitn(3, '#');
        let (account, list) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if let Ok(account) = account.parse::<AccountId>() {
            let list = List::named(list);
            let key = Key::compaction(&account, &list, parts.next().unwrap_or_default());
            lists.entry((account, list)).or_default().push(key);
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_gathered_by_their_list() {
        let account: AccountId = "acc_prod_0000000000000001".parse().unwrap();
        let list = List::filtered("customers", "email", "a#b@example.com");
        let keys = ["cus_1#000000001", "read"].map(|why| Key::compaction(&account, &list, why));
        let requests: Vec<String> = keys.iter().map(|key| key.sk().to_owned()).collect();
        let expected = BTreeMap::from([((account, list), keys.to_vec())]);
        assert_eq!(by_list(&requests), expected);
    }

    #[test]
    fn about_one_operation_in_128_asks() {
        let account: AccountId = "acc_prod_0000000000000001".parse().unwrap();
        let list = List::all("customers");
        let asks = |number: &u32| {
            let key = Key::list_place(&account, &list, 0, &format!("cus_{number}#000000001"));
            now_and_then(&account, &list, &key).is_some()
        };
        let asked = (0..12_800_u32).filter(asks).count();
        assert!((70..130).contains(&asked), "{asked}");
    }
}
