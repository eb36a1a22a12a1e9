//! What a replay sends: from an instant on, of some types, and also what was received only where that is asked
//! for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    endpoint,
    receiver::{Reaction, Receiver},
    telling_unhurriedly,
};
use crate::client::{Client, eventually};

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
