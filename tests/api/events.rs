//! Events: one for each change, in the change's own transaction.

use local::Options;
use serde_json::{Value, json};

use crate::client::{Api, Client};

#[tokio::test]
async fn every_change_has_exactly_one_event() {
    let api = Api::start().await;
    let client = api.client().await;
    let customer =
        client.create_customer(json!({"email": "a@example.com", "name": "A"})).await.ok();
    let id = customer.id();
    let changed = client.update_customer(&id, json!({"name": "B", "phone": "1"})).await.ok().body;
    client.update_customer(&id, json!({"name": "B"})).await.ok();
    client.delete_customer(&id).await.ok();
    client.create_customer(json!({"email": "nonsense"})).await.refused(422);

    let events = client.list_events("").await.ok();
    let of_customer: Vec<&Value> = events
        .items()
        .iter()
        .filter(|event| event["type"].as_str().unwrap().starts_with("customer."))
        .collect();
    let types: Vec<&Value> = of_customer.iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["customer.deleted", "customer.updated", "customer.created"]);
    let updated = of_customer[1];
    assert_eq!(updated["data"]["object"], changed);
    let previous = &updated["data"]["previous_attributes"];
    assert_eq!((&previous["name"], &previous["phone"]), (&json!("A"), &Value::Null));
    assert_eq!(previous["version"], 1);
    assert_eq!(of_customer[2]["data"]["object"], customer.body);
    assert_eq!(of_customer[2]["data"]["previous_attributes"], Value::Null);
    assert_eq!(of_customer[0]["data"]["object"], changed);
    assert_eq!((&updated["object"], &updated["livemode"]), (&json!("event"), &json!(true)));
    assert!(updated["created"].is_i64());
    assert_eq!(client.get_event(updated["id"].as_str().unwrap()).await.ok().body, *updated);
}

#[tokio::test]
async fn an_event_names_the_request_that_caused_it() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client.create_customer(json!({"email": "a@example.com"})).await.ok();
    let event = client.list_events("?limit=1").await.ok().items()[0].clone();
    assert_eq!(event["request_id"].as_str(), created.header("request-id"));
}

/// A stack in which what is given out after an event is settled within seconds.
async fn settling() -> Api {
    let environment = [("EVENTS_SETTLE_MS", "9000")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Api::start_with(Options { environment, ..Options::default() }).await
}

/// The ids of all events, the oldest first.
async fn all_events(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let page = client.list_events(&format!("?limit=100&offset={}", all.len())).await.ok();
        all.extend(page.items().to_vec());
        if page.body["has_more"] == false {
            all.reverse();
            return all;
        }
    }
}

/// Asks for what comes after the last event that was seen.
async fn poll(client: &Client, seen: &mut Vec<Value>) -> bool {
    let last = seen.last().map_or("evt_prod_0000000000000000", |one| one["id"].as_str().unwrap());
    let page = client.list_events(&format!("?after={last}&limit=7")).await.ok();
    seen.extend(page.items().to_vec());
    page.body["has_more"] == true
}

#[tokio::test]
async fn whoever_asks_for_what_comes_after_misses_nothing_while_others_write() {
    let api = settling().await;
    let client = api.client().await;
    let shared = client.create_customer(json!({"email": "all@example.com"})).await.ok().id();
    // One change whose id is made early, and which is committed after many others.
    let (mut reached, gate) = api.hold(("customers-create", "TransactWriteItems"));
    let early = client.clone();
    let held =
        tokio::spawn(
            async move { early.create_customer(json!({"email": "early@example.com"})).await },
        );
    reached.recv().await.unwrap();
    let mut seen = Vec::new();
    let writers = (0..6).map(|number| {
        let (client, shared) = (client.clone(), shared.clone());
        async move {
            for step in 0..4 {
                let body = json!({"email": format!("w{number}s{step}@example.com")});
                client.create_product(json!({"name": format!("{number}/{step}")})).await.ok();
                client.update_customer(&shared, body).await;
            }
        }
    });
    let writing = futures_util::future::join_all(writers);
    tokio::join!(writing, async {
        for _ in 0..20 {
            poll(&client, &mut seen).await;
        }
    });
    let before_it = all_events(&client).await.len();
    gate.open();
    let late = held.await.unwrap().ok().id();
    api.stack.wire().set_fault(None);
    let all = all_events(&client).await;
    let place = all.iter().position(|one| one["data"]["object"]["id"] == *late).unwrap();
    assert!(place + 1 < all.len() && before_it > 20, "{place} of {}", all.len());
    let until = std::time::Instant::now() + std::time::Duration::from_secs(40);
    while seen.len() < all.len() && std::time::Instant::now() < until {
        if !poll(&client, &mut seen).await {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }
    let ids = |events: &[Value]| -> Vec<String> {
        events.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&seen), ids(&all));
    // Of one object in the order of its versions.
    let of_shared = seen.iter().filter(|one| one["data"]["object"]["id"] == *shared);
    let versions: Vec<u64> =
        of_shared.map(|one| one["data"]["object"]["version"].as_u64().unwrap()).collect();
    assert!(versions.len() > 2 && versions.is_sorted(), "{versions:?}");
}

#[tokio::test]
async fn what_comes_after_an_event_is_asked_for_alone() {
    let api = Api::start().await;
    let client = api.client().await;
    let begin = "evt_prod_0000000000000000";
    client.list_events(&format!("?after={begin}")).await.ok();
    for query in [
        format!("?after={begin}&offset=1"),
        format!("?after={begin}&created_at[gte]=2026-01-01T00:00:00Z"),
        "?after=evt_stg_0000000000000000".to_owned(),
        "?after=cus_prod_0000000000000000".to_owned(),
    ] {
        client.list_events(&query).await.refused(400);
    }
}

/// Each event says who did it: a token, the schedule, whoever runs the deployment.
#[tokio::test]
async fn an_event_names_its_actor() {
    let shop = crate::billing::Shop::open().await;
    let price = shop.monthly(1000).await;
    let subscription = shop.subscribe(&price, json!({})).await.ok().body["id"].clone();
    let who = async |kind: &str| {
        let events = shop.client.list_events("?limit=100").await.ok().body["items"].clone();
        let of = |event: &&Value| event["type"] == kind;
        events.as_array().unwrap().iter().find(of).map(|event| event["actor"].clone()).unwrap()
    };
    let token = who("customer.created").await;
    assert_eq!(token["type"], "token");
    assert!(token["id"].as_str().unwrap().starts_with("tok_stg_"), "{token}");
    assert_eq!(who("account.created").await, json!({"type": "operator", "id": null}));
    let begun = shop.subscription(subscription.as_str().unwrap()).await;
    let end = begun["current_period_end"].as_str().unwrap().to_owned();
    shop.advance(&end).await;
    let renewed = who("customer.subscription.updated").await;
    assert_eq!(renewed, json!({"type": "schedule", "id": null}));
    shop.api.audit().await;
}
