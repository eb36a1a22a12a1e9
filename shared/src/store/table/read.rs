//! Reads, and the one conditional write that is no transaction: a rate limit's bucket.
//!
//! Reads are strongly consistent unless they say otherwise.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{query::builders::QueryFluentBuilder, update_item::UpdateItemError},
    types::{
        KeysAndAttributes, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};
use futures_util::FutureExt;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    connection::{Attributes, Table, attributes, attributes_of, failed, item_of, key_of, key_text},
    stored::{Stored, StoredKey},
    transact::back_off,
    wire::{BatchGot, Got, Queried, Row, ask},
};
use crate::{base::error::Error, model::entity::Item, store::key::Key};

/// DynamoDB's limit for one batch.
pub const BATCH: usize = 100;

/// How many items are read by one request from a partition that may be long: as many as are certain to
/// arrive within the time of an attempt.
const AT_ONCE: usize = 2_000;

/// A change of one item by expression.
#[derive(Debug)]
pub struct Update {
    /// The item.
    pub key: Key,
    /// `SET …`
    pub change: &'static str,
    /// What must hold.
    pub condition: &'static str,
    /// The values both name.
    pub values: Vec<(&'static str, Value)>,
}

/// Whether a read sees every write that had been answered when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// It does.
    Strong,
    /// Perhaps not yet; at half the price.
    Eventual,
}

/// What is read of an item of which only that is wanted.
#[derive(Debug, Deserialize)]
struct SortKey {
    #[serde(rename = "SK")]
    sk: String,
}

/// A key of an answer, as the next request names it.
fn start_of(Stored(StoredKey { pk, sk }): Stored<StoredKey>) -> Result<Attributes, Error> {
    attributes_of(&Key::from_parts(pk, sk))
}

