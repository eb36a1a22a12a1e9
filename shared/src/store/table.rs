//! DynamoDB: the only file that names its SDK.
//!
//! Items come and go as JSON objects. Reads are strongly consistent unless they say otherwise. Time-outs are short, because a
//! request has a person at its other end: 0.5 s to connect, 0.8 s for an attempt to read, 1.5 s for a
//! transaction, four attempts. Region and credentials come from the environment, as Lambda sets it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::{ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, CancellationReason, ConditionCheck, ConsumedCapacity, Delete,
        KeysAndAttributes, Put as PutRequest, ReturnConsumedCapacity, ReturnValue,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    },
};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use serde_json::{Map, Value, json};

use super::key::Key;
use crate::{config::Config, error::Error};

/// An item, or an object a client sees: attributes by name.
pub type Item = Map<String, Value>;

type Attributes = HashMap<String, AttributeValue>;

/// What must be true of the item under a key for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// There is none.
    Absent,
    /// It is at this version.
    Version(u64),
    /// There is one.
    Present,
    /// There is none, or it is this object's.
    AbsentOrOwnedBy(String),
    /// There is none, or it expired before this second since 1970.
    AbsentOrExpired(i64),
}

impl Condition {
    fn expression(&self) -> (&'static str, Vec<(&'static str, Value)>) {
        match self {
            Self::Absent => ("attribute_not_exists(PK)", vec![]),
            Self::Present => ("attribute_exists(PK)", vec![]),
            Self::Version(version) => ("version = :version", vec![(":version", json!(version))]),
            Self::AbsentOrOwnedBy(id) => {
                ("attribute_not_exists(PK) OR owned_by = :owner", vec![(":owner", json!(id))])
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
    key: Key,
    item: Item,
    condition: Option<Condition>,
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
}

impl Write {
    /// The key it writes.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(put) => &put.key,
            Self::Delete(key, _) | Self::Check(key, _) => key,
        }
    }
}

/// How a transaction that did not happen ended.
#[derive(Debug)]
pub enum NotCommitted {
    /// Conditions failed: the index of each, with the item that was there.
    Refused(Vec<(usize, Option<Item>)>),
    /// It met another transaction on an item; it can be repeated.
    Conflict,
    /// It was held back; it did not happen.
    Throttled(String),
    /// Nobody knows whether it happened. Repeating the identical transaction finds out.
    Ambiguous(String),
    /// It can never happen.
    Impossible(String),
}

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

/// What has been consumed since it was last read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Consumed {
    /// Requests to DynamoDB.
    pub round_trips: u32,
    /// Read and write units together.
    pub capacity_units: f64,
}

/// The table.
#[derive(Debug)]
pub struct Table {
    client: Client,
    name: String,
    consumed: Mutex<Consumed>,
}

const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");
const READ_ATTEMPT: Duration = Duration::from_millis(800);
const TRANSACTION_ATTEMPT: Duration = Duration::from_millis(1500);
/// DynamoDB's limit for one batch.
const BATCH: usize = 100;

