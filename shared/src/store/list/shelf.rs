//! What a list needs of the table. The list's own code knows nothing else of it, so that the proof
//! (`model`) can run that code on a table that stops between any two items.

use crate::store::key;
use std::{borrow::Cow, collections::HashMap};

use futures_util::{StreamExt, TryStreamExt, future, stream};
use serde::Deserialize;
use serde_json::Value;

use super::{
    List,
    item::{DELTA, Head, IDS, STATE, SUBSETS, VERSION, damaged, unpacked},
    operation::{Operation, Place, Subsets, parts},
    tree::{Change, Node, Sizes},
};
use crate::{
    base::{error::Error, id::AccountId, telemetry::log_failure},
    model::{entity::Item, event::Event, list::id_of},
    store::{
        Store,
        key::{Key, LIST_HEAD},
        table::{BATCH, Condition, Consistency, Outcome, Put, Row, Write, key_of},
    },
};

/// How many batches of objects are read at once for their places.
const BATCHES_AT_ONCE: usize = 3;
/// How many of a list's strays the log is told.
const TOLD: usize = 20;

/// A stretch of a partition of the log, from its upper end downwards.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// The head, which stands above the operations of the first partition and is read before them.
    pub head: Option<Head>,
    pub operations: Vec<Operation>,
    /// Whether there is nothing below that was asked for.
    pub complete: bool,
}

/// At which versions heads are: while both are the same, nothing is moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Versions {
    /// The list's own; 0, where it has none.
    pub own: u64,
    /// Of a subset that of the whole; 0 for any other list.
    pub whole: u64,
}

/// How an attempt to replace the head ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaced {
    Yes,
    /// Certainly not: another has made the next version.
    No,
    /// Nobody knows.
    Unknown,
}

/// What is in a log's first partition: operations, and the head.
#[derive(Debug, Deserialize)]
struct Logged {
    #[serde(rename = "SK")]
    sk: String,
    d: Option<i64>,
    subsets: Option<String>,
    ids: Option<String>,
    version: Option<Value>,
    state: Option<Value>,
}

/// The items of one list.
pub(super) trait Shelf {
    /// How large its parts become.
    const SIZES: Sizes = Sizes::OURS;

    /// Of how many segments of an index one is made.
    const ALIKE: usize = 16;

    /// How many members that are in no index are looked at to find those at a place: some seconds of a
    /// small function, once.
    const MOST_UNREAD: u64 = 8_192;

    /// The objects that are in it.
    type Objects;

    /// Of a subset the whole, and which subset it is.
    fn whole(&self) -> Option<(Self, String)>
    where
        Self: Sized,
    {
        None
    }

    /// A subset of the list.
    fn subset(&self, filter: &str) -> Self
    where
        Self: Sized;

    /// The operations of a partition above a sort key, the highest first, at most `most` of them. Each
    /// is read at an instant of its own, later than that of the one above it: a query goes through a
    /// partition in the order of its keys. All of the proof rests on this.
    async fn log(&self, partition: u8, above: &str, most: Option<usize>) -> Result<Stretch, Error>;

    /// The head.
    async fn head(&self) -> Result<Option<Head>, Error>;

    /// At which version the head is, of a subset that of the whole too, and in any order with them the
    /// objects with these ids.
    async fn versions_and(&self, ids: &[String]) -> Result<(Versions, Self::Objects), Error>;

    /// Of the nodes with these names those that exist.
    async fn nodes(&self, names: &[String]) -> Result<HashMap<String, Node>, Error>;

    /// Writes new nodes, in any order.
    async fn write(&self, nodes: &[(String, Node)]) -> Result<(), Error>;

    /// Writes the head if the one that is there has `version`, or if there is none and it is 0.
    async fn replace(&self, version: u64, head: &Head) -> Result<Replaced, Error>;

    /// Removes operations and nodes, in any order. Those that are gone already are no error.
    async fn remove(&self, operations: &[Place], nodes: &[String]) -> Result<(), Error>;

    /// Hears of operations that changed nothing, in a list that was seen whole. The list goes on without
    /// them; where it can have none, as in the proof, that is an error.
    fn tolerate(&self, strays: &[Change]) -> Result<(), Error>;

    /// The places of the members with these ids, for an index. They never change.
    async fn places(&self, ids: &[String]) -> Result<HashMap<String, Vec<String>>, Error>;
}

/// A list in the table.
pub(super) struct Shelved<'a> {
    pub store: &'a Store,
    pub account: &'a AccountId,
    pub list: Cow<'a, List>,
}

impl<'a> Shelved<'a> {
    pub fn new(store: &'a Store, account: &'a AccountId, list: &'a List) -> Self {
        Self { store, account, list: Cow::Borrowed(list) }
    }

