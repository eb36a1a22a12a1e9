//! Transactions: what they write, on which conditions, and how they end.

use std::time::Duration;

use aws_sdk_dynamodb::{
    config::retry::RetryConfig,
    error::{ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        CancellationReason, ConditionCheck, Delete, DeleteRequest as DeleteItem, Put as PutRequest,
        PutRequest as PutItem, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, WriteRequest, builders::TransactWriteItemBuilder,
    },
};
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};

use super::connection::{
    Attributes, Table, attributes, attributes_of, described, failed, is_throttle, item_of,
    time_outs, to_attributes,
};
use super::single::NumberChange;
use super::write::Write;
use crate::{base::error::Error, model::entity::Item, store::key::Key};

const TRANSACTION_ATTEMPT: Duration = Duration::from_millis(1500);
/// How often a transaction is tried.
pub const ATTEMPTS: u32 = 4;
/// DynamoDB's limit for one batch of writes.
const BATCH: usize = 25;
const BATCHES_AT_ONCE: usize = 8;
/// How often what was left over of a batch is sent again.
const MOST_LEFT_OVER: u32 = 6;

/// How a single write ended.
#[derive(Debug)]
pub enum Outcome {
    /// It was made.
    Done,
    /// Its condition did not hold; with the item that was there.
    Refused(Option<Item>),
    /// It kept being turned away, or nobody knows.
    Unknown,
}

/// How a transaction that did not happen ended.
#[derive(Debug)]
pub enum NotCommitted {
    /// Conditions failed: the index of each, with the item that was there.
    Refused(Vec<(usize, Option<Item>)>),
    /// It met another transaction on an item; it can be repeated.
    Conflict,
    /// It was held back; it did not happen. With the places of the writes that were too much.
    Throttled(String, Vec<usize>),
    /// Nobody knows whether it happened. Repeating the identical transaction finds out.
    Ambiguous(String),
    /// It can never happen.
    Impossible(String),
}

impl Table {
    /// Does all of `writes` or none. `token` makes repeating the identical call harmless for ten
    /// minutes.
    pub async fn transact(&self, writes: &[Write], token: &str) -> Result<(), NotCommitted> {
        let impossible =
            |error: &dyn std::fmt::Debug| NotCommitted::Impossible(format!("{error:?}"));
        let items: Result<Vec<_>, _> =
            writes.iter().map(|write| transact_item(&self.name, write)).collect();
        // One attempt: of several, only how the last one ended would be known here, and the first may
        // have been carried out. Who calls this repeats it, and remembers that.
        let single = aws_sdk_dynamodb::Config::builder()
            .timeout_config(time_outs(TRANSACTION_ATTEMPT))
            .retry_config(RetryConfig::disabled());
        let result = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items.map_err(|error| impossible(&error))?))
            .client_request_token(token)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .customize()
            .config_override(single)
            .send()
            .boxed() // as in `wire::ask`
            .await;
        match result {
            Ok(answer) => {
                self.note(answer.consumed_capacity());
                Ok(())
            }
            Err(error) => {
                self.note([]);
                Err(not_committed(error))
            }
        }
    }
}

impl Table {
    /// Makes a single write; repeats it, identically, while it is not known how it ended.
    pub async fn write_once(&self, write: Write) -> Result<Outcome, Error> {
        let token = new_token();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                back_off(attempt - 1).await;
            }
            match self.transact(std::slice::from_ref(&write), &token).await {
                Ok(()) => return Ok(Outcome::Done),
                Err(NotCommitted::Refused(refused)) => {
                    let there = refused.into_iter().find_map(|(_, there)| there);
                    return Ok(Outcome::Refused(there));
                }
                Err(NotCommitted::Impossible(text)) => return Err(Error::Internal(text)),
                Err(_) => {}
            }
        }
        Ok(Outcome::Unknown)
    }

    /// Writes and removes items, each by itself. No key is written twice.
    pub async fn batch_write(&self, writes: Vec<(Key, Option<Item>)>) -> Result<(), Error> {
        let batches = writes.chunks(BATCH).map(|batch| self.batch_write_once(batch).boxed_local());
        stream::iter(batches).buffer_unordered(BATCHES_AT_ONCE).try_collect().await
    }

    async fn batch_write_once(&self, writes: &[(Key, Option<Item>)]) -> Result<(), Error> {
        let requests = writes.iter().map(|(key, item)| write_request(key, item.as_ref()));
        let mut pending = requests.collect::<Result<Vec<_>, _>>()?;
        for attempt in 0..=MOST_LEFT_OVER {
            if attempt > 0 {
                back_off(attempt - 1).await;
            }
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.name, pending)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .boxed()
                .await
                .map_err(|error| failed("BatchWriteItem", error))?;
            self.note(answer.consumed_capacity());
            let left = answer.unprocessed_items.and_then(|mut all| all.remove(&self.name));
            pending = left.unwrap_or_default();
            if pending.is_empty() {
                return Ok(());
            }
        }
        Err(Error::Busy("BatchWriteItem: items were left over".to_owned()))
    }
}

/// A token for one transaction and its repetitions.
pub fn new_token() -> String {
    crate::base::hash::random_text::<16>()
}

fn write_request(key: &Key, item: Option<&Item>) -> Result<WriteRequest, Error> {
    let internal = |error: aws_sdk_dynamodb::error::BuildError| Error::Internal(error.to_string());
    let request = WriteRequest::builder();
    Ok(match item {
        Some(item) => {
            let mut item: Attributes = to_attributes(item)?;
            item.extend(attributes_of(key)?);
            let put = PutItem::builder().set_item(Some(item)).build().map_err(internal)?;
            request.put_request(put).build()
        }
        None => {
            let key = Some(attributes_of(key)?);
            let delete = DeleteItem::builder().set_key(key).build().map_err(internal)?;
            request.delete_request(delete).build()
        }
    })
}