impl Table {
    /// A client for the table; connects with the first request.
    pub fn new(config: &Config) -> Result<Self, String> {
        let (key_id, secret, session) = config.credentials.clone();
        let mut settings = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(config.region.clone()))
            .credentials_provider(Credentials::new(key_id, secret, session, None, "environment"))
            .http_client(
                aws_smithy_http_client::Builder::new()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .tls_context(trust(config)?)
                    .build_https(),
            )
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(25)),
            )
            .timeout_config(time_outs(READ_ATTEMPT))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = &config.endpoint {
            settings = settings.endpoint_url(endpoint);
        }
        Ok(Self {
            client: Client::from_conf(settings.build()),
            name: config.table.clone(),
            consumed: Mutex::default(),
        })
    }

    /// What has been consumed since the last call.
    pub fn take_consumed(&self) -> Consumed {
        std::mem::take(&mut *self.consumed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[expect(clippy::float_arithmetic, reason = "capacity units are reported as floats; no money")]
    fn note<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let mut total = self.consumed.lock().unwrap_or_else(PoisonError::into_inner);
        total.round_trips += 1;
        for units in consumed {
            total.capacity_units += units.capacity_units().unwrap_or_default();
        }
    }

    /// The item under `key`.
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(attributes_of(key)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| failed("GetItem", error))?;
        self.note(answer.consumed_capacity());
        answer.item.map(item_of).transpose()
    }

    /// The items under `keys` that exist, in the order of the keys. Any number of keys.
    pub async fn batch_get(
        &self,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Item>, Error> {
        let mut found: HashMap<Key, Item> = HashMap::new();
        for chunk in keys.chunks(BATCH) {
            let mut pending: Vec<Attributes> = chunk.iter().map(attributes_of).collect();
            for attempt in 0.. {
                let (items, unprocessed) = self.batch_get_once(pending, consistency).await?;
                for item in items {
                    found.insert(key_of(&item), item);
                }
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
        Ok(keys.iter().filter_map(|key| found.get(key).cloned()).collect())
    }

    async fn batch_get_once(
        &self,
        keys: Vec<Attributes>,
        consistency: Consistency,
    ) -> Result<(Vec<Item>, Vec<Attributes>), Error> {
        let impossible = |error: aws_sdk_dynamodb::error::BuildError| {
            Error::Internal(format!("BatchGetItem: {error}"))
        };
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(consistency == Consistency::Strong)
            .build()
            .map_err(impossible)?;
        let answer = self
            .client
            .batch_get_item()
            .request_items(&self.name, request)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| failed("BatchGetItem", error))?;
        self.note(answer.consumed_capacity());
        let items = answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
        let unprocessed = answer
            .unprocessed_keys
            .and_then(|mut tables| tables.remove(&self.name))
            .map(|left| left.keys)
            .unwrap_or_default();
        Ok((items.into_iter().map(item_of).collect::<Result<_, _>>()?, unprocessed))
    }

    /// The items of partition `pk` whose sort keys are from `from` to `to`, both included, ascending.
    pub async fn query(&self, pk: &str, from: &str, to: &str) -> Result<Vec<Item>, Error> {
        let items = self.query_attributes(pk, from, to, None).await?;
        items.into_iter().map(item_of).collect()
    }

    /// Of the same items only the sort key and the number in `attribute`: what a list is counted
    /// from, spared everything that reading an item costs beyond it.
    pub async fn query_numbers(
        &self,
        pk: &str,
        from: &str,
        to: &str,
        attribute: &'static str,
    ) -> Result<Vec<(String, i64)>, Error> {
        let items = self.query_attributes(pk, from, to, Some(attribute)).await?;
        let read = |mut item: Attributes| match (item.remove("SK"), item.remove(attribute)) {
            (Some(AttributeValue::S(sk)), Some(AttributeValue::N(number))) => {
                number.parse().ok().map(|number| (sk, number))
            }
            _ => None,
        };
        let damaged = || Error::Internal(format!("an item of {pk} has no {attribute}"));
        items.into_iter().map(|item| read(item).ok_or_else(damaged)).collect()
    }

    async fn query_attributes(
        &self,
        pk: &str,
        from: &str,
        to: &str,
        beside_sk: Option<&'static str>,
    ) -> Result<Vec<Attributes>, Error> {
        let mut items = Vec::new();
        let mut start = None;
        if from > to {
            return Ok(items);
        }
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
                .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
                .expression_attribute_values(":from", AttributeValue::S(from.to_owned()))
                .expression_attribute_values(":to", AttributeValue::S(to.to_owned()))
                .set_projection_expression(beside_sk.map(|name| format!("SK, {name}")))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            self.note(answer.consumed_capacity());
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// Changes one item: the new item, or as the inner error the item the condition refused.
    pub async fn update(&self, update: Update) -> Result<Result<Item, Item>, Error> {
        let result = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(attributes_of(&update.key)))
            .update_expression(update.change)
            .condition_expression(update.condition)
            .set_expression_attribute_values(Some(attributes(update.values)?))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
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
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(refused) => refused.item,
                    _ => None,
                };
                Ok(Err(item_of(item.unwrap_or_default())?))
            }
            Err(error) => Err(failed("UpdateItem", error)),
        }
    }

    /// Does all of `writes` or none. `token` makes repeating the identical call harmless for ten
    /// minutes.
    pub async fn transact(&self, writes: &[Write], token: &str) -> Result<(), NotCommitted> {
        let impossible =
            |error: &dyn std::fmt::Debug| NotCommitted::Impossible(format!("{error:?}"));
        let items: Result<Vec<_>, _> =
            writes.iter().map(|write| transact_item(&self.name, write)).collect();
        let override_time_outs =
            aws_sdk_dynamodb::Config::builder().timeout_config(time_outs(TRANSACTION_ATTEMPT));
        let result = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items.map_err(|error| impossible(&error))?))
            .client_request_token(token)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .customize()
            .config_override(override_time_outs)
            .send()
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

/// Whose certificates are believed: Amazon's own roots for AWS, because reading the system's hundred
/// and more is most of a cold start; the system's for any other endpoint, or where `SSL_CERT_FILE`
/// names some.
fn trust(config: &Config) -> Result<TlsContext, String> {
    let store = match config.endpoint.is_some() || config.own_certificates {
        true => TrustStore::empty().with_native_roots(true),
        false => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    TlsContext::builder().with_trust_store(store).build().map_err(|error| error.to_string())
}

fn time_outs(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(500))
        .operation_attempt_timeout(attempt)
        .build()
}