impl Table {
    /// The item under `key`.
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        let item: Option<Stored<Item>> = self.read_at(key).await?;
        Ok(item.map(|Stored(item)| item))
    }

    /// The same, whatever it is to become.
    pub async fn row(&self, key: &Key) -> Result<Option<Row>, Error> {
        self.read_at(key).await
    }

    /// The item under `key`, read as `T`.
    pub(super) async fn read_at<T>(&self, key: &Key) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let request = (self.client.get_item())
            .table_name(&self.name)
            .set_key(Some(attributes_of(key)?))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer: Got<T> = ask("GetItem", request.send()).await?;
        self.note_units(answer.consumed_capacity);
        Ok(answer.item)
    }

    /// The items under `keys` that exist, in the order of the keys. Any number of keys.
    pub async fn batch_get(
        &self,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Item>, Error> {
        let rows = self.batch_rows(keys, consistency).await?;
        rows.into_iter().map(Row::decode).collect()
    }

    /// The same, as the table has them.
    pub async fn batch_rows(
        &self,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Row>, Error> {
        let mut found: HashMap<Key, Row> = HashMap::new();
        for chunk in keys.chunks(BATCH) {
            let mut pending = chunk.iter().map(attributes_of).collect::<Result<Vec<_>, _>>()?;
            for attempt in 0.. {
                let (items, unprocessed) = self.batch_get_once(pending, consistency).await?;
                found.extend(items.into_iter().filter_map(|row| Some((row.key()?, row))));
                pending = unprocessed;
                if pending.is_empty() {
                    break;
                }
                if attempt == 4 {
                    return Err(Error::Busy("BatchGetItem: keys were left over".to_owned()));
                }
                back_off(attempt).await;
            }
        }
        // A key that is asked for twice is answered once.
        Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
    }

    async fn batch_get_once(
        &self,
        keys: Vec<Attributes>,
        consistency: Consistency,
    ) -> Result<(Vec<Row>, Vec<Attributes>), Error> {
        let impossible = |error: aws_sdk_dynamodb::error::BuildError| {
            Error::Internal(format!("BatchGetItem: {error}"))
        };
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(consistency == Consistency::Strong)
            .build()
            .map_err(impossible)?;
        let request = (self.client.batch_get_item())
            .request_items(&self.name, request)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut answer: BatchGot = ask("BatchGetItem", request.send()).await?;
        self.note_units(answer.consumed_capacity);
        let items = answer.responses.remove(&self.name).unwrap_or_default();
        let left = answer.unprocessed_keys.remove(&self.name).map(|left| left.keys);
        let left = left.unwrap_or_default().into_iter().map(start_of).collect::<Result<_, _>>()?;
        Ok((items, left))
    }

    /// The items of partition `pk` whose sort keys are from `from` to `to`, both included, ascending.
    pub async fn query(&self, pk: &str, from: &str, to: &str) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        let mut start = None;
        if from > to {
            return Ok(Vec::new());
        }
        loop {
            let request = self.between(pk, from, to)?.consistent_read(true);
            let (page, next) = self.query_once(request.set_exclusive_start_key(start)).await?;
            items.extend(page.into_iter().map(|Stored(item)| item));
            start = next;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// The last `most` items of partition `pk` whose sort keys are from `from` to `to`, both included, from the
    /// highest down. What was written a moment ago may not be among them yet, which costs half as much.
    pub async fn newest(
        &self,
        pk: &str,
        (from, to): (&str, &str),
        most: usize,
    ) -> Result<Vec<Item>, Error> {
        let (mut items, mut start) = (Vec::new(), None);
        if from > to {
            return Ok(Vec::new());
        }
        loop {
            let left = i32::try_from(most.saturating_sub(items.len())).ok();
            let request = self.between(pk, from, to)?.scan_index_forward(false).set_limit(left);
            let (page, next) = self.query_once(request.set_exclusive_start_key(start)).await?;
            items.extend(page.into_iter().map(|Stored(item)| item));
            start = next;
            if start.is_none() || items.len() >= most {
                return Ok(items);
            }
        }
    }

    /// Some attributes of the items of partition `pk` above `above`, from the highest down: at most
    /// `most` of them, and whether these are all. Each item is read later than the one before it.
    pub async fn query_down<T>(
        &self,
        pk: &str,
        above: &str,
        names: &[&str],
        most: Option<usize>,
    ) -> Result<(Vec<T>, bool), Error>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let places = || (0..names.len()).map(|place| format!("#{place}"));
        let names = places().zip(names.iter().map(|name| (*name).to_owned())).collect();
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let left = most.map_or(AT_ONCE, |most| most.saturating_sub(items.len()).min(AT_ONCE));
            let request = (self.client.query())
                .key_condition_expression("PK = :pk AND SK > :above")
                .expression_attribute_values(":pk", key_text(pk)?)
                .expression_attribute_values(":above", key_text(above)?)
                .projection_expression(places().collect::<Vec<_>>().join(", "))
                .set_expression_attribute_names(Some(HashMap::clone(&names)))
                .scan_index_forward(false)
                .set_limit(i32::try_from(left).ok())
                .consistent_read(true);
            let (page, next) = self.query_once(request.set_exclusive_start_key(start)).await?;
            items.extend(page.into_iter().map(|Stored(item)| item));
            start = next;
            if start.is_none() || most.is_some_and(|most| items.len() >= most) {
                return Ok((items, start.is_none()));
            }
        }
    }

    /// The sort keys of partition `pk` after `after`, up to and including `to`, ascending: at most
    /// `limit` of them, and whether there may be more.
    pub async fn query_keys(
        &self,
        pk: &str,
        (after, to): (&str, &str),
        limit: i32,
        consistency: Consistency,
    ) -> Result<(Vec<String>, bool), Error> {
        // Which DynamoDB refuses too.
        if after > to {
            return Ok((Vec::new(), false));
        }
        let request = (self.between(pk, after, to)?)
            .projection_expression("SK")
            .consistent_read(consistency == Consistency::Strong)
            // One more, because the first may be `after` itself.
            .limit(limit.saturating_add(1));
        let (items, next) = self.query_once::<Stored<SortKey>>(request).await?;
        let keys = items.into_iter().map(|Stored(item)| item.sk).filter(|sk| sk != after);
        Ok((keys.collect(), next.is_some()))
    }

    pub(super) fn between(
        &self,
        pk: &str,
        from: &str,
        to: &str,
    ) -> Result<QueryFluentBuilder, Error> {
        Ok((self.client.query())
            .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
            .expression_attribute_values(":pk", key_text(pk)?)
            .expression_attribute_values(":from", key_text(from)?)
            .expression_attribute_values(":to", key_text(to)?))
    }

    /// What one request finds, and where the next one goes on, if there may be more.
    pub(super) async fn query_once<T>(
        &self,
        request: QueryFluentBuilder,
    ) -> Result<(Vec<T>, Option<Attributes>), Error>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let request = (request.table_name(&self.name))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer: Queried<T> = ask("Query", request.send()).await?;
        self.note_units(answer.consumed_capacity);
        Ok((answer.items, answer.last_evaluated_key.map(start_of).transpose()?))
    }

    /// The objects among the next `limit` items of all the table, how many items that were, and the key
    /// of the last one where there may be more. It is the one read that sees no partition's order, and
    /// whichever copy is at hand.
    pub async fn scan(
        &self,
        after: Option<&Key>,
        limit: i32,
    ) -> Result<(Vec<Item>, usize, Option<Key>), Error> {
        let answer = self
            .client
            .scan()
            .table_name(&self.name)
            .filter_expression("SK = :object AND NOT contains(PK, :event)")
            .expression_attribute_values(":object", key_text("object")?)
            .expression_attribute_values(":event", key_text("#evt_")?)
            .set_exclusive_start_key(after.map(attributes_of).transpose()?)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(|error| failed("Scan", error))?;
        self.note(answer.consumed_capacity());
        let read = usize::try_from(answer.scanned_count).unwrap_or_default();
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        let next = next.map(item_of).transpose()?.map(|item| key_of(&item));
        let items = answer.items.unwrap_or_default().into_iter().map(item_of);
        Ok((items.collect::<Result<_, _>>()?, read, next))
    }

    /// Changes one item: the new item, or as the inner error the item the condition refused.
    pub async fn update(&self, update: Update) -> Result<Result<Item, Item>, Error> {
        let result = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(attributes_of(&update.key)?))
            .update_expression(update.change)
            .condition_expression(update.condition)
            .set_expression_attribute_values(Some(attributes(update.values)?))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await;
        match result {
            Ok(answer) => {
                self.note(answer.consumed_capacity());
                Ok(Ok(item_of(answer.attributes.unwrap_or_default())?))
            }
            Err(SdkError::ServiceError(service))
                if service.err().is_conditional_check_failed_exception() =>
            {
                self.note([]);
                let item = match service.into_err() {
                    UpdateItemError::ConditionalCheckFailedException(refused) => refused.item,
                    _ => None,
                };
                Ok(Err(item_of(item.unwrap_or_default())?))
            }
            Err(error) => Err(failed("UpdateItem", error)),
        }
    }
}
