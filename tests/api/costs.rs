//! The figures of `docs/costs.md`, against what is counted at the wire.

use std::collections::BTreeMap;

use local::wire::Call;
use reqwest::Method;
use serde_json::json;

use crate::{
    billing::Shop,
    client::{exchange, root},
};

/// How often each is counted.
const TIMES: usize = 4;

/// Round trips, and capacity units.
type Cost = (usize, f64);

/// The rows of the page's first table by what they are about.
fn shown() -> BTreeMap<String, Cost> {
    let page = std::fs::read_to_string(root().join("docs/costs.md")).unwrap();
    let rows = page.lines().skip_while(|line| !line.starts_with("| what | round trips |")).skip(2);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        (cells[1].to_owned(), (cells[2].parse().unwrap(), cells[3].parse().unwrap()))
    };
    rows.take_while(|line| line.starts_with('|')).map(row).collect()
}

/// What the requests since the last look cost, beside those for their token and its rate limit.
fn taken(shop: &Shop) -> Cost {
    let ours = |call: &Call| {
        let partition = call.keys().next().unwrap_or_default();
        !partition.starts_with("RATE#") && !partition.starts_with("TOK#")
    };
    let calls: Vec<Call> = shop.api.stack.wire().take().into_iter().filter(ours).collect();
    (calls.len(), calls.iter().map(Call::capacity_units).sum())
}

#[tokio::test]
async fn the_page_of_costs_says_what_is_counted() {
    let shop = Shop::open().await;
    // In production there is no clock to look at.
    let (client, price) = (shop.api.client().await, shop.monthly(1000).await);
    let body = json!({"email": "jane@example.com"});
    let customer = client.create_customer(body.clone()).await.ok().id();
    let mut counted = BTreeMap::<String, Cost>::new();
    // The least of some: a process that has just begun reads more, and who meets another tries again.
    for time in 0..TIMES {
        let mut count = |what: &str| {
            let (calls, units) = taken(&shop);
            let least = counted.entry(what.to_owned()).or_insert((calls, units));
            *least = (least.0.min(calls), least.1.min(units));
        };
        taken(&shop);
        client.get_customer(&customer).await.ok();
        count("a customer is read");

        client.create_customer(body.clone()).await.ok();
        count("a customer is created");

        let request = client.request(Method::POST, "/api/customers");
        let request = request.header("Idempotency-Key", time.to_string());
        exchange(request.json(&body)).await.ok();
        count("a customer is created, with an `Idempotency-Key`");

        shop.subscribe(&price, json!({})).await.ok();
        count("a subscription of a staging account is created, and its first invoice paid");
    }
    assert_eq!(shown(), counted);
}
