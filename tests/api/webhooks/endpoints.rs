//! What a client does to an endpoint.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    endpoint,
    receiver::{Reaction, Receiver},
    telling,
};
use crate::client::Api;

const URL: &str = "https://hooks.example.com/in";

#[tokio::test]
async fn a_secret_is_shown_when_it_is_made_and_never_again() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"url": URL, "events": ["customer.*", "invoice.paid"]});
    let made = client.create_webhook_endpoint(body).await.ok();
    let (id, secret) = (made.id(), made.body["secret"].as_str().unwrap().to_owned());
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44 && secret.ends_with('='));
    let rotated = client.rotate_webhook_secret(&id, json!({"expires_in_hours": 1})).await.ok();
    let newer = rotated.body["secret"].as_str().unwrap();
    assert!(newer.starts_with("whsec_") && newer != secret);
    let changed = client.update_webhook_endpoint(&id, json!({"state": "disabled"})).await.ok().body;
    assert_eq!(changed["disabled_because"], "asked");
    assert_eq!(client.get_webhook_endpoint(&id).await.ok().body, changed);
    assert_eq!(
        client.list_webhook_endpoints("").await.ok().items(),
        std::slice::from_ref(&changed)
    );
    let events = client.list_events("").await.ok().body;
    for shown in [&changed, &events] {
        assert!(!shown.to_string().contains("whsec_"), "{shown}");
        assert!(!shown.to_string().contains("secrets"), "{shown}");
    }
    client.delete_webhook_endpoint(&id).await.ok();
    client.get_webhook_endpoint(&id).await.refused(404);
    api.audit().await;
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused() {
    let options = local::Options { environment: BTreeMap::new(), ..local::Options::default() };
    let api = Api::start_with(local::Options { workers: false, ..options }).await;
    let client = api.client().await;
    for (url, fault) in [
        ("http://hooks.example.com/", "/url not_https"),
        ("http://127.0.0.1:8080/", "/url not_https"),
        ("https://127.0.0.1:8443/", "/url not_public"),
        ("https://[::1]:8443/", "/url not_public"),
        ("https://169.254.169.254/latest", "/url not_public"),
        ("https://[::ffff:192.168.0.1]/", "/url not_public"),
        ("https://hooks.example.com:22/", "/url invalid_port"),
        ("https://me:secret@hooks.example.com/", "/url user_info"),
    ] {
        let body = json!({"url": url, "events": ["*"]});
        let refused = client.create_webhook_endpoint(body).await.refused(422);
        assert_eq!(refused.faults(), [fault], "{url}");
    }
    let id = client.create_webhook_endpoint(json!({"url": URL, "events": ["*"]})).await.ok().id();
    client.update_webhook_endpoint(&id, json!({"url": "https://10.0.0.1/"})).await.refused(422);
}

#[tokio::test]
async fn an_endpoint_is_tried_with_an_example_that_says_so() {
    let api = telling().await;
    let client = api.client().await;
    let receiver = Receiver::start(|n, _| Reaction::Answer(if n == 0 { 200 } else { 302 })).await;
    let id = endpoint(&client, &receiver, json!(["refund.updated"])).await;
    let tried = client.test_webhook_endpoint(&id, json!({"type": "invoice.paid"})).await.ok().body;
    assert_eq!((&tried["state"], &tried["test"]), (&json!("succeeded"), &json!(true)));
    assert_eq!((&tried["response_status"], &tried["response_body"]), (&json!(200), &json!("seen")));
    let message = receiver.received().pop().unwrap();
    assert_eq!(
        (&message.body["type"], &message.body["test"]),
        (&json!("invoice.paid"), &json!(true))
    );
    // A redirect is not followed.
    let tried = client.test_webhook_endpoint(&id, json!({})).await.ok().body;
    assert_eq!((&tried["state"], &tried["response_status"]), (&json!("failed"), &json!(302)));
    assert_eq!(client.list_deliveries(&id, "").await.ok().body["total"], 2);
    assert_eq!(receiver.all().len(), 2);
    api.audit().await;
}

#[tokio::test]
async fn what_is_sent_is_signed_with_each_secret_that_is_valid() {
    let api = telling().await;
    let client = api.client().await;
    let receiver = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let body = json!({"url": receiver.url, "events": ["*"]});
    let made = client.create_webhook_endpoint(body).await.ok();
    let (id, mut secrets) = (made.id(), vec![made.body["secret"].as_str().unwrap().to_owned()]);
    for hours in [24, 0] {
        let rotate = json!({"expires_in_hours": hours});
        let rotated = client.rotate_webhook_secret(&id, rotate).await.ok().body;
        secrets.push(rotated["secret"].as_str().unwrap().to_owned());
        client.test_webhook_endpoint(&id, json!({})).await.ok();
    }
    let tested = |message: &crate::webhooks::Message| message.body["test"] == true;
    let received = receiver.until(|all| all.iter().filter(|one| tested(one)).count() == 2).await;
    let valid: Vec<Vec<bool>> = received
        .iter()
        .filter(|one| tested(one))
        .map(|message| secrets.iter().map(|secret| message.is_ours(secret)).collect())
        .collect();
    assert_eq!(valid, [[true, true, false], [false, false, true]]);
    let mut altered = received[0].clone();
    altered.text.push(' ');
    assert!(secrets.iter().all(|secret| !altered.is_ours(secret)));
}

#[tokio::test]
async fn what_a_receiver_says_with_410_disables_it_and_enabling_sends_what_it_missed() {
    let api = telling().await;
    let client = api.client().await;
    let receiver = Receiver::start(|n, _| Reaction::Answer(if n == 0 { 410 } else { 200 })).await;
    let id = endpoint(&client, &receiver, json!(["customer.created"])).await;
    let mut made = Vec::new();
    made.push(client.create_customer(json!({"email": "a@example.com"})).await.ok().id());
    receiver.arrived(1).await;
    let disabled = crate::client::eventually(async || {
        let now = client.get_webhook_endpoint(&id).await.ok().body;
        (now["state"] == "disabled").then_some(now)
    })
    .await;
    assert_eq!(disabled["disabled_because"], "gone");
    let types = client.list_events("").await.ok().body["items"].clone();
    assert!(
        types.as_array().unwrap().iter().any(|event| event["type"] == "webhook_endpoint.disabled")
    );
    for name in ["b", "c"] {
        let body = json!({"email": format!("{name}@example.com")});
        made.push(client.create_customer(body).await.ok().id());
    }
    let since = json!({"state": "enabled", "replay_since": "2020-01-01T00:00:00Z"});
    client.update_webhook_endpoint(&id, since).await.ok();
    let received = receiver.until(|received| received.len() == 3).await;
    let mut ids: Vec<Value> =
        received.iter().map(|message| message.body["data"]["object"]["id"].clone()).collect();
    ids.sort_by_key(Value::to_string);
    ids.dedup();
    made.sort();
    assert_eq!(ids, made);
    api.audit().await;
}
