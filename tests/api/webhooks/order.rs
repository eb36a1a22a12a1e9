//! In which order events arrive, how often, and what holds them back.

use serde_json::{Value, json};
use shared::base::time::Clock;

use super::{
    endpoint,
    receiver::{Message, Reaction, Receiver},
    telling, telling_after,
};
use crate::{
    billing::Shop,
    client::{Api, Client, eventually},
};

/// A customer that is made and changed until it is at `version`.
async fn changed(client: &Client, version: u64) -> String {
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    for number in 2..=version {
        client.update_customer(&id, json!({"name": format!("Number {number}")})).await.ok();
    }
    id
}

fn versions(received: &[Message], id: &str) -> Vec<u64> {
    let of_this = received.iter().map(Message::what).filter(|(_, object, _)| object == id);
    of_this.map(|(_, _, version)| version).collect()
}

#[tokio::test]
async fn each_change_is_told_in_its_order_with_both_families_of_headers() {
    let api = telling().await;
    let client = api.client().await;
    let receiver = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let to = endpoint(&client, &receiver, json!(["customer.*"])).await;
    let id = changed(&client, 5).await;
    client.delete_customer(&id).await.ok();
    let received = receiver.until(|all| all.len() == 6).await;
    assert_eq!(versions(&received, &id), [1, 2, 3, 4, 5, 5]);
    assert_eq!(received[5].body["type"], "customer.deleted");
    for message in &received {
        let event = message.body["id"].as_str().unwrap();
        assert_eq!(message.header("webhook-id"), event);
        assert_eq!(message.header("x-webhook-event-id"), event);
        assert_eq!(message.header("x-webhook-event-type"), message.body["type"]);
        assert!(message.header("webhook-signature").starts_with("v1,"));
        assert_eq!(message.header("x-webhook-signature").len(), 64);
        assert_eq!(message.body["object"], "event");
        assert!(message.body["created"].is_i64() && message.body["livemode"] == true);
        let delivery = message.header("x-webhook-delivery-id");
        let told = eventually(async || {
            let told = client.list_event_deliveries(event, "").await.ok().items().to_vec();
            (told[0]["state"] == "succeeded").then_some(told)
        })
        .await;
        assert_eq!((told.len(), &told[0]["id"]), (1, &json!(delivery)));
    }
    assert_eq!(client.list_deliveries(&to, "").await.ok().body["total"], 6);
    let health = client.get_webhook_endpoint(&to).await.ok().body["health"].clone();
    assert!(health["last_success_at"].is_string() && health["failing_since"].is_null());
    api.audit().await;
}

#[tokio::test]
async fn what_fails_holds_back_its_own_object_and_no_other() {
    // The failing one is tried again in an hour: never, here.
    let api = telling_after("3600").await;
    let client = api.client().await;
    let refused = client.create_customer(json!({"email": "held@example.com"})).await.ok().id();
    let held = refused.clone();
    let receiver = Receiver::start(move |_, message| {
        Reaction::Answer(if message.what().1 == held { 500 } else { 200 })
    })
    .await;
    // What made the customer is not wanted, whether the stream tells of it before the endpoint or after.
    let to = endpoint(&client, &receiver, json!(["customer.updated"])).await;
    client.update_customer(&refused, json!({"name": "a"})).await.ok();
    receiver.until(|_| !receiver.all().is_empty()).await;
    client.update_customer(&refused, json!({"name": "b"})).await.ok();
    let other = changed(&client, 3).await;
    let received = receiver.until(|all| versions(all, &other).len() == 2).await;
    assert_eq!(versions(&received, &other), [2, 3]);
    let tries = receiver.all().into_iter().filter(|(message, _)| message.what().1 == refused);
    assert!(tries.into_iter().all(|(message, _)| message.what().2 == 2));
    let waiting = client.list_deliveries(&to, "").await.ok();
    let of_held = |row: &&Value| row["object_id"] == refused.as_str();
    let states: Vec<_> = waiting.items().iter().filter(of_held).map(|row| &row["state"]).collect();
    assert_eq!(states, ["pending", "pending"]);
    // What is resent goes first, whatever waits.
    let event = client.list_events("").await.ok();
    let of_held = |event: &&Value| event["data"]["object"]["id"] == refused.as_str();
    let event = event.items().iter().rfind(of_held).unwrap()["id"].as_str().unwrap().to_owned();
    client.resend_event(&event, json!({"endpoint_id": to})).await.ok();
    eventually(async || {
        let rows = client.list_event_deliveries(&event, "").await.ok().items().to_vec();
        rows.iter().any(|row| row["resent"] == true && row["attempt"] == 1).then_some(())
    })
    .await;
    api.audit().await;
}

