//! Many events at once, for one that receives and one that is down: lanes are read together, and what is left to
//! the schedule is lined up together. Where that meets somebody else, each is lined up by itself.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use local::wire::{Call, Fault, Gate};
use serde_json::json;
use shared::model::webhook::Lane;

use super::{
    endpoint,
    outage::{make, objects},
    receiver::{Reaction, Receiver},
    telling_by,
};
use crate::client::eventually;

const EVENTS: usize = 80;

/// How many lanes of an endpoint, of those of `made`, a call of the worker is about.
fn lanes(call: &Call, endpoint: &str, made: &BTreeSet<String>) -> usize {
    if call.function != "workers-deliver" {
        return 0;
    }
    let endpoint = endpoint.parse().unwrap();
    let ids: BTreeSet<_> = made.iter().map(|object| Lane::id_of(&endpoint, object)).collect();
    let is_lane = |key: &&str| ids.iter().any(|id| key.ends_with(id.as_str()));
    let keys: Vec<String> = call.keys().map(|key| key.to_string()).collect();
    keys.iter().map(String::as_str).filter(is_lane).count()
}

#[tokio::test]
async fn lanes_are_read_together_and_lined_up_together() {
    let api = telling_by("3600", None, "2000").await;
    let client = api.client().await;
    let up = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let down = Receiver::down(503).await;
    let to_up = endpoint(&client, &up, json!(["product.created"])).await;
    let to_down = endpoint(&client, &down, json!(["product.created"])).await;

    // Whoever asks for the endpoints is held until all is made: so batches are large. The first change of
    // several deliveries of the one that is down is refused.
    let (gate, refused) = (Gate::default(), Arc::new(AtomicUsize::new(0)));
    let (held, count) = (gate.clone(), Arc::clone(&refused));
    let hook = move |call: &Call, _: u64| {
        let asks =
            call.action == "Query" && call.keys().any(|key| key.ends_with("webhook-endpoints"));
        let rows = call.keys().filter(|key| key.contains("#dlv_")).count();
        match call.function == "workers-deliver" {
            true if asks => Fault::Hold(held.clone()),
            true if call.action == "TransactWriteItems"
                && rows > 2
                && count.fetch_add(1, Ordering::SeqCst) == 0 =>
            {
                let nothing = vec!["None"; call.touches.len() - 1];
                Fault::transaction_cancelled(&[&["ConditionalCheckFailed"], &nothing[..]].concat())
            }
            _ => Fault::Pass,
        }
    };
    api.stack.wire().take();
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    let made = make(&client, EVENTS).await;
    gate.open();
    assert_eq!(objects(&up.until(|all| all.len() >= EVENTS).await), made);
    eventually(async || {
        let rows = client.list_deliveries(&to_down, "?limit=1").await.ok();
        (rows.body["total"] == EVENTS).then_some(())
    })
    .await;
    api.stack.wire().set_fault(None);
    let calls = api.stack.wire().take();
    let about = |endpoint: &str, action: &str| {
        let of = calls.iter().filter(|call| call.action == action && call.status == 200);
        of.map(|call| lanes(call, endpoint, &made)).max().unwrap_or_default()
    };
    assert!(about(&to_up, "BatchGetItem") > 2, "read together");
    assert!(about(&to_down, "TransactWriteItems") > 2, "lined up together");
    assert_eq!(about(&to_up, "TransactWriteItems"), 1, "what was sent is written alone");
    assert!(refused.load(Ordering::SeqCst) > 1);

    down.release();
    let body = json!({"since": "2020-01-01T00:00:00Z", "only": "failed"});
    client.post(&format!("/api/webhook-endpoints/{to_down}/replay"), body).await.ok();
    let received = down.until(|all| objects(all).len() >= EVENTS).await;
    assert_eq!(objects(&received), made);
    api.audit().await;
}
