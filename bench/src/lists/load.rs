//! How the rows get into the database without being made one by one through the API, which would take
//! an hour for a million.
//!
//! An import writes what the creates would have written of objects and list operations, in bulk, and asks
//! for the list's compaction; everything else is done by the functions: the worker moves the operations
//! into the tree, batch after batch, as it would have done meanwhile.

use super::rows::Rows;
use crate::{api::Api, engine::Engine, report::number};
use anyhow::{Result, bail};
use local::Outcome;
use serde_json::{Value, json};
use std::time::Instant;

const COMPACTOR: &str = "workers-compact";
/// How many items are put at once.
const CHUNK: usize = 5_000;
/// How many items tell how many requests write in a second.
const SAMPLE: usize = 5_000;

/// Stores the customers and makes them the members of their list; how many seconds that took, and how
/// many of them the worker.
pub(super) async fn listed(api: &Api, engine: &Engine, rows: &Rows) -> Result<(f64, f64)> {
    let begin = Instant::now();
    import(api, rows, |number| rows.item(number)).await?;
    let partition = format!("{}#L#customers#0", rows.account);
    let operation = |number| {
        let sk = format!("{}#000000001", rows.id(number));
        json!({"PK": {"S": partition}, "SK": {"S": sk}, "d": {"N": "1"}})
    };
    import(api, rows, operation).await?;
    let request = json!({
        "PK": {"S": "COMPACT"}, "SK": {"S": format!("{}#customers#import", rows.account)},
    });
    api.stack.import(vec![request.clone()]).await?;
    let compacting = Instant::now();
    let asked = json!({"TableName": engine.table, "Key": request, "ConsistentRead": true});
    while engine.call("GetItem", &asked).await?.get("Item").is_some() {
        match api.stack.invoke(COMPACTOR, "{}").await? {
            Outcome::Answer(_) => {}
            other => bail!("a compaction ended with {other:?}"),
        }
    }
    Ok((begin.elapsed().as_secs_f64(), compacting.elapsed().as_secs_f64()))
}

/// Stores the customers where the skip implementation looks for them; how many seconds that took.
pub(super) async fn to_skip(api: &Api, rows: &Rows) -> Result<f64> {
    let begin = Instant::now();
    import(api, rows, |number| rows.item_to_skip(number)).await?;
    Ok(begin.elapsed().as_secs_f64())
}

async fn import(api: &Api, rows: &Rows, item: impl Fn(usize) -> Value) -> Result<()> {
    let mut number = 0;
    while number < rows.count {
        let next = rows.count.min(number + CHUNK);
        api.stack.import((number..next).map(&item).collect()).await?;
        number = next;
    }
    Ok(())
}

/// How many customers a second can be written by requests of 25, and how many bytes each has.
pub(super) async fn by_requests(engine: &Engine, rows: &Rows) -> Result<Value> {
    let items: Vec<Value> = (0..SAMPLE).map(|number| rows.item(number)).collect();
    let bytes: usize = items.iter().map(|item| item.to_string().len()).sum();
    let rate = engine.batches_per_second(items).await?;
    Ok(json!({
        "items_per_second": crate::report::rounded(rate.round()),
        "bytes_of_json_per_item": crate::report::rounded((number(bytes) / number(SAMPLE)).round()),
    }))
}