/// Waits before attempt `attempt + 2`: full jitter over 10 ms, doubled each time.
pub async fn back_off(attempt: u32) {
    let ceiling = 10_u64.saturating_mul(2_u64.saturating_pow(attempt));
    let drawn = u64::from_le_bytes(crate::id::random()) % ceiling.saturating_mul(1000);
    tokio::time::sleep(Duration::from_micros(drawn)).await;
}

fn transact_item(table: &str, write: &Write) -> Result<TransactWriteItem, Error> {
    let internal = |error: aws_sdk_dynamodb::error::BuildError| Error::Internal(error.to_string());
    let old = ReturnValuesOnConditionCheckFailure::AllOld;
    let item = match write {
        Write::Put(put) => {
            let mut item: Attributes = to_attributes(&put.item)?;
            item.extend(attributes_of(&put.key));
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
                .set_key(Some(attributes_of(key)))
                .condition_expression(expression)
                .set_expression_attribute_values(some(attributes(values)?))
                .return_values_on_condition_check_failure(old);
            TransactWriteItem::builder().delete(request.build().map_err(internal)?)
        }
        Write::Check(key, condition) => {
            let (expression, values) = condition.expression();
            let request = ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(attributes_of(key)))
                .condition_expression(expression)
                .set_expression_attribute_values(some(attributes(values)?))
                .return_values_on_condition_check_failure(old);
            TransactWriteItem::builder().condition_check(request.build().map_err(internal)?)
        }
    };
    Ok(item.build())
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
        error if is_throttle(error.code()) => NotCommitted::Throttled(text),
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
    if codes.iter().any(|code| is_throttle(Some(code))) {
        return NotCommitted::Throttled(text);
    }
    match codes.iter().all(|code| matches!(code.as_str(), "None" | "TransactionConflict")) {
        true => NotCommitted::Conflict,
        false => NotCommitted::Impossible(format!("{text}: {codes:?}")),
    }
}

fn is_throttle(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "ThrottlingError"
                | "ThrottlingException"
                | "ProvisionedThroughputExceeded"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
        )
    )
}

/// A read or a single update that failed: the caller may try again unless the request itself is wrong.
fn failed<E: ProvideErrorMetadata>(action: &str, error: SdkError<E>) -> Error {
    let text = format!("{action}: {}", described(&error));
    match &error {
        SdkError::ConstructionFailure(_) => Error::Internal(text),
        SdkError::ServiceError(service)
            if service.raw().status().is_client_error() && !is_throttle(service.err().code()) =>
        {
            Error::Internal(text)
        }
        _ => Error::Busy(text),
    }
}

fn described<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            format!("{} {}", meta.code().unwrap_or("?"), meta.message().unwrap_or(""))
        }
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        SdkError::DispatchFailure(failure) => format!("{failure:?}"),
        SdkError::ResponseError(_) => "the answer could not be read".to_owned(),
        _ => "the request could not be built".to_owned(),
    }
}

fn attributes_of(key: &Key) -> Attributes {
    HashMap::from([
        ("PK".to_owned(), AttributeValue::S(key.pk().to_owned())),
        ("SK".to_owned(), AttributeValue::S(key.sk().to_owned())),
    ])
}

fn key_of(item: &Item) -> Key {
    let part = |name| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Key::from_parts(part("PK"), part("SK"))
}

fn attributes(values: Vec<(&'static str, Value)>) -> Result<Attributes, Error> {
    let named = values.into_iter().map(|(name, value)| (name.to_owned(), value));
    to_attributes(&named.collect())
}

fn to_attributes(item: &Item) -> Result<Attributes, Error> {
    serde_dynamo::to_item(item).map_err(|error| Error::Internal(format!("to an item: {error}")))
}

fn item_of(attributes: Attributes) -> Result<Item, Error> {
    serde_dynamo::from_item(attributes)
        .map_err(|error| Error::Internal(format!("from an item: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> NotCommitted {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        cancelled_for(codes.iter().map(reason).collect(), String::new())
    }

    #[test]
    fn a_table_in_aws_is_reached_with_amazon_s_roots() {
        let config = Config {
            table: "billing".into(),
            region: "eu-central-1".into(),
            credentials: ("id".into(), "secret".into(), None),
            endpoint: None,
            own_certificates: false,
            connect_at_init: false,
            function: "test".into(),
        };
        assert!(Table::new(&config).is_ok());
        let begins =
            AMAZON_ROOTS.windows(27).filter(|text| *text == b"-----BEGIN CERTIFICATE-----");
        assert_eq!(begins.count(), 5);
    }

    #[test]
    fn only_conflicts_alone_are_a_conflict() {
        assert!(matches!(reasons(&["None", "TransactionConflict"]), NotCommitted::Conflict));
        assert!(matches!(
            reasons(&["TransactionConflict", "ThrottlingError"]),
            NotCommitted::Throttled(_)
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