#[tokio::test]
async fn after_one_that_is_given_up_the_next_says_what_was_skipped() {
    let api = telling().await;
    let client = api.client().await;
    let receiver = Receiver::start(|_, message| {
        Reaction::Answer(if message.what().2 == 2 { 422 } else { 200 })
    })
    .await;
    let to = endpoint(&client, &receiver, json!(["customer.*"])).await;
    let id = changed(&client, 4).await;
    let received = receiver.until(|all| versions(all, &id) == [1, 3, 4]).await;
    let skipped: Vec<&Value> = received.iter().map(|one| &one.body["previous_version"]).collect();
    assert_eq!(skipped, [&Value::Null, &json!(1), &Value::Null]);
    // 4xx is final.
    let rows = eventually(async || {
        let rows = client.list_deliveries(&to, "").await.ok().items().to_vec();
        rows.iter().all(|row| row["state"] != "pending").then_some(rows)
    })
    .await;
    let failed: Vec<_> = rows.iter().filter(|row| row["state"] == "failed").collect();
    assert_eq!((failed.len(), &failed[0]["response_status"]), (1, &json!(422)));
    assert_eq!(failed[0]["attempt"], 1);
    api.audit().await;
}

#[tokio::test]
async fn an_event_is_tried_eight_times_and_then_given_up() {
    let api = telling().await;
    let client = api.client().await;
    let receiver = Receiver::start(|_, message| match message.what().0.as_str() {
        "customer.created" => Reaction::Answer(500),
        _ => Reaction::Answer(200),
    })
    .await;
    let to = endpoint(&client, &receiver, json!(["customer.*"])).await;
    let id = changed(&client, 2).await;
    let received = receiver.until(|all| versions(all, &id) == [2]).await;
    assert_eq!(received[0].body["previous_version"], 0);
    let tries = receiver.all().into_iter().filter(|(one, _)| one.what().2 == 1);
    // More, where a database that is too slow did not take what came of one.
    assert!(tries.count() >= 8);
    let rows = client.list_deliveries(&to, "").await.ok();
    let given_up = rows.items().iter().find(|row| row["object_version"] == 1).unwrap();
    assert_eq!((&given_up["state"], &given_up["attempt"]), (&json!("failed"), &json!(8)));
    api.audit().await;
}

#[tokio::test]
async fn nothing_is_sent_to_an_endpoint_that_was_deleted_or_wants_something_else() {
    let api = telling().await;
    let client = api.client().await;
    let gone = Receiver::start(|_, _| Reaction::Answer(500)).await;
    let other = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let to_gone = endpoint(&client, &gone, json!(["*"])).await;
    endpoint(&client, &other, json!(["customer.updated"])).await;
    let id = changed(&client, 2).await;
    gone.arrived(1).await;
    client.delete_webhook_endpoint(&to_gone).await.ok();
    // An attempt that had begun may still arrive.
    let before = gone.all().len() + 1;
    client.update_customer(&id, json!({"name": "z"})).await.ok();
    let received = other.until(|all| all.len() == 2).await;
    assert_eq!(versions(&received, &id), [2, 3]);
    assert!(gone.all().len() <= before, "{:?}", gone.all());
    assert!(gone.all().iter().all(|(message, _)| message.what().2 < 3));
}

/// The stream has not told of an event for a minute, and of the next ones it has: what is missing is looked for,
/// and comes in its turn.
#[tokio::test]
async fn what_the_stream_has_not_told_of_in_its_turn_is_looked_for() {
    let api = telling_after("3600").await;
    looks_for_what_is_missing(&api, api.client().await, 0).await;
}

/// While an account's time stands still, all that happens has one instant.
#[tokio::test]
async fn what_is_missing_is_found_among_all_that_happened_at_its_instant() {
    let api = telling_after("3600").await;
    let client = api.client_of(&api.account("stg").await);
    client.stop_clock("2030-01-31T00:00:00Z").await.ok();
    looks_for_what_is_missing(&api, client, 110).await;
}

