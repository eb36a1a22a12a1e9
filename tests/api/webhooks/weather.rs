//! Receivers that hang, reset, fail and come back, senders that are killed at any call to the database,
//! records of the stream that come twice: every event arrives, and of each object in order.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use fastrand::Rng;
use futures_util::{StreamExt, stream};
use local::wire::{Call, Fault};
use serde_json::json;
use shared::base::time::{Clock, Timestamp};

use super::{
    deleted::attempts,
    endpoint,
    receiver::{Message, Reaction, Receiver},
    telling_after,
};
use crate::{
    client::{Api, Client},
    journeys::Asked,
};

/// How many objects are changed how often.
#[derive(Clone, Copy, Debug)]
struct Size {
    objects: usize,
    changes: usize,
    /// Four of so many calls are struck.
    calls: u16,
}

const SMALL: Size = Size { objects: 4, changes: 4, calls: 60 };
const LARGE: Size = Size { objects: 100, changes: 50, calls: 1200 };
/// How often it is said what is missing.
const SAID_EVERY: Duration = Duration::from_secs(10);
/// How long it may take, for each change.
const EACH: Duration = Duration::from_secs(1);

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

/// What a call of the worker that delivers meets: in four of so many it is killed, not answered or refused. A
/// batch of a hundred events is hundreds of calls: where one in fifteen is struck, no run gets far, and the stream
/// waits longer and longer before the next.
fn strike(call: &Call, of: u16, rng: &mut Rng) -> Fault {
    if call.function != "workers-deliver" {
        return Fault::Pass;
    }
    match rng.u16(0..of) {
        0 => Fault::KillBefore,
        1 => Fault::KillAfter,
        2 => Fault::ResetAfter,
        3 if call.action == "TransactWriteItems" => Fault::transaction_conflict(call.touches.len()),
        _ => Fault::Pass,
    }
}

/// Changes objects, eight beside one another: each object and version that there was.
async fn change(client: &Client, size: Size) -> BTreeSet<(String, u64)> {
    let one = |number: usize| async move {
        let made = json!({"email": format!("n{number}@example.com")});
        let id = client.create_customer(made).await.ok().id();
        for number in 1..size.changes {
            client.update_customer(&id, json!({"name": format!("{number}")})).await.ok();
        }
        let versions = 1..=u64::try_from(size.changes).unwrap();
        versions.map(|version| (id.clone(), version)).collect::<Vec<_>>()
    };
    let all: Vec<_> = stream::iter(0..size.objects).map(one).buffer_unordered(8).collect().await;
    all.into_iter().flatten().collect()
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
    whatever_happens(7, SMALL).await;
}

/// A hundred objects, each changed fifty times.
#[tokio::test]
#[ignore = "it goes on for half an hour: `make soak ONLY=webhooks::weather`"]
async fn soak() {
    let asked = Asked::read();
    println!("SEED={}", asked.seed);
    let size = Size { objects: asked.objects.unwrap_or(LARGE.objects), ..LARGE };
    whatever_happens(asked.seed, size).await;
}

async fn whatever_happens(seed: u64, size: Size) {
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
    let drawn = Mutex::new(Rng::with_seed(seed + 2));
    let doomed = Receiver::start(move |_, _| reaction(&mut drawn.lock().unwrap())).await;
    let taken = endpoint(&client, &doomed, json!(["customer.*"])).await;
    let drawn = Mutex::new(Rng::with_seed(seed + 1));
    let hook = move |call: &Call, _: u64| strike(call, size.calls, &mut drawn.lock().unwrap());
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    let deletes = async {
        doomed.arrived(size.objects).await;
        client.delete_webhook_endpoint(&taken).await.ok();
        Clock.now()
    };
    let (made, deleted) = tokio::join!(change(&client, size), deletes);
    let until =
        Instant::now() + EACH * u32::try_from(made.len()).unwrap() + Duration::from_secs(180);
    let mut said = Instant::now();
    for receiver in &receivers {
        loop {
            let arrived = receiver.all();
            let had = arrived.iter().filter(|(_, done)| *done == Reaction::Answer(200));
            let seen: BTreeSet<_> =
                had.map(|(one, _)| one.what()).map(|(_, id, version)| (id, version)).collect();
            if made.is_subset(&seen) {
                break;
            }
            let missing = made.difference(&seen).count();
            if said.elapsed() > SAID_EVERY {
                println!("{missing} of {} are missing", made.len());
                said = Instant::now();
            }
            assert!(Instant::now() < until, "seed {seed}: {missing} of {} missing", made.len());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let received = receiver.received();
        for (object, versions) in first_received(&received) {
            assert!(versions.is_sorted(), "seed {seed}, {object}: {versions:?}");
        }
    }
    api.stack.wire().set_fault(None);
    let settled = async || {
        let mut settled = true;
        for endpoint in client.list_webhook_endpoints("").await.ok().items() {
            settled &= succeeded(&client, endpoint["id"].as_str().unwrap()).await == made.len();
        }
        settled.then_some(())
    };
    crate::client::eventually(settled).await;
    nothing_after(&api, &doomed, &taken, deleted).await;
    api.audit().await;
}

/// No attempt began after it was answered that its endpoint is deleted: by the rows, and by what arrived, of
/// which some has no row, because whoever sent it was killed.
async fn nothing_after(api: &Api, doomed: &Receiver, taken: &str, deleted: Timestamp) {
    let began = attempts(api, taken).await;
    assert!(!began.is_empty());
    let late: Vec<_> = began.iter().filter(|at| **at > deleted).collect();
    assert!(late.is_empty(), "deleted at {deleted}, and tried at {late:?}");
    for (message, _) in doomed.all() {
        let sent: i64 = message.header("webhook-timestamp").parse().unwrap();
        assert!(sent <= deleted.seconds(), "deleted at {deleted}, and signed at {sent}");
    }
}

/// How many deliveries to an endpoint have succeeded.
async fn succeeded(client: &Client, endpoint: &str) -> usize {
    let (mut count, mut offset) = (0, 0);
    loop {
        let page =
            client.list_deliveries(endpoint, &format!("?limit=100&offset={offset}")).await.ok();
        count += page.items().iter().filter(|row| row["state"] == "succeeded").count();
        offset += page.items().len();
        if page.body["has_more"] == false {
            return count;
        }
    }
}
