//! The figures of `docs/costs.md`, against what is counted at the wire.

use std::collections::BTreeMap;

use local::wire::Call;
use reqwest::Method;
use serde_json::json;
use shared::base::time::Clock;

use crate::{
    billing::Shop,
    client::{exchange, root},
};

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

/// What is taken off for asking for a list to be compacted: a lot says which write does.
const ASKING: f64 = -2.0;

/// What the requests since the last look cost, beside those for their token and its rate limit, and
/// beside asking for compactions.
fn taken(shop: &Shop) -> Cost {
    let ours = |call: &Call| {
        let partition = call.keys().next().unwrap_or_default();
        !partition.starts_with("RATE#") && !partition.starts_with("TOK#")
    };
    let calls: Vec<Call> = shop.api.stack.wire().take().into_iter().filter(ours).collect();
    let asking = calls.iter().flat_map(Call::keys).filter(|partition| *partition == "COMPACT");
    let units = calls.iter().map(Call::capacity_units).chain(asking.map(|_| ASKING)).sum();
    (calls.len(), units)
}

/// What renewing a subscription cost the sweeper, beside what it reads to find what is due and beside
/// the test processor's own record.
fn renewed(shop: &Shop) -> Cost {
    let aside = |key: &str| key.starts_with("DUE#") || key.ends_with("#DUE");
    let other = |key: &str| key.contains("#TESTPROC#") || key.contains("_stg_");
    let ours = |call: &Call| {
        // Of both kinds of accounts, and what it leaves for the next look at one of staging.
        let looks = call.keys().all(aside);
        call.function == "workers-sweep" && !looks && !call.keys().any(other)
    };
    let calls: Vec<Call> = shop.api.stack.wire().take().into_iter().filter(ours).collect();
    if std::env::var_os("SHOW_CALLS").is_some() {
        for call in &calls {
            println!("{} {} {}", call.action, call.read_units, call.write_units);
            call.touches.iter().for_each(|touch| println!("    {touch:?}"));
        }
    }
    let asking = calls.iter().flat_map(Call::keys).filter(|partition| *partition == "COMPACT");
    let units = calls.iter().map(Call::capacity_units).chain(asking.map(|_| ASKING)).sum();
    (calls.len(), units)
}

#[tokio::test]
async fn the_page_of_costs_says_what_is_counted() {
    let shop = Shop::open().await;
    // In production there is no clock to look at.
    let (client, price) = (shop.api.client().await, shop.monthly(1000).await);
    let mut counted = BTreeMap::new();
    let mut count = |what: &str| counted.insert(what.to_owned(), taken(&shop));
    let body = json!({"email": "jane@example.com"});

    let customer = client.create_customer(body.clone()).await.ok().id();
    client.get_customer(&customer).await.ok();
    taken(&shop);
    client.get_customer(&customer).await.ok();
    count("a customer is read");

    client.create_customer(body.clone()).await.ok();
    count("a customer is created");

    let request = client.request(Method::POST, "/api/customers").header("Idempotency-Key", "k");
    exchange(request.json(&body)).await.ok();
    count("a customer is created, with an `Idempotency-Key`");

    client.list_customers("?search=jane&limit=20").await.ok();
    taken(&shop);
    client.list_customers("?search=jane&limit=20").await.ok();
    count("three customers are found by a word");

    client.get_customer_state(&customer).await.ok();
    taken(&shop);
    client.get_customer_state(&customer).await.ok();
    count("what a customer has and owes is read, where that is nothing");

    shop.subscribe(&price, json!({})).await.ok();
    taken(&shop);
    shop.subscribe(&price, json!({})).await.ok();
    count("a subscription of a staging account is created, and its first invoice paid");

    let ask = |path: &'static str, body| client.post(path, body);
    let processor =
        ask("/api/processors", json!({"name": "Cards", "type": "test"})).await.ok().id();
    let settings = json!({"default_processor_id": processor, "finalization_delay_hours": 0});
    client.update_account(settings).await.ok();
    let product = ask("/api/products", json!({"name": "Team plan"})).await.ok().id();
    let price = json!({
        "product_id": product, "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": "day",
    });
    let price = ask("/api/prices", price).await.ok().id();
    let method = json!({"token": "test_success"});
    client.post(&format!("/api/customers/{customer}/payment-methods"), method).await.ok();
    let begun = Clock.now().plus_seconds(-25 * 3600);
    let new = json!({
        "customer_id": customer, "items": [{"price_id": price}], "period_start": begun.to_string(),
    });
    ask("/api/subscriptions", new).await.ok();
    taken(&shop);
    for _ in 0..2 {
        shop.api.stack.invoke("workers-sweep", "{}").await.unwrap();
    }
    let paid = client.get("/api/invoices?state=paid").await.ok();
    assert_eq!(paid.body["total"], 2);
    counted.insert(
        "a subscription is renewed, and its invoice paid, by a sweep".to_owned(),
        renewed(&shop),
    );

    assert_eq!(shown(), counted);
}