    /// Another list of the account.
    fn other(&self, list: List) -> Self {
        Self { list: Cow::Owned(list), ..*self }
    }

    fn head_key(&self) -> Key {
        Key::list_head(self.account, &self.list)
    }

    /// The keys of all heads that a reader goes by: its own, and of a subset that of the whole.
    pub fn head_keys(&self) -> Vec<Key> {
        let whole = self.list.subset_of().map(|(whole, _)| Key::list_head(self.account, &whole));
        [self.head_key()].into_iter().chain(whole).collect()
    }

    /// At which versions they are, of the heads that were found.
    pub fn versions(&self, heads: &[Item]) -> Result<Versions, Error> {
        let mut versions = Versions::default();
        let own = self.head_key();
        for head in heads {
            let version = self.head_of(head)?.version;
            match key_of(head) == own {
                true => versions.own = version,
                false => versions.whole = version,
            }
        }
        Ok(versions)
    }

    fn operation_key(&self, place: &Place) -> Key {
        Key::list_place(self.account, &self.list, place.partition, &place.sk)
    }

    fn head_of(&self, item: &Item) -> Result<Head, Error> {
        Head::from_item(item).ok_or_else(|| damaged("the head", self.list.name()))
    }
}

impl Shelf for Shelved<'_> {
    type Objects = Vec<Row>;

    fn whole(&self) -> Option<(Self, String)> {
        let (whole, filter) = self.list.subset_of()?;
        Some((self.other(whole), filter.to_owned()))
    }

    fn subset(&self, filter: &str) -> Self {
        self.other(self.list.subset(filter))
    }

    async fn log(&self, partition: u8, above: &str, most: Option<usize>) -> Result<Stretch, Error> {
        let pk = key::list_partition(self.account, &self.list, partition);
        let attributes = ["SK", DELTA, SUBSETS, IDS, VERSION, STATE];
        let (items, complete) =
            self.store.query_down::<Logged>(self.account, &pk, above, &attributes, most).await?;
        let mut stretch = Stretch { complete, ..Stretch::default() };
        for Logged { sk, d, subsets, ids, version, state } in items {
            let subsets = subsets.map(|text| {
                Subsets::read(text).ok_or_else(|| damaged("an operation of subsets", &pk))
            });
            match (parts(&sk), d, ids) {
                (Some((id, version)), d @ (None | Some(1 | -1)), None)
                    if d.is_some() || subsets.is_some() =>
                {
                    let (id, delta) = (id.to_owned(), d.unwrap_or_default());
                    let subsets = subsets.transpose()?.unwrap_or_default();
                    stretch.operations.push(Operation { id, version, delta, subsets, with: None });
                }
                (Some((id, version)), None, Some(ids)) => {
                    let several = Operation::together(id, version, unpacked(&ids));
                    let several = several.ok_or_else(|| damaged("an operation of several", &pk))?;
                    stretch.operations.extend(several);
                }
                _ if sk == LIST_HEAD => {
                    let named = [(VERSION, version), (STATE, state)];
                    let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
                    let item = named.map(|(name, value)| (name.to_owned(), value)).collect();
                    stretch.head = Some(self.head_of(&item)?);
                }
                _ => return Err(damaged("an operation", &pk)),
            }
        }
        Ok(stretch)
    }

    async fn head(&self) -> Result<Option<Head>, Error> {
        let item = self.store.get(self.account, &self.head_key()).await?;
        item.map(|item| self.head_of(&item)).transpose()
    }

    async fn versions_and(&self, ids: &[String]) -> Result<(Versions, Vec<Row>), Error> {
        let heads = self.head_keys();
        let objects = ids.iter().map(|id| Key::object_named(self.account, id_of(id)));
        if ids.is_empty() || ids.len() + heads.len() > BATCH {
            // A key more would be another batch, and another round trip.
            let objects: Vec<Key> = objects.collect();
            let heads = heads.iter().map(|key| self.store.get(self.account, key));
            let (heads, objects) = future::try_join(
                future::try_join_all(heads),
                self.store.batch_rows(self.account, &objects, Consistency::Strong),
            )
            .await?;
            let heads: Vec<Item> = heads.into_iter().flatten().collect();
            return Ok((self.versions(&heads)?, objects));
        }
        let keys: Vec<Key> = objects.chain(heads).collect();
        let mut rows = self.store.batch_rows(self.account, &keys, Consistency::Strong).await?;
        // They come in the order of their keys.
        let is_head = |row: &mut Row| row.key().is_some_and(|key| key.sk() == LIST_HEAD);
        let mut heads: Vec<Item> = Vec::new();
        while let Some(head) = rows.pop_if(is_head) {
            heads.push(head.decode()?);
        }
        Ok((self.versions(&heads)?, rows))
    }

    /// A node never changes, so whichever copy of it is read is the right one, at half the price; only
    /// where there is none yet, the one that must have it is asked.
    async fn nodes(&self, names: &[String]) -> Result<HashMap<String, Node>, Error> {
        let mut found = HashMap::new();
        for consistency in [Consistency::Eventual, Consistency::Strong] {
            let missing = names.iter().filter(|name| !found.contains_key(*name));
            let keys: Vec<Key> = missing.map(|name| Key::list_node(self.account, name)).collect();
            if keys.is_empty() {
                break;
            }
            for item in self.store.batch_get(self.account, &keys, consistency).await? {
                let pk = item.get("PK").and_then(Value::as_str).unwrap_or_default();
                let name = pk.rsplit('#').next().unwrap_or_default().to_owned();
                let node = Node::from_item(&item).ok_or_else(|| damaged("a node", pk))?;
                found.insert(name, node);
            }
        }
        Ok(found)
    }

    async fn write(&self, nodes: &[(String, Node)]) -> Result<(), Error> {
        let put = |(name, node): &(String, Node)| {
            (Key::list_node(self.account, name), Some(node.to_item()))
        };
        self.store.batch_write(self.account, nodes.iter().map(put).collect()).await
    }

    async fn replace(&self, version: u64, head: &Head) -> Result<Replaced, Error> {
        let unchanged = Condition::at_version(version);
        let put = Put::guarded(self.head_key(), head.to_item(), unchanged);
        let outcome = self.store.write_once(self.account, Write::Put(put)).await?;
        match outcome {
            Outcome::Done => Ok(Replaced::Yes),
            Outcome::Unknown => Ok(Replaced::Unknown),
            Outcome::Refused(there) => {
                let there = there.map(|item| self.head_of(&item)).transpose()?;
                Ok(refused(there.as_ref(), head))
            }
        }
    }

    async fn remove(&self, operations: &[Place], nodes: &[String]) -> Result<(), Error> {
        let operations = operations.iter().map(|place| self.operation_key(place));
        let nodes = nodes.iter().map(|name| Key::list_node(self.account, name));
        let keys = operations.chain(nodes).map(|key| (key, None)).collect();
        self.store.batch_write(self.account, keys).await
    }

    fn tolerate(&self, strays: &[Change]) -> Result<(), Error> {
        let of = strays.iter().map(|stray| format!("{} ({})", id_of(&stray.id), stray.delta));
        let of = of.take(TOLD).collect::<Vec<_>>().join(", ");
        log_failure(&format!("{:?} has strays", self.list), &format!("{}: {of}", strays.len()));
        Ok(())
    }

    /// Those of events: no other list is asked for by places. An event never changes either.
    async fn places(&self, ids: &[String]) -> Result<HashMap<String, Vec<String>>, Error> {
        let mut found = HashMap::new();
        for consistency in [Consistency::Eventual, Consistency::Strong] {
            let missing = ids.iter().filter(|id| !found.contains_key(*id));
            let keys: Vec<Key> =
                missing.map(|id| Key::object_named(self.account, id_of(id))).collect();
            // Of many events only the places are kept.
            let some = |keys: Vec<Key>| async move {
                let rows = self.store.batch_rows(self.account, &keys, consistency).await?;
                let places = |row: Row| {
                    let event: Event = row.decode()?;
                    Ok::<_, Error>((event.id().to_string(), event.places()))
                };
                rows.into_iter().map(places).collect::<Result<Vec<_>, _>>()
            };
            let batches = stream::iter(keys.chunks(BATCH).map(<[Key]>::to_vec).collect::<Vec<_>>());
            let read: Vec<_> =
                batches.map(some).buffer_unordered(BATCHES_AT_ONCE).try_collect().await?;
            found.extend(read.into_iter().flatten());
        }
        Ok(found)
    }
}

/// What a refusal to write `head` says of it, when `there` is another. An earlier attempt may have been
/// the one that succeeded. It certainly was not if somebody else made the same version: nothing less is
/// proof, and on proof alone what was written for it may be removed.
fn refused(there: Option<&Head>, head: &Head) -> Replaced {
    match there {
        Some(there) if there.version != head.version => Replaced::Unknown,
        Some(there) if there.by == head.by => Replaced::Yes,
        Some(_) => Replaced::No,
        None => Replaced::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_head_of_the_same_version_proves_that_ours_was_not_written() {
        let head = |version, by: &str| Head { version, by: by.to_owned(), ..Head::default() };
        let ours = head(7, "us");
        assert_eq!(refused(Some(&head(7, "us")), &ours), Replaced::Yes);
        assert_eq!(refused(Some(&head(7, "them")), &ours), Replaced::No);
        for there in [None, Some(head(6, "them")), Some(head(8, "them")), Some(head(9, "us"))] {
            assert_eq!(refused(there.as_ref(), &ours), Replaced::Unknown, "{there:?}");
        }
    }
}
