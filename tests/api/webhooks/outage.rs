//! A receiver that was down for longer than anything is retried: nothing but a replay brings what it
//! missed. All of it comes, a hundred events at a step, also when steps die, and nobody else waits for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use futures_util::{StreamExt, stream};
use local::wire::{Call, Fault, Gate};
use serde_json::{Value, json};
use shared::model::webhook::Lane;

use super::{
    endpoint,
    receiver::{Message, Reaction, Receiver},
    telling_after, telling_each_minute, telling_patiently, telling_unhurriedly,
};
use crate::client::{Client, eventually};

/// How many events were refused, and how many happened while the endpoint was disabled.
const REFUSED: usize = 30;
const MISSED: usize = 300;
/// What a step of a replay looks at.
const STEP: usize = 100;
/// A step reads a hundred events, their deliveries and lanes, these once more ahead of what is sent, one event and
/// the head of their list to know the
/// total, and some of that again where it meets others.
const MOST_READ: usize = 5 * STEP;

pub(super) async fn make(client: &Client, count: usize) -> BTreeSet<String> {
    let one = |number: usize| async move {
        client.create_product(json!({"name": format!("Tea {number}")})).await.ok().id()
    };
    stream::iter(0..count).map(one).buffer_unordered(8).collect().await
}

pub(super) fn objects(received: &[Message]) -> BTreeSet<String> {
    received.iter().map(|message| message.what().1).collect()
}

/// Whether a call writes down how far the replay to an endpoint has come.
pub(super) fn is_step(call: &Call, endpoint: &str) -> bool {
    let lane = Lane::id_of_replay(&endpoint.parse().unwrap());
    call.function == "workers-deliver"
        && call.action == "TransactWriteItems"
        && call.keys().any(|key| key.ends_with(lane.as_str()))
}

/// The most that a step has read, and how many steps were carried out.
fn steps(calls: &[Call], endpoint: &str) -> (usize, usize) {
    let lane = Lane::id_of_replay(&endpoint.parse().unwrap());
    let (mut most, mut steps, mut read) = (0, 0, BTreeMap::<&str, usize>::new());
    for call in calls.iter().filter(|call| call.function == "workers-deliver") {
        let read = read.entry(&call.process).or_default();
        // Where a step begins, also one that was given up before, when the database was late.
        if call.action == "GetItem" && call.keys().any(|key| key.ends_with(lane.as_str())) {
            *read = 0;
        }
        if call.action == "BatchGetItem" {
            *read += call.touches.len();
        }
        most = most.max(*read);
        if is_step(call, endpoint) {
            *read = 0;
            steps += usize::from(call.status == 200);
        }
    }
    (most, steps)
}

async fn total(client: &Client, path: &str) -> usize {
    let page = client.get(&format!("{path}limit=1")).await.ok().body;
    usize::try_from(page["total"].as_u64().unwrap()).unwrap()
}

