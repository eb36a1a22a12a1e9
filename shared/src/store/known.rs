//! What one run of work knows: the objects that it has read or written, so that none is read twice.
//!
//! What is decided is written on the condition that nothing of it has changed since it was read. So
//! whoever has just written an object need not read it again: if somebody else has changed it, the next
//! write is refused. A commit that did not go through as it was meant says that somebody was there, and
//! then everything is forgotten. Nothing that is absent is remembered.
//!
//! What a run only looks at is asked for by every run of a sweep: the account, prices, products, tax
//! rates and processors. These are shared by the runs, for a few seconds.
//!
//! A run that only imagines what it does knows in the same way what it has written: that is where all of
//! it is, because its changes go no further. It forgets nothing, as nobody else is there, and it knows
//! what it has removed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Commit, Consistency, Receipt, Store, Tx, key::Key, table::key_of};
use crate::{
    base::{
        error::Error,
        id::{AccountId, Kind, kind},
        time::{Clock, Timestamp},
    },
    model::{entity::Item, list::List},
};

/// For how long a setting counts that was read.
const SETTINGS_MS: i64 = 5_000;
/// How many settings are kept; then all are forgotten.
const MOST_SETTINGS: usize = 4_096;
/// What is a setting, by the beginnings of its ids.
const SETTINGS: [&str; 5] = [
    kind::Account::PREFIX,
    kind::Price::PREFIX,
    kind::Product::PREFIX,
    kind::Processor::PREFIX,
    kind::TaxRate::PREFIX,
];

/// Settings that several runs look at.
#[derive(Debug, Default)]
pub struct Settings(Mutex<HashMap<Key, (Timestamp, Item)>>);

impl Settings {
    fn all(&self) -> MutexGuard<'_, HashMap<Key, (Timestamp, Item)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: &Key) -> Option<Item> {
        let from = Clock.now().plus_millis(-SETTINGS_MS);
        self.all().get(key).filter(|(read, _)| *read >= from).map(|(_, item)| item.clone())
    }

    fn keep(&self, key: Key, item: Item) {
        let mut all = self.all();
        if all.len() >= MOST_SETTINGS {
            all.clear();
        }
        all.insert(key, (Clock.now(), item));
    }
}

/// What a run knows.
#[derive(Debug, Default)]
pub struct Known {
    own: Mutex<HashMap<Key, Item>>,
    settings: Arc<Settings>,
    imagined: Option<Mutex<Imagined>>,
}

/// What a run that writes nothing knows beside.
#[derive(Debug, Default)]
struct Imagined {
    gone: HashSet<Key>,
    /// The objects of lists, as the table has them.
    lists: HashMap<List, Vec<Item>>,
}

impl Known {
    /// A run that knows nothing but what others have read of the settings.
    pub fn beside(settings: &Arc<Settings>) -> Self {
        Self { settings: Arc::clone(settings), ..Self::default() }
    }

    /// A run whose changes are not made: it alone knows of them.
    pub(crate) fn imagining() -> Self {
        Self { imagined: Some(Mutex::default()), ..Self::default() }
    }

    /// Whether its changes are not made.
    pub(crate) fn imagines(&self) -> bool {
        self.imagined.is_some()
    }

    fn imagined(&self) -> Option<MutexGuard<'_, Imagined>> {
        let imagined = self.imagined.as_ref()?;
        Some(imagined.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_gone(&self, key: &Key) -> bool {
        self.imagined().is_some_and(|imagined| imagined.gone.contains(key))
    }

    /// The objects of a list, as the table has them, if they were read.
    pub(crate) fn list(&self, list: &List) -> Option<Vec<Item>> {
        self.imagined()?.lists.get(list).cloned()
    }

    /// Remembers them.
    pub(crate) fn keep_list(&self, list: &List, items: Vec<Item>) {
        if let Some(mut imagined) = self.imagined() {
            imagined.lists.insert(list.clone(), items);
        }
    }

    /// All objects of a kind that are known, by their ids; of one that was removed, nothing.
    pub(crate) fn all_of<K: Kind>(&self) -> BTreeMap<String, Option<Item>> {
        let id = |key: &Key| {
            let id = key.object_id().filter(|id| id.split('_').next() == Some(K::PREFIX));
            id.map(str::to_owned)
        };
        let own = self.own();
        let there = own.iter().filter_map(|(key, item)| Some((id(key)?, Some(item.clone()))));
        let mut all: BTreeMap<_, _> = there.collect();
        if let Some(imagined) = self.imagined() {
            all.extend(imagined.gone.iter().filter_map(|key| Some((id(key)?, None))));
        }
        all
    }

    /// Makes a change nowhere else.
    fn imagine(&self, tx: Tx) -> Result<Commit, Error> {
        let objects = tx.imagined()?;
        if let Some(mut imagined) = self.imagined() {
            let gone = objects.iter().filter(|(_, item)| item.is_none());
            imagined.gone.extend(gone.map(|(key, _)| key.clone()));
        }
        self.written(objects);
        Ok(Commit::Done)
    }

    fn own(&self) -> MutexGuard<'_, HashMap<Key, Item>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: &Key) -> Option<Item> {
        let mut own = self.own();
        if let Some(item) = own.get(key) {
            return Some(item.clone());
        }
        let item = is_setting(key).then(|| self.settings.get(key)).flatten()?;
        own.insert(key.clone(), item.clone());
        Some(item)
    }

    /// Whether the item under `key` is known.
    pub fn knows(&self, key: &Key) -> bool {
        self.get(key).is_some()
    }

