//! `GET /api/customers?limit=…&offset=…` through the function that is deployed.

use super::{Look, rows::Rows};
use crate::{api::Api, cost::Cost};
use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::Value;
use std::time::Instant;

const FUNCTION: &str = "customers-list";

/// Asks for one page. What the function does for the token and its rate limit is not counted, as in
/// the suite `requests`.
pub(super) async fn look(api: &Api, rows: &Rows, offset: usize, limit: usize) -> Result<Look> {
    let path = format!("/api/customers?limit={limit}&offset={offset}");
    api.stack.wire().take();
    let begin = Instant::now();
    let answer = rows.client.ask(Method::GET, &path, Value::Null).await?;
    let took = begin.elapsed();
    let calls = api.stack.wire().take();
    let cost = Cost::of(calls.iter().filter(|call| call.function == FUNCTION)).data;

    let items = answer.get("items").and_then(Value::as_array).context("a page without items")?;
    let ids: Vec<_> =
        items.iter().filter_map(|item| item.get("id").and_then(Value::as_str)).collect();
    let total = answer.get("total").and_then(Value::as_u64).map(usize::try_from).transpose()?;
    if ids != rows.page(offset, limit) || total != Some(rows.count) {
        bail!("{path} gave {} of {total:?}, which is wrong", ids.len());
    }
    Ok(Look { took, round_trips: calls_of(cost.calls)?, read_units: Some(cost.units) })
}

/// A number of calls is kept as a float, because it may be a share.
fn calls_of(calls: f64) -> Result<usize> {
    format!("{calls:.0}").parse().context("no number of calls")
}