/// A customer changes, of which the stream tells nothing but the last; meanwhile so many other things are made.
async fn looks_for_what_is_missing(api: &Api, client: Client, others: usize) {
    let receiver = Receiver::start(|n, _| Reaction::Answer(if n == 1 { 500 } else { 200 })).await;
    let to = endpoint(&client, &receiver, json!(["customer.*"])).await;
    let id = changed(&client, 1).await;
    receiver.until(|all| all.len() == 1).await;
    for name in ["b", "c"] {
        client.update_customer(&id, json!({"name": name})).await.ok();
    }
    for _ in 0..others {
        client.create_product(json!({"name": "Tea"})).await.ok();
    }
    client.update_customer(&id, json!({"name": "d"})).await.ok();
    // As if the stream had told of the last one alone, two minutes ago.
    let mut lane = eventually(async || {
        let items = api.dynamodb("Scan", json!({})).await["Items"].as_array().unwrap().clone();
        let is_lane = |item: &Value| item["endpoint_id"]["S"] == *to && item.get("queue").is_some();
        let lane = items.into_iter().find(is_lane)?;
        let all_wait = lane["queue"]["L"].as_array().unwrap().len() == 3;
        (all_wait && lane["attempts"]["N"] == "1").then_some(lane)
    })
    .await;
    let queue = lane["queue"]["L"].as_array_mut().unwrap();
    queue.drain(..2);
    let since = Clock.now().plus_millis(-120_000).to_string();
    lane["held_since"] = json!({"S": since});
    lane["attempts"] = json!({"N": "0"});
    api.dynamodb("PutItem", json!({"Item": lane})).await;
    client.update_customer(&id, json!({"name": "e"})).await.ok();
    let received = receiver.until(|all| versions(all, &id).contains(&5)).await;
    assert_eq!(versions(&received, &id), [1, 2, 3, 4, 5]);
    assert!(received.iter().all(|one| one.body.get("previous_version").is_none()));
    api.audit().await;
}

/// A thousand events of one object wait for one endpoint at most. What is asked for beyond that is refused,
/// and nothing changes.
#[tokio::test]
async fn no_more_than_a_thousand_events_of_an_object_wait() {
    let api = telling_after("3600").await;
    let client = api.client().await;
    let receiver = Receiver::start(|_, _| Reaction::Answer(500)).await;
    let to = endpoint(&client, &receiver, json!(["customer.updated"])).await;
    let id = changed(&client, 2).await;
    let waiting = async || {
        let items = api.dynamodb("Scan", json!({})).await["Items"].as_array().unwrap().clone();
        let is_lane = |item: &Value| item["object_id"]["S"] == *id && item.get("queue").is_some();
        let lane = items.into_iter().find(is_lane)?;
        (lane["attempts"]["N"] == "1" && lane["next_at"].is_object()).then_some(lane)
    };
    let mut lane = eventually(waiting).await;
    let queue = lane["queue"]["L"].as_array_mut().unwrap();
    let first = queue[0].clone();
    queue.extend((1..1000).map(|number| {
        let mut one = first.clone();
        one["M"]["event_id"]["S"] = json!(format!("evt_prod_zz{number:014}"));
        one
    }));
    api.dynamodb("PutItem", json!({"Item": lane})).await;
    let made = client.list_events("?type=customer.created").await.ok().items()[0]["id"].clone();
    let made = made.as_str().unwrap();
    let refused = client.resend_event(made, json!({"endpoint_id": to})).await.refused(409);
    assert_eq!(refused.faults(), [" too_many_waiting"]);
    // It says who has to receive what, and when to ask again.
    let detail = refused.body["errors"][0]["detail"].as_str().unwrap();
    assert!(
        [to.as_str(), id.as_str(), "ask again"].iter().all(|part| detail.contains(part)),
        "{detail}"
    );
    assert_eq!(client.list_event_deliveries(made, "").await.ok().body["total"], 0);
}

/// What a customer has is told by the subscription or invoice that moved it, in that one's order: also to whoever
/// wants nothing else of it, and to whoever wants all else.
#[tokio::test]
async fn what_a_customer_has_is_told_in_the_order_of_what_moved_it() {
    let shop = Shop::open_on(telling().await, "2026-01-01T00:00:00Z", "test_success").await;
    let receiver = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let other = Receiver::start(|_, _| Reaction::Answer(200)).await;
    endpoint(&shop.client, &receiver, json!(["customer.state_changed"])).await;
    endpoint(&shop.client, &other, json!(["customer.subscription.*"])).await;
    let price = shop.monthly(1000).await;
    let id = shop.subscribe(&price, json!({})).await.ok().id();
    for key in ["a", "b"] {
        let body = json!({"metadata": {"key": key}});
        shop.client.patch(&format!("/api/subscriptions/{id}"), body).await.ok();
    }
    shop.client.post(&format!("/api/subscriptions/{id}/cancel"), json!({})).await.ok();
    let last = shop.subscription(&id).await["version"].as_u64().unwrap();
    let received = receiver.until(|all| versions(all, &id).contains(&last)).await;
    let told: Vec<&Value> =
        received.iter().map(|one| &one.body["data"]["object"]["state"]).collect();
    assert_eq!(told, ["active", "cancelled"]);
    assert!(received.iter().all(|one| one.body["type"] == "customer.state_changed"));
    let received = other.until(|all| versions(all, &id).contains(&last)).await;
    assert!(versions(&received, &id).is_sorted() && versions(&received, &id).len() >= 4);
    shop.api.audit().await;
}