/// Waits before attempt `attempt + 2`: full jitter over 10 ms, doubled each time.
pub async fn back_off(attempt: u32) {
    let ceiling = 10_u64.saturating_mul(2_u64.saturating_pow(attempt));
    let drawn = u64::from_le_bytes(crate::base::id::random()) % ceiling.saturating_mul(1000);
    tokio::time::sleep(Duration::from_micros(drawn)).await;
}

fn transact_item(table: &str, write: &Write) -> Result<TransactWriteItem, Error> {
    let internal = |error: aws_sdk_dynamodb::error::BuildError| Error::Internal(error.to_string());
    let old = ReturnValuesOnConditionCheckFailure::AllOld;
    let item = match write {
        Write::Put(put) => {
            let mut item: Attributes = to_attributes(&put.item)?;
            item.extend(attributes_of(&put.key)?);
            let mut request = PutRequest::builder().table_name(table).set_item(Some(item));
            if let Some(condition) = &put.condition {
                let (expression, values) = condition.expression();
                request = request
                    .condition_expression(expression)
                    .set_expression_attribute_values(some(attributes(values)?))
                    .return_values_on_condition_check_failure(old);
            }
            TransactWriteItem::builder().put(request.build().map_err(internal)?)
        }
        Write::Delete(key, condition) => {
            let (expression, values) = condition.expression();
            let request = Delete::builder()
                .table_name(table)
                .set_key(Some(attributes_of(key)?))
                .condition_expression(expression)
                .set_expression_attribute_values(some(attributes(values)?))
                .return_values_on_condition_check_failure(old);
            TransactWriteItem::builder().delete(request.build().map_err(internal)?)
        }
        Write::Check(key, condition) => {
            let (expression, values) = condition.expression();
            let request = ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(attributes_of(key)?))
                .condition_expression(expression)
                .set_expression_attribute_values(some(attributes(values)?))
                .return_values_on_condition_check_failure(old);
            TransactWriteItem::builder().condition_check(request.build().map_err(internal)?)
        }
        Write::Numbers(key, change) => numbers(table, key, change)?,
        Write::Count(key, counting) => numbers(table, key, &counting.change())?,
    };
    Ok(item.build())
}

fn numbers(
    table: &str,
    key: &Key,
    change: &NumberChange,
) -> Result<TransactWriteItemBuilder, Error> {
    let update = change.update().table_name(table).set_key(Some(attributes_of(key)?)).build();
    let update = update.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update))
}

/// DynamoDB refuses an empty map of values.
fn some(values: Attributes) -> Option<Attributes> {
    (!values.is_empty()).then_some(values)
}

fn not_committed(error: SdkError<TransactWriteItemsError>) -> NotCommitted {
    let text = format!("TransactWriteItems: {}", described(&error));
    let service = match error {
        SdkError::ServiceError(service) => service,
        SdkError::ConstructionFailure(_) => return NotCommitted::Impossible(text),
        _ => return NotCommitted::Ambiguous(text),
    };
    let server_fault = service.raw().status().is_server_error();
    match service.into_err() {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled_for(cancelled.cancellation_reasons.unwrap_or_default(), text)
        }
        TransactWriteItemsError::TransactionInProgressException(_) => NotCommitted::Ambiguous(text),
        _ if server_fault => NotCommitted::Ambiguous(text),
        error if is_throttle(error.code()) => NotCommitted::Throttled(text, Vec::new()),
        _ => NotCommitted::Impossible(text),
    }
}

fn cancelled_for(reasons: Vec<CancellationReason>, text: String) -> NotCommitted {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let codes: Vec<String> = reasons.iter().map(code).collect();
    if codes.iter().any(|code| code == "ConditionalCheckFailed") {
        let refused = reasons
            .into_iter()
            .enumerate()
            .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"));
        let with_item = |(index, reason): (usize, CancellationReason)| {
            (index, reason.item.and_then(|item| item_of(item).ok()))
        };
        return NotCommitted::Refused(refused.map(with_item).collect());
    }
    let throttled = codes.iter().enumerate().filter(|(_, code)| is_throttle(Some(code)));
    let throttled: Vec<usize> = throttled.map(|(place, _)| place).collect();
    if !throttled.is_empty() {
        return NotCommitted::Throttled(text, throttled);
    }
    match codes.iter().all(|code| matches!(code.as_str(), "None" | "TransactionConflict")) {
        true => NotCommitted::Conflict,
        false => NotCommitted::Impossible(format!("{text}: {codes:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> NotCommitted {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        cancelled_for(codes.iter().map(reason).collect(), String::new())
    }

    #[test]
    fn only_conflicts_alone_are_a_conflict() {
        assert!(matches!(reasons(&["None", "TransactionConflict"]), NotCommitted::Conflict));
        assert!(matches!(
            reasons(&["TransactionConflict", "ThrottlingError"]),
            NotCommitted::Throttled(_, places) if places == [1]
        ));
        assert!(matches!(
            reasons(&["TransactionConflict", "ValidationError"]),
            NotCommitted::Impossible(_)
        ));
    }

    #[test]
    fn a_failed_condition_is_reported_by_its_place() {
        let NotCommitted::Refused(refused) = reasons(&["None", "ConditionalCheckFailed", "None"])
        else {
            panic!("a condition failed")
        };
        assert!(matches!(refused.as_slice(), [(1, None)]));
    }
}
