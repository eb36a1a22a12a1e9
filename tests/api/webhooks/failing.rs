//! Whoever fails for long is announced and then disabled; what waits for it is kept; and it may say when to be
//! asked again.

use serde_json::{Value, json};
use shared::base::time::{Clock, Timestamp};

use super::{
    endpoint,
    receiver::{Message, Reaction, Receiver},
    telling_after,
};
use crate::client::{Api, Client, eventually};

/// Makes an endpoint fail since so many hours, as the table has it.
async fn fails_since(api: &Api, endpoint: &str, hours: i64) {
    let page = api.dynamodb("Scan", json!({})).await;
    let is_its = |item: &&Value| {
        item["SK"]["S"] == "health" && item["PK"]["S"].as_str().unwrap().ends_with(endpoint)
    };
    let mut health = page["Items"].as_array().unwrap().iter().find(is_its).unwrap().clone();
    let since = Clock.now().plus_hours(-hours).millis();
    health["failing_since"] = json!({"N": since.to_string()});
    api.dynamodb("PutItem", json!({"Item": health})).await;
}

/// How many events there are of a type.
async fn told(client: &Client, name: &str) -> Value {
    client.list_events(&format!("?type={name}")).await.ok().body["total"].clone()
}

/// Another event fails to be received.
async fn fail_once_more(client: &Client, receiver: &Receiver) {
    let before = receiver.all().len();
    client.create_customer(json!({"email": "a@example.com"})).await.ok();
    receiver.arrived(before + 1).await;
}

#[tokio::test]
async fn an_endpoint_that_only_fails_is_announced_once_and_disabled_in_the_end() {
    let api = telling_after("3600").await;
    let client = api.client().await;
    let receiver = Receiver::start(|_, _| Reaction::Answer(503)).await;
    let to = endpoint(&client, &receiver, json!(["customer.created"])).await;
    let failing = async || {
        let now = client.get_webhook_endpoint(&to).await.ok().body;
        now["health"]["failing_since"].is_string().then_some(())
    };
    fail_once_more(&client, &receiver).await;
    eventually(failing).await;
    assert_eq!(told(&client, "webhook_endpoint.failing").await, 0);
    // It fails for long: so what is made now is left to the schedule, which comes in a second.
    fails_since(&api, &to, 61).await;
    fail_once_more(&client, &receiver).await;
    let announced = async || (told(&client, "webhook_endpoint.failing").await == 1).then_some(());
    eventually(announced).await;
    fail_once_more(&client, &receiver).await;
    fails_since(&api, &to, 121).await;
    // The one before may find that out already.
    client.create_customer(json!({"email": "a@example.com"})).await.ok();
    let disabled = eventually(async || {
        let now = client.get_webhook_endpoint(&to).await.ok().body;
        (now["state"] == "disabled").then_some(now)
    })
    .await;
    assert_eq!(disabled["disabled_because"], "failing");
    assert_eq!(told(&client, "webhook_endpoint.failing").await, 1);
    assert_eq!(told(&client, "webhook_endpoint.disabled").await, 1);
    let event = client.list_events("?type=webhook_endpoint.disabled").await.ok();
    assert_eq!(event.items()[0]["data"]["object"]["id"], to.as_str());
    assert_eq!(event.items()[0]["actor"]["type"], "schedule");
    api.audit().await;
}

#[tokio::test]
async fn whoever_says_when_to_be_asked_again_is_not_asked_before() {
    let api = telling_after("0,0,0,0,0,0,0").await;
    let client = api.client().await;
    let receiver = Receiver::start(|_, _| Reaction::AskAgainIn(7200)).await;
    let to = endpoint(&client, &receiver, json!(["customer.created"])).await;
    client.create_customer(json!({"email": "a@example.com"})).await.ok();
    let row = eventually(async || {
        let rows = client.list_deliveries(&to, "").await.ok().items().to_vec();
        rows.into_iter().find(|row| row["attempt"] == 1)
    })
    .await;
    assert_eq!((&row["state"], &row["response_status"]), (&json!("pending"), &json!(429)));
    let at = |name: &str| row[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    let waits = at("next_attempt_at").minus(at("attempted_at"));
    assert!((7200..7260).contains(&waits), "{waits} seconds");
    assert_eq!(receiver.all().len(), 1);
    api.audit().await;
}

/// Whether nothing is due of the only lane to an endpoint, in which so many events wait.
async fn is_parked(api: &Api, endpoint: &str, events: usize) -> bool {
    let page = api.dynamodb("Scan", json!({})).await;
    let is_lane =
        |item: &&Value| item["endpoint_id"]["S"] == endpoint && item["queue"]["L"].is_array();
    let lane = page["Items"].as_array().unwrap().iter().find(is_lane).cloned();
    lane.is_some_and(|lane| {
        let waits = lane["queue"]["L"].as_array().unwrap().len();
        waits == events && !lane["next_at"]["S"].is_string()
    })
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_is_disabled_is_kept_and_sent_in_its_turn() {
    // More attempts than there are in the time that this takes.
    let api = telling_after(&["1"; 100].join(",")).await;
    let client = api.client().await;
    let receiver = Receiver::down(503).await;
    let to = endpoint(&client, &receiver, json!(["customer.*"])).await;
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    client.update_customer(&id, json!({"name": "b"})).await.ok();
    eventually(async || {
        let rows = client.list_deliveries(&to, "").await.ok().items().to_vec();
        (rows.iter().filter(|row| row["state"] == "pending").count() == 2).then_some(())
    })
    .await;
    client.update_webhook_endpoint(&to, json!({"state": "disabled"})).await.ok();
    eventually(async || is_parked(&api, &to, 2).await.then_some(())).await;
    // Nothing is sent to it, also where somebody asks.
    let event = client.list_events("?type=customer.created").await.ok();
    let event = event.items()[0]["id"].as_str().unwrap().to_owned();
    client.resend_event(&event, json!({"endpoint_id": to})).await.refused(422);
    receiver.release();
    client.update_webhook_endpoint(&to, json!({"state": "enabled"})).await.ok();
    client.update_customer(&id, json!({"name": "c"})).await.ok();
    let received = receiver.until(|all| all.len() == 3).await;
    let versions: Vec<u64> = received.iter().map(Message::what).map(|(_, _, v)| v).collect();
    assert_eq!(versions, [1, 2, 3]);
    assert!(received.iter().all(|one| one.body.get("previous_version").is_none()));
    api.audit().await;
}