/// What is refused by 422 is given up at once, and what happens while the endpoint is disabled is not sent. So
/// whatever arrives in the end was replayed. On a busy machine an attempt of that may fail, and is repeated.
#[tokio::test]
async fn a_replay_brings_all_that_was_missed_also_when_its_steps_die() {
    let api = telling_after("1,1,1,1,1,1,1").await;
    let client = api.client().await;
    let down = Receiver::down(422).await;
    let to = endpoint(&client, &down, json!(["product.*"])).await;
    let deliveries = format!("/api/webhook-endpoints/{to}/deliveries?");
    let mut made = make(&client, REFUSED).await;
    eventually(async || {
        let rows = client.list_deliveries(&to, "?limit=100").await.ok();
        let given_up = rows.items().iter().filter(|row| row["state"] == "failed").count();
        (given_up == REFUSED).then_some(())
    })
    .await;
    client.update_webhook_endpoint(&to, json!({"state": "disabled"})).await.ok();
    made.extend(make(&client, MISSED).await);

    down.release();
    let (count, endpoint) = (AtomicUsize::new(0), to.clone());
    let hook = move |call: &Call, _: u64| match is_step(call, &endpoint) {
        true => match count.fetch_add(1, Ordering::SeqCst) {
            1 => Fault::KillBefore,
            3 => Fault::KillAfter,
            _ => Fault::Pass,
        },
        false => Fault::Pass,
    };
    api.stack.wire().take();
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    assert_eq!((total(&client, &deliveries).await, down.received().len()), (REFUSED, 0));
    let body = json!({"state": "enabled", "replay_since": "2020-01-01T00:00:00Z"});
    client.update_webhook_endpoint(&to, body).await.ok();
    let received = down.until(|received| received.len() >= made.len()).await;
    assert_eq!((objects(&received), received.len()), (made.clone(), made.len()));
    // Not before the last step is done: it may find nothing that has to be sent.
    let events = total(&client, "/api/events?").await;
    let calls = eventually(async || {
        let calls = api.stack.wire().calls().clone();
        (steps(&calls, &to).1 >= events.div_ceil(STEP)).then_some(calls)
    })
    .await;
    let (most, steps) = steps(&calls, &to);
    assert!(most <= MOST_READ, "{most} at once");
    // Each step was done once, whoever died: none began from the beginning.
    assert_eq!(steps, events.div_ceil(STEP), "{events} events");
    api.stack.wire().set_fault(None);
    eventually(async || {
        let done = client.list_deliveries(&to, "?limit=100").await.ok();
        let is_done = done.items().iter().all(|row| row["state"] == "succeeded");
        (is_done && done.body["total"] == made.len()).then_some(())
    })
    .await;
    api.audit().await;
}

/// Another one has everything meanwhile, and what waits for its next attempt comes when a replay is asked for.
#[tokio::test]
async fn a_receiver_that_is_down_holds_nobody_up() {
    // On a busy machine the one that is up is late sometimes. The last times are after this test.
    let api = telling_after("1,1,1,3600,3600,3600,3600").await;
    let client = api.client().await;
    let down = Receiver::down(503).await;
    let up = Receiver::start(|_, _| Reaction::Answer(200)).await;
    endpoint(&client, &up, json!(["product.*"])).await;
    let waits = endpoint(&client, &down, json!(["product.*"])).await;
    let made = make(&client, 120).await;
    let received = up.until(|received| received.len() >= made.len()).await;
    assert_eq!((objects(&received), received.len()), (made.clone(), made.len()));
    down.arrived(made.len()).await;
    assert_eq!(down.received().len(), 0);
    down.release();
    let body = json!({"since": "2020-01-01T00:00:00Z"});
    client.post(&format!("/api/webhook-endpoints/{waits}/replay"), body).await.ok();
    let received = down.until(|received| received.len() >= made.len()).await;
    assert_eq!((objects(&received), received.len()), (made.clone(), made.len()));
    assert_eq!(up.received().len(), made.len());
    api.audit().await;
}

/// What happens while a replay is at its first step is told to others before the replay ends.
#[tokio::test]
async fn a_replay_holds_nobody_up() {
    let api = telling_each_minute().await;
    let client = api.client().await;
    let missed = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let up = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let to = endpoint(&client, &missed, json!(["product.*"])).await;
    client.update_webhook_endpoint(&to, json!({"state": "disabled"})).await.ok();
    let other = endpoint(&client, &up, json!(["customer.created"])).await;
    let made = make(&client, MISSED).await;

    // The first step is held at its end, until something has happened that another one is to be told of.
    let (gate, reached, endpoint) = (Gate::default(), Arc::new(AtomicBool::new(false)), to.clone());
    let (held, at) = (gate.clone(), Arc::clone(&reached));
    let hook = move |call: &Call, _: u64| match is_step(call, &endpoint) {
        true if !at.swap(true, Ordering::SeqCst) => Fault::Hold(held.clone()),
        _ => Fault::Pass,
    };
    api.stack.wire().take();
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    let body = json!({"state": "enabled", "replay_since": "2020-01-01T00:00:00Z"});
    client.update_webhook_endpoint(&to, body).await.ok();
    eventually(async || reached.load(Ordering::SeqCst).then_some(())).await;
    let customer = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    gate.open();

    let told = up.until(|received| !received.is_empty()).await;
    assert_eq!(told[0].what().1, customer);
    let received = missed.until(|received| received.len() >= made.len()).await;
    assert_eq!(objects(&received), made);
    let rows = client.list_deliveries(&other, "").await.ok();
    let row: &Value = &rows.items()[0]["id"];
    let calls = api.stack.wire().take();
    let written = |call: &Call| {
        call.function == "workers-deliver"
            && call.keys().any(|key| key.ends_with(row.as_str().unwrap()))
    };
    let told_at = calls.iter().position(written).unwrap();
    let last = calls.iter().rposition(|call| is_step(call, &to)).unwrap();
    assert!(told_at < last, "told at call {told_at}, after the last step at {last}");
    assert!(steps(&calls, &to).1 > MISSED / STEP);
    api.audit().await;
}

