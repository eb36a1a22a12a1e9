//! The database, asked directly: what no function does, such as loading a million items.

use crate::{api::Api, report::number};
use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use local::engine::Endpoint;
use serde_json::{Map, Value, json};
use std::time::Instant;

/// DynamoDB's limit for one batch of writes.
const BATCH: usize = 25;
/// Requests on their way at once; the database carries out one after the other.
const AT_ONCE: usize = 4;
/// How many transactions tell how many there are in a second.
const TRANSACTIONS: usize = 1000;

/// A client of the stack's database. Its calls go through the wire, which does not look into them while
/// nothing is recorded.
pub(crate) struct Engine {
    endpoint: Endpoint,
    pub(crate) table: String,
}

impl Engine {
    pub(crate) fn of(api: &Api) -> Self {
        let endpoint = Endpoint::new(api.stack.dynamodb_url());
        Self { endpoint, table: api.stack.table_name().to_owned() }
    }

    /// The answer to an action; anything but success is an error.
    pub(crate) async fn call(&self, action: &str, body: &Value) -> Result<Value> {
        self.endpoint.call(&format!("DynamoDB_20120810.{action}"), body).await
    }

    /// How many transactions a second it carries out that put `items` new items of `bytes` bytes each,
    /// and nothing else is asked of it: what bounds whatever writes.
    pub(crate) async fn transactions_per_second(&self, items: usize, bytes: usize) -> Result<f64> {
        let text = "x".repeat(bytes);
        let put = |number: usize, place: usize| {
            let item = json!({
                "PK": {"S": format!("RAW#{number}.{place}")}, "SK": {"S": "raw"},
                "text": {"S": text},
            });
            json!({"Put": {
                "TableName": self.table, "Item": item,
                "ConditionExpression": "attribute_not_exists(PK)",
            }})
        };
        let begin = Instant::now();
        let all = (0..TRANSACTIONS).map(|number| {
            let puts: Vec<Value> = (0..items.max(1)).map(|place| put(number, place)).collect();
            json!({"TransactItems": puts, "ClientRequestToken": format!("raw-{number}")})
        });
        let write =
            |body: Value| async move { self.call("TransactWriteItems", &body).await.map(drop) };
        stream::iter(all).map(write).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        Ok(number(TRANSACTIONS) / begin.elapsed().as_secs_f64())
    }

    /// The sort keys of a partition that are not greater than `most`.
    pub(crate) async fn sort_keys_up_to(&self, partition: &str, most: &str) -> Result<Vec<String>> {
        let mut request = json!({
            "TableName": self.table,
            "KeyConditionExpression": "PK = :pk AND SK <= :most",
            "ExpressionAttributeValues": {":pk": {"S": partition}, ":most": {"S": most}},
            "ProjectionExpression": "SK",
            "ConsistentRead": true,
        });
        let mut keys = Vec::new();
        loop {
            let mut answer = self.call("Query", &request).await?;
            let items = answer.get("Items").and_then(Value::as_array).context("no items")?;
            let key =
                |item: &Value| item.pointer("/SK/S").and_then(Value::as_str).map(str::to_owned);
            keys.extend(items.iter().filter_map(key));
            let after = answer.get_mut("LastEvaluatedKey").map(Value::take);
            match (after, request.as_object_mut()) {
                (Some(after), Some(request)) => {
                    request.insert("ExclusiveStartKey".to_owned(), after);
                }
                _ => return Ok(keys),
            }
        }
    }

    /// How many items a second it takes in batches of [`BATCH`], written as requests.
    pub(crate) async fn batches_per_second(&self, items: Vec<Value>) -> Result<f64> {
        let (begin, count) = (Instant::now(), items.len());
        let write = |batch: &[Value]| {
            let puts: Vec<Value> =
                batch.iter().map(|item| json!({"PutRequest": {"Item": item}})).collect();
            let mut requests = Map::new();
            requests.insert(self.table.clone(), Value::Array(puts));
            async move {
                let body = json!({"RequestItems": requests});
                let answer = self.call("BatchWriteItem", &body).await?;
                match answer.get("UnprocessedItems").and_then(Value::as_object) {
                    Some(left) if !left.is_empty() => bail!("items were left out: {left:?}"),
                    _ => Ok(()),
                }
            }
        };
        let batches: Vec<_> = items.chunks(BATCH).map(write).collect();
        stream::iter(batches).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        Ok(number(count) / begin.elapsed().as_secs_f64())
    }
}
