//! How long it takes to be refused, by what is wrong with the token: a caller who measures the time
//! could learn from it what the answer does not say. All cases take turns, so that whatever else the
//! machine does falls on each of them alike.
//!
//! What can be told apart by its time is whether a text has the form and the checksum of a token,
//! which anybody can compute; a token that was given out and one that never was should take the same.

use crate::{
    Setup,
    api::{Api, Ask, Client},
    cost::Cost,
    report::{Figure, Report, Table, line, number, percentile},
};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::time::Instant;

/// Its checksum is right, and nobody has it.
const UNKNOWN: &str = "st_prod_0000000000000000000000000000000kgGab";

/// Measures each refusal.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let api = Api::start(setup).await?;
    let client = api.client().await?;
    let (revoked, narrow) = (revoked(&client).await?, narrow(&client).await?);
    let broken = format!("{}0", UNKNOWN.trim_end_matches('b'));
    let cases = [
        ("no token of any form", "nonsense", 401),
        ("a broken checksum", broken.as_str(), 401),
        ("never given out", UNKNOWN, 401),
        ("revoked", revoked.as_str(), 401),
        ("of another scope", narrow.as_str(), 403),
        ("let in", client.token.as_str(), 200),
    ];
    line(&format!("refusals: {} requests with each of {} tokens …\n", setup.requests, cases.len()));
    let mut times = vec![Vec::new(); cases.len()];
    let mut calls = vec![Vec::new(); cases.len()];
    for _ in 0..setup.requests.max(1) {
        for (index, (_, token, status)) in cases.iter().enumerate() {
            let mut ask = Ask::new(Method::GET, "/api/account", &Value::Null);
            ask.status = *status;
            let mut asker = client.clone();
            (*token).clone_into(&mut asker.token);
            api.stack.wire().take();
            let begin = Instant::now();
            asker.send(&ask).await?;
            let took = begin.elapsed().as_secs_f64() * 1000.0;
            times.get_mut(index).context("a case")?.push(took);
            calls.get_mut(index).context("a case")?.extend(api.stack.wire().take());
        }
    }
    let title = "REFUSALS: GET /api/account, by its token.";
    let mut table =
        Table::new(title, &["the token is", "status", "p50 ms", "p99 ms", "look-ups a request"]);
    let (mut report, mut results) = (Report::default(), Map::new());
    for (((about, _, status), times), calls) in cases.iter().zip(&times).zip(&calls) {
        let (p50, p99) = (percentile(times, 50), percentile(times, 99));
        let look_ups = Figure::of(Cost::of(calls).token.calls / number(times.len()));
        let cells = vec![
            (*about).to_owned(),
            status.to_string(),
            table.cell(about, "p50 ms", &p50, None),
            table.cell(about, "p99 ms", &p99, None),
            table.cell(about, "look-ups a request", &look_ups, None),
        ];
        table.row(cells);
        results.insert(
            (*about).to_owned(),
            json!({
                "status": status, "p50_ms": p50.json(), "p99_ms": p99.json(),
                "look_ups": look_ups.json(),
            }),
        );
    }
    api.stack.shutdown().await;
    report.text = table.render();
    report.results.insert("requests".to_owned(), json!(setup.requests));
    report.results.insert("tokens".to_owned(), Value::Object(results));
    Ok(report)
}

async fn revoked(client: &Client) -> Result<String> {
    let made = made(client, json!({"kind": "secret"})).await?;
    let path = format!("/api/tokens/{}", text(&made, "id")?);
    client.ask(Method::DELETE, &path, Value::Null).await?;
    text(&made, "token")
}

async fn narrow(client: &Client) -> Result<String> {
    text(&made(client, json!({"kind": "secret", "scopes": ["customers:read"]})).await?, "token")
}

async fn made(client: &Client, body: Value) -> Result<Value> {
    client.ask(Method::POST, "/api/tokens", body).await
}

fn text(object: &Value, field: &str) -> Result<String> {
    let text = object.get(field).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("no {field} in {object}"))
}