/// Whoever answers never is asked no more, once it has made others wait: what it is to be told of waits for
/// the schedule, which does not come in this test.
#[tokio::test]
async fn a_receiver_that_hangs_holds_nobody_up() {
    let api = telling_patiently().await;
    let client = api.client().await;
    let hangs = Receiver::start(|_, _| Reaction::Hang).await;
    let up = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let waits = endpoint(&client, &hangs, json!(["product.*"])).await;
    endpoint(&client, &up, json!(["product.*"])).await;
    let first = make(&client, 1).await;
    up.until(|received| objects(received) == first).await;
    let known = async || {
        let health = client.get_webhook_endpoint(&waits).await.ok().body["health"].clone();
        health["failing_since"].is_string().then_some(())
    };
    eventually(known).await;
    let made = make(&client, 60).await;
    let received = up.until(|received| received.len() > made.len()).await;
    assert_eq!(received.len(), made.len() + 1);
    // It was asked while it was not known, and not once more.
    assert_eq!(hangs.all().len(), 1);
    let rows = eventually(async || {
        let rows = client.list_deliveries(&waits, "?limit=100").await.ok();
        (rows.body["total"] == made.len() + 1).then_some(rows)
    })
    .await;
    assert!(rows.items().iter().all(|row| row["state"] == "pending"));
    api.audit().await;
}

/// A process dies when it has lined up what a step of a replay is about, and before it notes that. The step is
/// done once more when all that was sent; nothing is sent twice for that.
#[tokio::test]
async fn a_replay_of_all_sends_each_once_though_a_step_is_done_twice() {
    let api = telling_unhurriedly().await;
    let client = api.client().await;
    let receiver = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let to = endpoint(&client, &receiver, json!(["product.*"])).await;
    let made = make(&client, REFUSED).await;
    receiver.arrived(made.len()).await;

    let (gate, endpoint) = (Gate::default(), to.clone());
    let (held, died) = (gate.clone(), AtomicBool::new(false));
    let hook = move |call: &Call, _: u64| {
        let lane = Lane::id_of_replay(&endpoint.parse().unwrap());
        let is_its = call.keys().any(|key| key.ends_with(lane.as_str()));
        match is_step(call, &endpoint) {
            true if !died.swap(true, Ordering::SeqCst) => Fault::KillBefore,
            false if is_its && died.load(Ordering::SeqCst) => Fault::Hold(held.clone()),
            _ => Fault::Pass,
        }
    };
    api.stack.wire().take();
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    let body = json!({"since": "2020-01-01T00:00:00Z", "only": "all"});
    client.post(&format!("/api/webhook-endpoints/{to}/replay"), body).await.ok();
    receiver.arrived(2 * made.len()).await;
    gate.open();
    eventually(async || {
        let ended = steps(&api.stack.wire().calls().clone(), &to).1 > 0;
        let rows = client.list_deliveries(&to, "?limit=100").await.ok();
        let succeeded = rows.items().iter().all(|row| row["state"] == "succeeded");
        (ended && succeeded && rows.items().len() == made.len()).then_some(())
    })
    .await;
    assert_eq!(receiver.all().len(), 2 * made.len());
    api.audit().await;
}
