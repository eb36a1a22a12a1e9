//! Receivers that hang, reset, fail and come back, senders that are killed at any call to the database,
//! records of the stream that come twice: every event arrives, and of each object in order.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use fastrand::Rng;
use local::wire::{Call, Fault};
use serde_json::json;

use super::{
    endpoint,
    receiver::{Message, Reaction, Receiver},
    telling_after,
};
use crate::client::Client;

const OBJECTS: usize = 4;
const CHANGES: usize = 4;

/// What a receiver does, drawn: in one case of three it is not what one hopes for.
fn reaction(rng: &mut Rng) -> Reaction {
    match rng.u8(0..30) {
        0 | 1 => Reaction::Hang,
        2..=4 => Reaction::Reset,
        5..=7 => Reaction::Answer(500),
        8 => Reaction::Answer(503),
        9 => Reaction::AskAgainIn(0),
        _ => Reaction::Answer(200),
    }
}

/// What a call of the worker that delivers meets: in one of twelve it is killed or not answered.
fn strike(call: &Call, rng: &mut Rng) -> Fault {
    if call.function != "workers-deliver" {
        return Fault::Pass;
    }
    match rng.u8(0..60) {
        0 => Fault::KillBefore,
        1 => Fault::KillAfter,
        2 => Fault::ResetAfter,
        3 if call.action == "TransactWriteItems" => Fault::transaction_conflict(call.touches.len()),
        _ => Fault::Pass,
    }
}

async fn change(client: &Client) -> Vec<(String, u64)> {
    let mut made = Vec::new();
    let make = |number: usize| json!({"email": format!("n{number}@example.com")});
    let mut ids = Vec::new();
    for number in 0..OBJECTS {
        ids.push(client.create_customer(make(number)).await.ok().id());
    }
    for number in 1..CHANGES {
        for id in &ids {
            client.update_customer(id, json!({"name": format!("{number}")})).await.ok();
        }
    }
    for id in ids {
        made.extend((1..=u64::try_from(CHANGES).unwrap()).map(|version| (id.clone(), version)));
    }
    made
}

/// The versions of each object in the order in which they were first received.
fn first_received(messages: &[Message]) -> BTreeMap<String, Vec<u64>> {
    let mut first: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (_, object, version) in messages.iter().map(Message::what) {
        let versions = first.entry(object).or_default();
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    first
}

#[tokio::test]
async fn every_event_arrives_and_of_each_object_in_order_whatever_happens() {
    whatever_happens(7).await;
}

async fn whatever_happens(seed: u64) {
    // More attempts than bad luck can use up: giving up is another test's.
    let api = telling_after(&vec!["0"; 40].join(",")).await;
    let client = api.client().await;
    let drawn = Mutex::new(Rng::with_seed(seed));
    let receivers = [
        Receiver::start(move |_, _| reaction(&mut drawn.lock().unwrap())).await,
        Receiver::start(|_, _| Reaction::Answer(200)).await,
    ];
    for receiver in &receivers {
        endpoint(&client, receiver, json!(["customer.*"])).await;
    }
    let drawn = Mutex::new(Rng::with_seed(seed + 1));
    let hook = move |call: &Call, _: u64| strike(call, &mut drawn.lock().unwrap());
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    let made = change(&client).await;
    for receiver in &receivers {
        let all = |received: &[Message]| {
            let seen: BTreeSet<_> =
                received.iter().map(Message::what).map(|(_, id, version)| (id, version)).collect();
            made.iter().all(|one| seen.contains(one))
        };
        let received = receiver.until(all).await;
        for (object, versions) in first_received(&received) {
            assert!(versions.is_sorted(), "seed {seed}, {object}: {versions:?}");
        }
    }
    api.stack.wire().set_fault(None);
    crate::client::eventually(async || {
        let mut settled = true;
        for endpoint in client.list_webhook_endpoints("").await.ok().items() {
            let rows = client.list_deliveries(endpoint["id"].as_str().unwrap(), "?limit=100").await;
            let done = rows.ok().items().iter().filter(|row| row["state"] == "succeeded").count();
            settled &= done == OBJECTS * CHANGES;
        }
        settled.then_some(())
    })
    .await;
    api.audit().await;
}
