//! Events: one for each change, in the change's own transaction.

use serde_json::{Value, json};

use crate::client::Api;

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
