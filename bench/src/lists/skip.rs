//! What is done where nothing is kept for it: a page of a list by reading the list up to the page, and
//! its total by reading all of it.
//!
//! One partition has an item per customer, sorted by id. Strongly consistent queries go over it with
//! the newest first: `Select=COUNT` up to the offset, the page itself, `Select=COUNT` to the end. A
//! query reads at most 1 MB. No function is in between, so its latency is the database's own.

use super::{
    Look,
    rows::{Rows, SKIP},
};
use crate::engine::Engine;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::time::Instant;

/// Reads one page and the total.
pub(super) async fn look(
    engine: &Engine,
    rows: &Rows,
    offset: usize,
    limit: usize,
) -> Result<Look> {
    let begin = Instant::now();
    let mut reader = Reader { engine, rows, after: None, ended: false, calls: 0, units: 0.0 };
    let skipped = reader.count(Some(offset)).await?;
    let page = reader.page(limit).await?;
    let total = skipped + page.len() + reader.count(None).await?;
    let took = begin.elapsed();
    if page != rows.page(offset, limit) || total != rows.count {
        bail!("skipping found {} of {total} at {offset}, which is wrong", page.len());
    }
    Ok(Look { took, round_trips: reader.calls, read_units: Some(reader.units) })
}

struct Reader<'a> {
    engine: &'a Engine,
    rows: &'a Rows,
    after: Option<Value>,
    ended: bool,
    calls: usize,
    units: f64,
}

impl Reader<'_> {
    /// Goes on over so many items, or over all that are left; how many there were.
    async fn count(&mut self, most: Option<usize>) -> Result<usize> {
        let mut counted = 0;
        while !self.ended && most.is_none_or(|most| counted < most) {
            let limit = most.map(|most| most - counted);
            let answer = self.query("COUNT", limit).await?;
            let count = answer.get("Count").and_then(Value::as_u64).context("no count")?;
            counted += usize::try_from(count)?;
        }
        Ok(counted)
    }

    /// The ids of the next items.
    async fn page(&mut self, limit: usize) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        while !self.ended && ids.len() < limit {
            let answer = self.query("ALL_ATTRIBUTES", Some(limit - ids.len())).await?;
            let items = answer.get("Items").and_then(Value::as_array).context("no items")?;
            let id =
                |item: &Value| item.pointer("/id/S").and_then(Value::as_str).map(str::to_owned);
            ids.extend(items.iter().filter_map(id));
        }
        Ok(ids)
    }

    async fn query(&mut self, select: &str, limit: Option<usize>) -> Result<Value> {
        let mut request = json!({
            "TableName": self.engine.table,
            "KeyConditionExpression": "PK = :pk",
            "ExpressionAttributeValues": {":pk": {"S": format!("{}#{SKIP}", self.rows.account)}},
            "ScanIndexForward": false,
            "ConsistentRead": true,
            "Select": select,
            "ReturnConsumedCapacity": "TOTAL",
        });
        if let Some(request) = request.as_object_mut() {
            request.extend(limit.map(|limit| ("Limit".to_owned(), json!(limit))));
            let after = self.after.take().map(|after| ("ExclusiveStartKey".to_owned(), after));
            request.extend(after);
        }
        let mut answer = self.engine.call("Query", &request).await?;
        self.calls += 1;
        let units = answer.pointer("/ConsumedCapacity/CapacityUnits").and_then(Value::as_f64);
        self.units += units.context("no capacity")?;
        self.after = answer.get_mut("LastEvaluatedKey").map(Value::take);
        self.ended = self.after.is_none();
        Ok(answer)
    }
}
