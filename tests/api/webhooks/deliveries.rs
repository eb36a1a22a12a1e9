//! What was not received, listed by how it ended: new deliveries, and those that were stored before there were
//! such lists.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use super::{
    endpoint,
    receiver::{Reaction, Receiver},
    telling_after,
};
use crate::{
    client::{Api, Client, eventually},
    later_filters::{backfill, findings, forget},
};

/// The filters that came later of what there is here: customers have one, too.
const LATER: [&str; 2] = ["state", "search"];

/// An endpoint that has received one event, and refused one of another customer: its id, and that of the event
/// that it refused.
async fn refusing(api: &Api, refuses: &Arc<AtomicBool>) -> (Client, Receiver, String, String) {
    let client = api.client().await;
    let seen = Arc::clone(refuses);
    let receiver = Receiver::start(move |_, _| match seen.load(Ordering::SeqCst) {
        true => Reaction::Answer(422),
        false => Reaction::Answer(200),
    })
    .await;
    let to = endpoint(&client, &receiver, json!(["customer.created"])).await;
    client.create_customer(json!({"email": "received@example.com"})).await.ok();
    eventually(async || (ended(&client, &to, "succeeded").await == 1).then_some(())).await;
    refuses.store(true, Ordering::SeqCst);
    client.create_customer(json!({"email": "refused@example.com"})).await.ok();
    eventually(async || (ended(&client, &to, "failed").await == 1).then_some(())).await;
    let rows = client.list_deliveries(&to, "").await.ok();
    let event = rows.items()[0]["event_id"].as_str().unwrap().to_owned();
    (client, receiver, to, event)
}

/// How many deliveries say of themselves that they are in a state.
async fn ended(client: &Client, to: &str, state: &str) -> usize {
    let rows = client.list_deliveries(to, "?limit=100").await.ok();
    rows.items().iter().filter(|row| row["state"] == state).count()
}

async fn total(client: &Client, to: &str, query: &str) -> Value {
    client.list_deliveries(to, query).await.ok().body["total"].clone()
}

#[tokio::test]
async fn what_was_not_received_is_listed_until_it_is_sent_once_more() {
    let api = telling_after("3600").await;
    let refuses = Arc::default();
    let (client, _receiver, to, event) = refusing(&api, &refuses).await;
    for query in ["?state=failed", "?status=failed", "?state=failed&status=failed"] {
        let listed = client.list_deliveries(&to, query).await.ok();
        let of_event = client.list_event_deliveries(&event, query).await.ok();
        assert_eq!((&listed.body["total"], listed.items().len()), (&json!(1), 1), "{query}");
        assert_eq!(
            (&listed.items()[0]["event_id"], listed.items()),
            (&json!(event), of_event.items())
        );
    }
    assert_eq!(total(&client, &to, "?state=skipped").await, 0);
    assert_eq!(total(&client, &to, "").await, 2);
    for query in ["?state=succeeded", "?state=failed&status=skipped", "?state=", "?event_id=evt"] {
        client.list_deliveries(&to, query).await.refused(400);
        client.list_event_deliveries(&event, query).await.refused(400);
    }
    refuses.store(false, Ordering::SeqCst);
    client.resend_event(&event, json!({"endpoint_id": to})).await.ok();
    eventually(async || (ended(&client, &to, "succeeded").await == 2).then_some(())).await;
    assert_eq!(total(&client, &to, "?state=failed").await, 0);
    assert_eq!(client.list_event_deliveries(&event, "?state=failed").await.ok().body["total"], 0);
    api.audit().await;
}

#[tokio::test]
async fn deliveries_that_were_stored_before_the_filter_enter_it_by_the_backfill() {
    let api = telling_after("3600").await;
    let refuses = Arc::default();
    let (client, _receiver, to, event) = refusing(&api, &refuses).await;
    forget(&api, &LATER).await;
    assert_eq!(total(&client, &to, "?state=failed").await, 0, "it has not entered");
    let found = findings(&api).await;
    assert!(found.contains("run the backfill"), "{found}");
    assert_eq!(backfill(&api).await, (3, 0), "with the two customers");
    assert_eq!(backfill(&api).await, (0, 0), "what is done is found done");
    assert_eq!(total(&client, &to, "?state=failed").await, 1);
    api.audit().await;
    // One that has entered neither leaves neither.
    forget(&api, &LATER).await;
    refuses.store(false, Ordering::SeqCst);
    client.resend_event(&event, json!({"endpoint_id": to})).await.ok();
    eventually(async || (ended(&client, &to, "succeeded").await == 2).then_some(())).await;
    assert_eq!(total(&client, &to, "?state=failed").await, 0);
    assert_eq!(backfill(&api).await, (2, 0), "the customers");
    api.audit().await;
}
