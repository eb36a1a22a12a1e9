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

use std::collections::BTreeMap;

use serde_json::json;

use super::List;
use crate::{
    base::{id::AccountId, telemetry::log_delay},
    model::entity::Item,
    store::{
        Store,
        key::Key,
        table::{Put, Update, Write},
    },
};

/// One operation in so many leaves a request.
const ONE_IN: u32 = 128;
/// One reader in so many leaves one.
const READERS: u32 = 8;

/// Why a list is to be compacted that has strays.
pub const STRAYS: &str = "strays";

/// Why a list is to be given an index, or more of what it holds is to enter it.
pub const INDEX: &str = "index";

/// A request to compact `list`, with one operation in 128.
pub(super) fn now_and_then(account: &AccountId, list: &List, operation: &Key) -> Option<Write> {
    let drawn = crc32fast::hash(operation.to_string().as_bytes()).is_multiple_of(ONE_IN);
    let key = || Key::compaction(account, list, operation.sk());
    drawn.then(|| Write::Put(Put::new(key(), Item::new())))
}

impl Store {
    /// Asks for a list's compaction, now and then: many may be reading it, and one item is all that they
    /// write.
    pub(super) async fn request_compaction(&self, account: &AccountId, list: &List) {
        if u32::from_le_bytes(crate::base::id::random()).is_multiple_of(READERS) {
            self.request(account, list, "read").await;
        }
    }

    /// Asks for a list's strays to be taken out of its log.
    pub(super) async fn request_mending(&self, account: &AccountId, list: &List) {
        self.request(account, list, STRAYS).await;
    }

    /// Asks for what a list holds to enter its index.
    pub(super) async fn request_index(&self, account: &AccountId, list: &List) {
        self.request(account, list, INDEX).await;
    }

    /// That it could not be asked for is no reader's fault.
    async fn request(&self, account: &AccountId, list: &List, why: &str) {
        let update = Update {
            key: Key::compaction(account, list, why),
            change: "ADD times :one",
            condition: "attribute_exists(PK) OR attribute_not_exists(PK)",
            values: vec![(":one", json!(1))],
        };
        if let Err(error) = self.update(update).await {
            log_delay(&format!("{list:?} is to be compacted"), &error.explained());
        }
    }
}

/// The requests of each list.
pub fn by_list(requests: &[String]) -> BTreeMap<(AccountId, List), Vec<Key>> {
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
