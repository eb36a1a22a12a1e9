//! The store: reads by key, lists, and one way to change anything.
//!
//! | file | what |
//! |---|---|
//! | `key` | every key format |
//! | `tx` | a change: objects, list operations, events and the idempotency record in one transaction |
//! | `list/` | which object is in which list, and any page of one with an exact total |
//! | `usage` | events of usage, which are counted once, and what was counted |
//! | `challenges` | what challenges are signed with |
//! | `lanes` | which of its counters a process adds to |
//! | `numbering` | numbers without a gap, for whoever waits for one |
//! | `events` | events in the order in which they were committed |
//! | `expand` | the objects and values that stand beside an object when a client asks for them |
//! | `request_log` | requests that were answered, for a week |
//! | `scan` | all objects of the table, for the backfill |
//! | `known` | what one run of work has read or written, so that it is not read again |
//! | `table` | DynamoDB itself |
//! | `bucket` | a bucket of S3, for books |
//! | `outside` | processors over HTTPS, and the key by which secrets are sealed |
//! | `pace` | how fast a processor is asked |
//!
//! An entity's own access patterns are an `impl Store` in its file.

mod analytics;
mod bucket;
mod challenges;
mod due;
mod events;
mod expand;
pub mod key;
mod known;
mod lanes;
mod list;
mod lookup;
mod numbering;
pub mod outside;
mod pace;
mod request_log;
mod scan;
mod stream;
mod table;
mod test_processor;
mod tx;
mod usage;
mod usage_list;
mod usage_log;
mod usage_peaks;
mod usage_values;
mod webhooks;

use crate::model::entity::Entity;
use crate::model::entity::Item;
use crate::model::passkey::ChallengeKey;
use serde::de::DeserializeOwned;
use std::sync::OnceLock;

pub use self::{
    bucket::{Bucket, File},
    due::Due,
    expand::Expand,
    known::{Known, Settings},
    list::{
        Beside, Compacted, INDEX, ListNode, MOST_FOUND, Page, Recount, Recounted, STRAYS, by_list,
    },
    scan::{ScanPlace, Scanned},
    stream::Arrival,
    table::{Condition, Consistency, Consumed, Put, Update, back_off},
    tx::{Commit, Mark, Members, Nobody, Receipt, Sequence, Target, Tx, UsageBatch},
};
use self::{key::Key, table::Table};
use crate::base::{
    config::{Config, WebhookSettings},
    error::Error,
    id::{AccountId, Id, Kind},
};

/// The one store.
#[derive(Debug)]
pub struct Store {
    table: Table,
    numbering: numbering::Numbering,
    spread: list::Spread,
    lanes: lanes::Lanes,
    test_processor_in_prod: bool,
    outside: outside::Outside,
    webhooks: WebhookSettings,
    events_settle_ms: i64,
    challenge_key: OnceLock<ChallengeKey>,
}

impl Store {
    /// A store on the table that `config` names; connects with the first request.
    pub fn new(config: &Config) -> Result<Self, String> {
        let numbering = numbering::Numbering::default();
        let test_processor_in_prod = config.test_processor_in_prod;
        let spread = list::Spread::default();
        let (outside, webhooks) = (outside::Outside::new(config), config.webhooks.clone());
        let table = Table::new(config)?;
        let lanes = lanes::Lanes::default();
        let events_settle_ms = config.events_settle_ms;
        Ok(Self {
            table,
            numbering,
            spread,
            lanes,
            test_processor_in_prod,
            outside,
            webhooks,
            events_settle_ms,
            challenge_key: OnceLock::new(),
        })
    }

    /// How this deployment sends webhooks.
    pub fn webhooks(&self) -> &WebhookSettings {
        &self.webhooks
    }

    /// Whether this deployment lets an account in production have a test processor.
    pub fn test_processor_in_prod(&self) -> bool {
        self.test_processor_in_prod
    }

    /// What is reached besides the table.
    pub fn outside(&self) -> &outside::Outside {
        &self.outside
    }

    /// Opens the connection by reading an item that does not exist: most of what a first request would
    /// otherwise wait for. If that fails, the first request finds out.
    pub async fn connect(&self) {
        if let Err(error) = self.table.get(&Key::nothing()).await {
            let text = error.for_the_log().unwrap_or_default();
            crate::base::telemetry::log_failure("the table cannot be reached yet", text);
        }
    }

    /// What has been consumed since the last call.
    pub fn take_consumed(&self) -> Consumed {
        self.table.take_consumed()
    }

