//! What a replay sends: from an instant on, of some types, and also what was received only where that is asked
//! for.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use shared::model::webhook::Lane;

use super::{
    endpoint,
    outage::is_step,
    receiver::{Reaction, Receiver},
    telling_by, telling_unhurriedly,
};
use crate::client::{Api, Client, eventually};

/// Asks for a replay, once the one before it has ended.
async fn replay(client: &Client, to: &str, body: Value) {
    let path = format!("/api/webhook-endpoints/{to}/replay");
    eventually(async || {
        let answer = client.post(&path, body.clone()).await;
        assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.body);
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_replay_is_of_what_was_asked_for() {
    let api = telling_unhurriedly().await;
    let client = api.client().await;
    let receiver = Receiver::start(|n, _| Reaction::Answer(if n == 0 { 422 } else { 200 })).await;
    let to = endpoint(&client, &receiver, json!(["product.*", "customer.*"])).await;
    let product = async || client.create_product(json!({"name": "Tea"})).await.ok().id();
    let customer =
        async || client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let refused = product().await;
    receiver.arrived(1).await;
    let (early, who) = (product().await, customer().await);
    receiver.arrived(3).await;
    let events = client.list_events("?type=customer.created").await.ok();
    let since = &events.items()[0]["created_at"];
    let late = product().await;
    receiver.arrived(4).await;
    let settled = async || {
        let rows = client.list_deliveries(&to, "").await.ok().items().to_vec();
        let pending = rows.iter().filter(|row| row["state"] == "pending").count();
        (rows.len() == 4 && pending == 0).then_some(())
    };
    eventually(settled).await;
    // Whose events were sent once more by a replay; one may come twice.
    let replayed = async |body: Value, expected: &[&String]| {
        let expected: BTreeSet<String> = expected.iter().map(|id| (*id).clone()).collect();
        let from = receiver.all().len();
        replay(&client, &to, body).await;
        receiver.arrived(from + expected.len()).await;
        eventually(settled).await;
        let again = receiver.all().split_off(from).into_iter().map(|(one, _)| one.what().1);
        assert_eq!(again.collect::<BTreeSet<String>>(), expected);
    };
    let body = json!({"since": since, "types": ["product.*"], "only": "all"});
    replayed(body, &[&late]).await;
    replayed(json!({"since": since, "only": "all"}), &[&late, &who]).await;
    // What was received is not sent once more, where that is not asked for.
    let beginning = "2020-01-01T00:00:00Z";
    replayed(json!({"since": beginning, "types": ["product.created"]}), &[&refused]).await;
    replay(&client, &to, json!({"since": beginning, "types": ["customer.*"]})).await;
    let body = json!({"since": beginning, "types": ["product.*"], "only": "all"});
    replayed(body, &[&refused, &early, &late]).await;
    api.audit().await;
}

/// When the next attempt is in a lane, and how many there were.
async fn waits_in(api: &Api, lane: &str) -> (Value, Value) {
    let items = api.dynamodb("Scan", json!({})).await["Items"].as_array().unwrap().clone();
    let is_it = |item: &Value| item["id"]["S"] == lane && item.get("queue").is_some();
    let lane = items.into_iter().find(is_it).unwrap();
    (lane["next_at"]["S"].clone(), lane["attempts"]["N"].clone())
}

/// An event is on its way for the last time when a replay comes to it. It is not due at once for that: another
/// worker would send it, too. But when the attempt fails, it was not the last one.
#[tokio::test]
async fn a_replay_leaves_what_somebody_is_sending_to_them_and_has_it_tried_again() {
    let api = telling_by("1,3600", Some(Duration::from_secs(1)), "9000").await;
    let client = api.client().await;
    let receiver = Receiver::start(|n, _| match n {
        0 => Reaction::Answer(500),
        1 => Reaction::Late(500),
        _ => Reaction::Answer(200),
    })
    .await;
    let to = endpoint(&client, &receiver, json!(["product.*"])).await;
    let made = client.create_product(json!({"name": "Tea"})).await.ok().id();
    receiver.arrived(2).await;
    let lane = Lane::id_of(&to.parse().unwrap(), &made);
    let (next_at, attempts) = waits_in(&api, lane.as_str()).await;
    assert_eq!(attempts, "1");

    api.stack.wire().take();
    let path = format!("/api/webhook-endpoints/{to}/replay");
    client.post(&path, json!({"since": "2020-01-01T00:00:00Z"})).await.ok();
    eventually(async || {
        let calls = api.stack.wire().calls().clone();
        calls.iter().any(|call| is_step(call, &to) && call.status == 200).then_some(())
    })
    .await;
    assert_eq!(waits_in(&api, lane.as_str()).await, (next_at, json!("0")));
    assert_eq!(receiver.all().len(), 2);
    receiver.release();
    receiver.until(|received| received.len() == 1).await;
    eventually(async || {
        let rows = client.list_deliveries(&to, "").await.ok().items().to_vec();
        (rows[0]["state"] == "succeeded" && rows[0]["attempt"] == 3).then_some(())
    })
    .await;
    assert_eq!(receiver.all().len(), 3);
    api.audit().await;
}
