//! A receiver that is down while many events wait for it: another one does not notice, nothing is lost,
//! and what is sent again is read a hundred at a time, however many there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{
    endpoint,
    receiver::{Message, Reaction, Receiver},
    telling_after,
};
use crate::client::Client;

/// More than one step of a replay: who read them all at once would read more than two hundred items.
const EVENTS: usize = 130;
/// A step of a replay looks at a hundred events and their deliveries, and at the head of their list; then it
/// writes how far it has come.
const MOST_READ: usize = 2 * 100 + 2;

async fn make(client: &Client) -> BTreeSet<String> {
    let one = |number: usize| async move {
        client.create_product(json!({"name": format!("Tea {number}")})).await.ok().id()
    };
    stream::iter(0..EVENTS).map(one).buffer_unordered(8).collect().await
}

fn objects(received: &[Message]) -> BTreeSet<String> {
    received.iter().map(|message| message.what().1).collect()
}

#[tokio::test]
async fn what_waits_for_a_receiver_that_is_down_is_all_there_when_it_comes_back() {
    // On a busy machine the one that is up is late sometimes. The last times are after this test.
    let api = telling_after("1,1,1,3600,3600,3600,3600").await;
    let client = api.client().await;
    let is_down = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&is_down);
    let down = Receiver::start(move |_, _| match seen.load(Ordering::SeqCst) {
        true => Reaction::Answer(503),
        false => Reaction::Answer(200),
    })
    .await;
    let up = Receiver::start(|_, _| Reaction::Answer(200)).await;
    endpoint(&client, &up, json!(["product.*"])).await;
    let waits = endpoint(&client, &down, json!(["product.*"])).await;
    let made = make(&client).await;
    // The one has all of them while the other has none.
    let received = up.until(|received| received.len() >= EVENTS).await;
    assert_eq!((objects(&received), received.len()), (made.clone(), EVENTS));
    down.arrived(1).await;
    assert_eq!(down.received().len(), 0);

    is_down.store(false, Ordering::SeqCst);
    api.stack.wire().take();
    let body = json!({"since": "2020-01-01T00:00:00Z", "only": "failed"});
    client.post(&format!("/api/webhook-endpoints/{waits}/replay"), body).await.ok();
    let received = down.until(|received| received.len() >= EVENTS).await;
    assert_eq!((objects(&received), received.len()), (made, EVENTS));
    let calls = api.stack.wire().take();
    let (mut most, mut read) = (0, BTreeMap::<&str, usize>::new());
    for call in calls.iter().filter(|call| call.function == "workers-deliver") {
        let read = read.entry(&call.process).or_default();
        match call.action.as_str() {
            "BatchGetItem" => *read += call.touches.len(),
            "TransactWriteItems" => *read = 0,
            _ => {}
        }
        most = most.max(*read);
    }
    assert!((1..=MOST_READ).contains(&most), "{most} at once");
    crate::client::eventually(async || {
        let rows = client.list_deliveries(&waits, "?limit=100").await.ok();
        let is_done = rows.items().iter().all(|row| row["state"] == "succeeded");
        (is_done && rows.body["total"] == EVENTS).then_some(())
    })
    .await;
    assert_eq!(up.received().len(), EVENTS, "nobody else is told again");
    api.audit().await;
}