    /// The object with this id, if the account has it.
    pub async fn find<E: Entity>(
        &self,
        account: &AccountId,
        id: &Id<E::Kind>,
    ) -> Result<Option<E>, Error> {
        let key = Key::object(account, id);
        open(account, [&key])?;
        self.table.row(&key).await?.map(table::Row::decode).transpose()
    }

    /// The objects under `keys` that exist, in the order of the keys.
    pub async fn find_all<E: Entity>(
        &self,
        account: &AccountId,
        keys: Vec<Key>,
    ) -> Result<Vec<E>, Error> {
        let rows = self.batch_rows(account, &keys, Consistency::Strong).await?;
        rows.into_iter().map(table::Row::decode).collect()
    }

    /// The id of the object whose claim is under `key`.
    pub(crate) async fn owner<K: Kind>(
        &self,
        account: &AccountId,
        key: &Key,
    ) -> Result<Option<Id<K>>, Error> {
        let item = self.get(account, key).await?;
        Ok(item.as_ref().and_then(tx::owner_of).and_then(|id| id.parse().ok()))
    }

    pub(crate) async fn get(&self, account: &AccountId, key: &Key) -> Result<Option<Item>, Error> {
        open(account, [key])?;
        self.table.get(key).await
    }

    pub(crate) async fn batch_get(
        &self,
        account: &AccountId,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Item>, Error> {
        open(account, keys)?;
        self.table.batch_get(keys, consistency).await
    }

    /// The same, whatever each is to become.
    pub(crate) async fn batch_rows(
        &self,
        account: &AccountId,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<table::Row>, Error> {
        open(account, keys)?;
        self.table.batch_rows(keys, consistency).await
    }

    pub(crate) async fn query(
        &self,
        account: &AccountId,
        pk: &str,
        from: &str,
        to: &str,
    ) -> Result<Vec<Item>, Error> {
        open_partition(account, pk)?;
        self.table.query(pk, from, to).await
    }

    /// Some attributes of the items of a partition above a sort key, from the highest down, at most
    /// `most` of them, and whether that is all.
    pub(crate) async fn query_down<T: DeserializeOwned + Send + 'static>(
        &self,
        account: &AccountId,
        pk: &str,
        above: &str,
        attributes: &[&str],
        most: Option<usize>,
    ) -> Result<(Vec<T>, bool), Error> {
        open_partition(account, pk)?;
        self.table.query_down(pk, above, attributes, most).await
    }

    /// Writes and removes items one by one, in any order, without conditions: what may be done again,
    /// and is not seen before something else is written.
    pub(crate) async fn batch_write(
        &self,
        account: &AccountId,
        writes: Vec<(Key, Option<Item>)>,
    ) -> Result<(), Error> {
        open(account, writes.iter().map(|(key, _)| key))?;
        self.table.batch_write(writes).await
    }

    /// Makes a single write that is no change of an object.
    pub(crate) async fn write_once(
        &self,
        account: &AccountId,
        write: table::Write,
    ) -> Result<table::Outcome, Error> {
        open(account, [write.key()])?;
        self.table.write_once(write).await
    }

    /// A page of sort keys of a partition that may belong to no account: only the sweeper and the
    /// driver of a test clock ask for what is due.
    pub(crate) async fn query_keys(
        &self,
        pk: &str,
        between: (&str, &str),
        limit: i32,
        consistency: Consistency,
    ) -> Result<(Vec<String>, bool), Error> {
        self.table.query_keys(pk, between, limit, consistency).await
    }

    /// The item under a key that belongs to no account: a token, before its account is known.
    pub(crate) async fn look_up(&self, key: &Key) -> Result<Option<Item>, Error> {
        self.table.get(key).await
    }

    /// Changes a rate limit's bucket: the new item, or as the inner error the one that was there.
    pub(crate) async fn update(&self, update: Update) -> Result<Result<Item, Item>, Error> {
        self.table.update(update).await
    }
}

/// Whether `account` may touch all of `keys`. A key of another account is a defect, never an answer.
fn open<'a>(account: &AccountId, keys: impl IntoIterator<Item = &'a Key>) -> Result<(), Error> {
    match keys.into_iter().find(|key| !key.is_open_to(account)) {
        Some(key) => Err(Error::Internal(format!("{account} may not touch {key}"))),
        None => Ok(()),
    }
}

/// Likewise for all of a partition.
fn open_partition(account: &AccountId, pk: &str) -> Result<(), Error> {
    match key::belongs(pk, account) {
        true => Ok(()),
        false => Err(Error::Internal(format!("{account} may not query {pk}"))),
    }
}
