//! What a create costs by how many lists the object is in. The event that every change makes is
//! written beside it, and is in a list of its own: that is the same for all of them.

use crate::{
    Setup,
    api::{Api, Ask, Client},
    cost::Cost,
    report::{Report, Table, rounded, short},
};
use anyhow::{Context, Result, bail};
use local::wire::Call;
use reqwest::Method;
use serde_json::{Value, json};

/// Lists, the function, and what is asked of it.
const CREATES: [(usize, &str, &str, &str); 3] = [
    (1, "processors-create", "/api/processors", r#"{"name": "Cards", "type": "test"}"#),
    (2, "customers-create", "/api/customers", r#"{"email": "a@example.com"}"#),
    (
        3,
        "customers-create",
        "/api/customers",
        r#"{"email": "a@example.com", "custom_fields": {"tier": "gold"}}"#,
    ),
];

pub(super) async fn run(setup: &Setup) -> Result<Report> {
    let api = Api::start(setup).await?;
    let client = api.client().await?;
    let field = json!({
        "entity_type": "customer", "key": "tier", "data_type": "select", "options": ["gold"],
    });
    client.ask(Method::POST, "/api/custom-field-definitions", field).await?;
    let title = "WRITES: a create, by how many lists the object is in; the event and its list come \
                 on top.";
    let head = ["operation", "lists", "items written", "write units", "all units", "r/t"];
    let mut table = Table::new(title, &head);
    let mut creates = Vec::new();
    for (lists, bin, path, body) in CREATES {
        let calls = calls(&api, &client, bin, path, body).await?;
        let write = calls.iter().find(|call| call.action == "TransactWriteItems");
        let write = write.with_context(|| format!("{bin} wrote nothing"))?;
        let is_list = |key: &&str| key.contains("#L#") && !key.contains("#L#events#");
        let found = write.keys().filter(is_list).count();
        if found != lists {
            bail!("{bin} wrote to {found} lists, not {lists}");
        }
        let cost = Cost::of(&calls).data;
        table.row(vec![
            bin.to_owned(),
            lists.to_string(),
            write.touches.len().to_string(),
            short(write.write_units),
            short(cost.units),
            short(cost.calls),
        ]);
        creates.push(json!({
            "operation": bin,
            "lists": lists,
            "items": write.touches.len(),
            "write_units": rounded(write.write_units),
            "units": rounded(cost.units),
            "round_trips": rounded(cost.calls),
        }));
    }
    api.stack.shutdown().await;
    let mut report = Report { text: table.render(), ..Report::default() };
    report.results.insert("creates".to_owned(), Value::Array(creates));
    Ok(report)
}

/// The calls of a second request: the first one's process is new.
async fn calls(api: &Api, client: &Client, bin: &str, path: &str, body: &str) -> Result<Vec<Call>> {
    let ask = Ask {
        method: Method::POST,
        path: path.to_owned(),
        body: Some(body.to_owned()),
        key: None,
        status: 200,
    };
    client.send(&ask).await?;
    api.stack.wire().take();
    client.send(&ask).await?;
    let mut calls = api.stack.wire().take();
    calls.retain(|call| call.function == bin);
    Ok(calls)
}
