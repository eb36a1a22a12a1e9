//! Staging accounts are looked at when they ask for it: an idle sweep costs the same however many there are.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    billing::Shop,
    client::{Api, Client, eventually},
};

/// An account whose time runs, and which bills in a month.
async fn running(api: &Api) -> (Client, Value) {
    let account = api.account("stg").await;
    let client = api.client_of(&account);
    let product = client.post("/api/products", json!({"name": "Plan"})).await.ok().id();
    let price = json!({
        "product_id": product, "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": "day",
    });
    let price = client.post("/api/prices", price).await.ok().id();
    let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    let body = json!({
        "customer_id": customer, "collection_method": "send_invoice", "net_d": 180,
        "items": [{"price_id": price}],
    });
    client.post("/api/subscriptions", body.clone()).await.ok();
    (client, body)
}

/// An account whose time stands still long ago: by real time everything of it would be due.
async fn standing(api: &Api) {
    let account = api.account("stg").await;
    let client = api.client_of(&account);
    client.stop_clock("2020-01-31T00:00:00Z").await.ok();
    let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    let price = client.post("/api/products", json!({"name": "Plan"})).await.ok().id();
    let price = json!({
        "product_id": price, "currency": "usd", "unit_amount_atom": 1000, "billing_interval": "day",
    });
    let price = client.post("/api/prices", price).await.ok().id();
    let body = json!({
        "customer_id": customer, "collection_method": "send_invoice", "net_d": 180,
        "items": [{"price_id": price}],
    });
    client.post("/api/subscriptions", body).await.ok();
}

/// How often a sweep calls for what, once it looks at no account any more.
async fn quiet(api: &Api) -> BTreeMap<String, usize> {
    eventually(async || {
        api.stack.wire().take();
        api.sweep().await;
        let calls = api.stack.wire().take();
        let calls = calls.iter().filter(|call| call.function == "workers-sweep");
        let keys = calls.flat_map(|call| call.keys().map(|key| format!("{} {key}", call.action)));
        let mut counted = BTreeMap::new();
        keys.for_each(|key| *counted.entry(key).or_default() += 1);
        (!counted.keys().any(|key| key.contains("acc_stg_"))).then_some(counted)
    })
    .await
}

#[tokio::test]
async fn an_idle_sweep_reads_the_same_however_many_staging_accounts_there_are() {
    let api = Api::start().await;
    api.account("stg").await;
    let few = quiet(&api).await;
    assert_eq!(few.values().sum::<usize>(), 21, "{few:?}");
    for _ in 0..6 {
        api.account("stg").await;
        standing(&api).await;
        running(&api).await;
    }
    assert_eq!(quiet(&api).await, few);
    api.audit().await;
}

/// Removes what only the newest program writes, as if an older one had made the table.
async fn without_wakes(api: &Api) {
    let page = api.dynamodb("Scan", json!({})).await;
    for item in page["Items"].as_array().unwrap() {
        let key = item["PK"]["S"].as_str().unwrap();
        if key.starts_with("DUE#s") && key != "DUE#stg" || key == "DUE#round" {
            let key = json!({"Key": {"PK": item["PK"], "SK": item["SK"]}});
            api.dynamodb("DeleteItem", key).await;
        }
    }
}

#[tokio::test]
async fn what_an_older_program_left_is_looked_at_by_the_first_sweep() {
    let shop = Shop::open_at("2020-01-31T00:00:00Z", "test_success").await;
    let price = shop.monthly(1000).await;
    let id =
        shop.subscribe(&price, json!({"period_start": "2019-12-15T00:00:00Z"})).await.ok().id();
    let (running, body) = running(&shop.api).await;
    let begun = shared::base::time::Clock.now().plus_seconds(-25 * 3600);
    let mut late = body;
    late["period_start"] = json!(begun.to_string());
    let late = running.post("/api/subscriptions", late).await.ok().id();
    without_wakes(&shop.api).await;
    let page = shop.api.dynamodb("Scan", json!({})).await;
    let wake = |item: &&Value| item["PK"]["S"].as_str().unwrap().starts_with("DUE#s");
    let stg = |item: &&Value| item["PK"]["S"] == "DUE#stg";
    let items = || page["Items"].as_array().unwrap().iter();
    assert_eq!(items().filter(wake).count(), items().filter(stg).count());
    shop.api.audit().await;

    shop.api.sweep().await;
    assert_eq!(shop.invoices(&id).await.len(), 2);
    let path = format!("/api/invoices?subscription_id={late}");
    assert_eq!(running.get(&path).await.ok().items().len(), 2);
    shop.api.audit().await;
    // The drafts are due in an hour of a time that runs, and not before it is moved in one that stands.
    quiet(&shop.api).await;
    shop.advance("2020-01-31T02:00:00Z").await;
    shop.api.audit().await;
}

#[tokio::test]
async fn an_account_that_no_sweep_would_find_is_found_by_the_auditor() {
    let api = Api::start().await;
    let (client, _) = running(&api).await;
    client.stop_clock("2020-01-31T00:00:00Z").await.ok();
    quiet(&api).await;
    api.audit().await;
    // What is due by real time is due again.
    client.release_clock().await.ok();
    let findings = async || {
        let (url, table) = (api.stack.dynamodb_url(), api.stack.table_name());
        local::audit::audit(url, table, |_| {}).await.unwrap().findings()
    };
    assert_eq!(findings().await, Vec::<String>::new());
    api.sweep().await;
    quiet(&api).await;
    assert_eq!(findings().await, Vec::<String>::new());
    let page = api.dynamodb("Scan", json!({})).await;
    let wake = |item: &&Value| {
        let key = item["PK"]["S"].as_str().unwrap();
        key.starts_with("DUE#s") && key != "DUE#stg"
    };
    let wakes: Vec<&Value> = page["Items"].as_array().unwrap().iter().filter(wake).collect();
    assert_eq!(wakes.len(), 1, "{wakes:?}");
    api.dynamodb("DeleteItem", json!({"Key": {"PK": wakes[0]["PK"], "SK": wakes[0]["SK"]}})).await;
    let found = findings().await;
    assert!(found.len() == 1 && found[0].starts_with("wakes: "), "{found:?}");
}

#[tokio::test]
async fn what_is_due_while_nobody_asks_is_done_when_its_time_comes() {
    let api = Api::start().await;
    let (client, mut body) = running(&api).await;
    quiet(&api).await;
    // Its first period is over: the draft of the second is an hour of the account's time old before it
    // is final, and that is when the account is looked at again.
    let begun = shared::base::time::Clock.now().plus_seconds(-25 * 3600);
    body["period_start"] = json!(begun.to_string());
    let id = client.post("/api/subscriptions", body).await.ok().id();
    api.sweep().await;
    quiet(&api).await;
    let path = format!("/api/invoices?subscription_id={id}");
    let states = async || {
        let page = client.get(&path).await.ok();
        page.items().iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["draft", "open"]);
    client.stop_clock(&shared::base::time::Clock.now().plus_seconds(7200).to_string()).await.ok();
    api.sweep().await;
    assert_eq!(states().await, ["open", "open"]);
    api.audit().await;
}