    fn keep(&self, key: Key, item: Item) {
        if is_setting(&key) {
            self.settings.keep(key.clone(), item.clone());
        }
        self.own().insert(key, item);
    }

    /// What was read may not be so any more.
    pub fn forget(&self) {
        if self.imagines() {
            return;
        }
        let (mut own, mut settings) = (self.own(), self.settings.all());
        settings.retain(|key, _| !own.contains_key(key));
        own.clear();
    }

    /// What was written is known.
    pub(super) fn written(&self, objects: Vec<(Key, Option<Item>)>) {
        for (key, item) in objects {
            match item {
                Some(item) => self.keep(key, item),
                None => {
                    self.settings.all().remove(&key);
                    self.own().remove(&key);
                }
            }
        }
    }
}

fn is_setting(key: &Key) -> bool {
    let kind = key.object_id().and_then(|id| id.split('_').next());
    kind.is_some_and(|kind| SETTINGS.contains(&kind))
}

impl Store {
    /// The item under a key, if there is one; read only where it is not known.
    pub(crate) async fn get_once(
        &self,
        known: &Known,
        account: &AccountId,
        key: &Key,
    ) -> Result<Option<Item>, Error> {
        super::open(account, [key])?;
        if let Some(item) = known.get(key) {
            return Ok(Some(item));
        }
        if known.is_gone(key) {
            return Ok(None);
        }
        let item = self.get(account, key).await?;
        if let Some(item) = &item {
            known.keep(key.clone(), item.clone());
        }
        Ok(item)
    }

    /// The items under `keys` that exist, in their order; those that are not known are read together.
    pub(crate) async fn get_each_once(
        &self,
        known: &Known,
        account: &AccountId,
        keys: &[Key],
    ) -> Result<Vec<Item>, Error> {
        super::open(account, keys)?;
        let mut found: HashMap<Key, Item> =
            keys.iter().filter_map(|key| Some((key.clone(), known.get(key)?))).collect();
        let unknown = keys.iter().filter(|key| !found.contains_key(key) && !known.is_gone(key));
        // A batch names each key once.
        let unknown: Vec<Key> = unknown.cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let read = match unknown.as_slice() {
            [] => Vec::new(),
            [one] => self.table.get(one).await?.into_iter().collect(),
            several => self.batch_get(account, several, Consistency::Strong).await?,
        };
        for item in read {
            let key = key_of(&item);
            known.keep(key.clone(), item.clone());
            found.insert(key, item);
        }
        Ok(keys.iter().filter_map(|key| found.get(key).cloned()).collect())
    }

    /// Makes a change; what is known is what was written, or nothing.
    pub(crate) async fn commit_known(
        &self,
        known: &Known,
        tx: Tx,
        receipt: Option<Receipt>,
    ) -> Result<Commit, Error> {
        if known.imagines() {
            return known.imagine(tx);
        }
        let objects = tx.objects();
        let ended = self.commit(tx, receipt).await;
        match ended {
            Ok(Commit::Done) => known.written(objects),
            _ => known.forget(),
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{CustomerId, PriceId};
    use serde_json::json;

    fn account() -> AccountId {
        "acc_stg_0000000000000001".parse().unwrap()
    }

    fn customer() -> Key {
        let id: CustomerId = "cus_stg_0000000000000002".parse().unwrap();
        Key::object(&account(), &id)
    }

    fn price() -> Key {
        let id: PriceId = "price_stg_0000000000000003".parse().unwrap();
        Key::object(&account(), &id)
    }

    fn at(version: u64) -> Item {
        Item::from_iter([("version".to_owned(), json!(version))])
    }

    #[test]
    fn settings_are_shared_and_nothing_else() {
        let settings = Arc::default();
        let (one, other) = (Known::beside(&settings), Known::beside(&settings));
        one.keep(customer(), at(1));
        one.keep(price(), at(1));
        assert_eq!((one.get(&customer()), one.get(&price())), (Some(at(1)), Some(at(1))));
        assert_eq!((other.get(&customer()), other.get(&price())), (None, Some(at(1))));
        assert!(!is_setting(&Key::clock(&account())) && is_setting(&price()));
    }

    #[test]
    fn what_was_written_is_known_and_what_was_removed_is_not() {
        let known = Known::default();
        known.keep(customer(), at(1));
        known.keep(price(), at(1));
        known.written(vec![(customer(), Some(at(2))), (price(), None)]);
        assert_eq!((known.get(&customer()), known.get(&price())), (Some(at(2)), None));
    }

    #[test]
    fn what_is_imagined_is_known_and_never_forgotten() {
        let known = Known::imagining();
        known.keep(customer(), at(1));
        known.keep(price(), at(1));
        known.imagined().unwrap().gone.insert(price());
        known.own().remove(&price());
        known.forget();
        assert_eq!((known.get(&customer()), known.is_gone(&price())), (Some(at(1)), true));
        let customers = known.all_of::<kind::Customer>();
        assert_eq!(customers.into_values().collect::<Vec<_>>(), [Some(at(1))]);
        assert_eq!(known.all_of::<kind::Price>().into_values().collect::<Vec<_>>(), [None]);
    }

    #[test]
    fn who_met_somebody_forgets_all_that_it_has_looked_at() {
        let settings = Arc::default();
        let (one, other) = (Known::beside(&settings), Known::beside(&settings));
        one.keep(price(), at(1));
        one.keep(customer(), at(1));
        // The other run has looked at the price, and was refused.
        assert_eq!(other.get(&price()), Some(at(1)));
        other.forget();
        assert_eq!((other.get(&price()), Known::beside(&settings).get(&price())), (None, None));
        assert_eq!(one.get(&customer()), Some(at(1)));
    }
}
