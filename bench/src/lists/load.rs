//! How the rows get into the database without being made one by one through the API, which would take
//! an hour for a million.

use super::rows::Rows;
use crate::engine::Engine;
use anyhow::Result;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What loading took.
pub(super) struct Loaded {
    pub(super) items: usize,
    pub(super) took: Duration,
}

/// Stores the customers and makes them the members of their list.
pub(super) async fn listed(engine: &Engine, rows: &Rows) -> Result<Loaded> {
    let begin = Instant::now();
    engine.put_all((0..rows.count).map(|number| rows.item(number))).await?;
    let partition = format!("{}#L#customers#0", rows.account);
    let operation = |number| -> Value {
        json!({
            "PK": {"S": partition}, "SK": {"S": format!("{}#1", rows.id(number))}, "d": {"N": "1"},
        })
    };
    engine.put_all((0..rows.count).map(operation)).await?;
    Ok(Loaded { items: 2 * rows.count, took: begin.elapsed() })
}

/// Stores the customers where the skip implementation looks for them.
pub(super) async fn to_skip(engine: &Engine, rows: &Rows) -> Result<Loaded> {
    let begin = Instant::now();
    engine.put_all((0..rows.count).map(|number| rows.item_to_skip(number))).await?;
    Ok(Loaded { items: rows.count, took: begin.elapsed() })
}
