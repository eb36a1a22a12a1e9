//! When it is answered that an endpoint is deleted, disabled or elsewhere, nothing is sent any more to where it
//! was: whatever a process had read of it before.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use local::wire::{Call, Fault, Gate};
use serde_json::{Value, json};
use shared::base::time::{Clock, Timestamp};

use super::{
    endpoint,
    outage::{make, objects},
    receiver::{Reaction, Receiver},
    telling_after, telling_unhurriedly,
};
use crate::client::{Api, Client, eventually};

/// More than are under way at once, so that others are read by then and wait.
const EVENTS: usize = 160;
/// How many attempts are under way when the endpoint is taken back.
const UNDER_WAY: usize = 24;

/// How a client takes an endpoint back.
#[derive(Clone, Copy, Debug)]
enum Taken {
    Deleted,
    Disabled,
    Moved,
}

/// Takes an endpoint back; when that was answered.
async fn take(client: &Client, id: &str, how: Taken, to: &Receiver) -> Timestamp {
    match how {
        Taken::Deleted => client.delete_webhook_endpoint(id).await.ok(),
        Taken::Disabled => {
            client.update_webhook_endpoint(id, json!({"state": "disabled"})).await.ok()
        }
        Taken::Moved => client.update_webhook_endpoint(id, json!({"url": to.url})).await.ok(),
    };
    Clock.now()
}

/// When the attempts began of the deliveries to an endpoint, as the table has it.
pub(super) async fn attempts(api: &Api, endpoint: &str) -> Vec<Timestamp> {
    let (mut found, mut from) = (Vec::new(), Value::Null);
    loop {
        let mut request = json!({});
        if from.is_object() {
            request["ExclusiveStartKey"] = from;
        }
        let mut page = api.dynamodb("Scan", request).await;
        let of_this = |item: &&Value| item["endpoint_id"]["S"] == endpoint;
        let began = |item: &Value| item["attempted_at"]["S"].as_str()?.parse::<Timestamp>().ok();
        found.extend(page["Items"].as_array().unwrap().iter().filter(of_this).filter_map(began));
        from = page["LastEvaluatedKey"].take();
        if from.is_null() {
            return found;
        }
    }
}

/// Lanes that were read together wait until others are done; meanwhile their endpoint is taken back.
async fn nothing_read_together_is_sent_to_one_that_is(how: Taken) {
    let api = telling_unhurriedly().await;
    let client = api.client().await;
    let was = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let is = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let other = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let taken = endpoint(&client, &was, json!(["product.created"])).await;
    endpoint(&client, &other, json!(["customer.created"])).await;

    // Batches are large, because whoever asks for the endpoints is held until all is made. What is sent is
    // not written, and so its place is not free, before the endpoint is taken back.
    let (all_made, taken_back) = (Gate::default(), Gate::default());
    let (made, back) = (all_made.clone(), taken_back.clone());
    let hook = move |call: &Call, _: u64| {
        let asks =
            call.action == "Query" && call.keys().any(|key| key.ends_with("webhook-endpoints"));
        match call.function == "workers-deliver" {
            true if asks => Fault::Hold(made.clone()),
            true if call.action == "TransactWriteItems" => Fault::Hold(back.clone()),
            _ => Fault::Pass,
        }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    let made = make(&client, EVENTS).await;
    all_made.open();
    was.arrived(UNDER_WAY).await;
    let answered = take(&client, &taken, how, &is).await;
    let before = was.all().len();
    taken_back.open();
    api.stack.wire().set_fault(None);
    // What comes later in the stream is told: so all that was before it is done with.
    for _ in 0..20 {
        client.create_customer(json!({"email": "later@example.com"})).await.ok();
    }
    other.arrived(20).await;
    if let Taken::Moved = how {
        let of_both = || objects(&was.received()).len() + objects(&is.received()).len();
        is.until(|_| of_both() >= made.len()).await;
    }
    assert!(before < EVENTS, "all of {before} were under way");
    assert_eq!(was.all().len(), before, "{how:?}");
    let late = |at: &Timestamp| *at > answered;
    let late = attempts(&api, &taken).await.into_iter().filter(late).count();
    assert_eq!(late > 0, matches!(how, Taken::Moved), "{late} began later");
    api.audit().await;
}

#[tokio::test]
async fn nothing_read_together_is_sent_to_one_that_is_deleted() {
    nothing_read_together_is_sent_to_one_that_is(Taken::Deleted).await;
}

#[tokio::test]
async fn nothing_read_together_is_sent_to_one_that_is_disabled() {
    nothing_read_together_is_sent_to_one_that_is(Taken::Disabled).await;
}

#[tokio::test]
async fn nothing_read_together_is_sent_to_where_one_was_before() {
    nothing_read_together_is_sent_to_one_that_is(Taken::Moved).await;
}

/// A process has read an endpoint, and is held up before it sends: it reads it once more.
async fn nothing_is_sent_late_to_one_that_is(how: Taken) {
    let api = telling_after("1,3600,3600,3600,3600,3600,3600").await;
    let client = api.client().await;
    let was = Receiver::down(503).await;
    let is = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let taken = endpoint(&client, &was, json!(["customer.*"])).await;
    // What is sent a second time is read before, and that is held.
    let (gate, held) = (Gate::default(), Arc::new(AtomicUsize::new(0)));
    let (closed, count) = (gate.clone(), Arc::clone(&held));
    let hook = move |call: &Call, _: u64| {
        let is_event = call.action == "GetItem" && call.keys().any(|key| key.contains("#evt_"));
        match call.function == "workers-deliver" && is_event {
            true => {
                count.fetch_add(1, Ordering::SeqCst);
                Fault::Hold(closed.clone())
            }
            false => Fault::Pass,
        }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    client.create_customer(json!({"email": "a@example.com"})).await.ok();
    eventually(async || (held.load(Ordering::SeqCst) > 0).then_some(())).await;
    let before = was.all().len();
    was.release();
    take(&client, &taken, how, &is).await;
    api.stack.wire().take();
    gate.open();
    match how {
        Taken::Moved => drop(is.arrived(1).await),
        // It is read once more, and its lane is done with.
        Taken::Deleted | Taken::Disabled => {
            eventually(async || {
                let calls = api.stack.wire().calls().clone();
                let closes = |call: &&Call| {
                    call.function == "workers-deliver"
                        && call.action == "TransactWriteItems"
                        && call.status == 200
                };
                calls.iter().find(closes).map(drop)
            })
            .await;
        }
    }
    assert_eq!(was.all().len(), before, "{how:?}");
    api.stack.wire().set_fault(None);
    api.audit().await;
    if let Taken::Deleted = how {
        the_audit_sees_what_began_later(&api, &taken).await;
    }
}

async fn the_audit_sees_what_began_later(api: &Api, endpoint: &str) {
    let page = api.dynamodb("Scan", json!({})).await;
    let of_this = |item: &&Value| {
        item["endpoint_id"]["S"] == endpoint && item["attempted_at"]["S"].is_string()
    };
    let mut row = page["Items"].as_array().unwrap().iter().find(of_this).unwrap().clone();
    row["attempted_at"]["S"] = json!(Clock.now().plus_seconds(60).to_string());
    api.dynamodb("PutItem", json!({"Item": row})).await;
    let (url, table) = (api.stack.dynamodb_url(), api.stack.table_name());
    let findings = local::audit::audit(url, table, |_| {}).await.unwrap().findings();
    assert!(findings.iter().any(|one| one.starts_with("untold: ")), "{findings:?}");
}

#[tokio::test]
async fn nothing_is_sent_late_to_one_that_is_deleted() {
    nothing_is_sent_late_to_one_that_is(Taken::Deleted).await;
}

#[tokio::test]
async fn nothing_is_sent_late_to_one_that_is_disabled() {
    nothing_is_sent_late_to_one_that_is(Taken::Disabled).await;
}

#[tokio::test]
async fn nothing_is_sent_late_to_where_one_was_before() {
    nothing_is_sent_late_to_one_that_is(Taken::Moved).await;
}

/// What an address answers that an endpoint has left disables it no more.
#[tokio::test]
async fn what_an_address_answers_that_was_left_says_nothing_of_the_next() {
    let api = telling_unhurriedly().await;
    let client = api.client().await;
    let was = Receiver::start(|_, _| Reaction::Late(410)).await;
    let is = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let to = endpoint(&client, &was, json!(["product.created"])).await;
    make(&client, 1).await;
    was.arrived(1).await;
    client.update_webhook_endpoint(&to, json!({"url": is.url})).await.ok();
    was.release();
    eventually(async || {
        let rows = client.list_deliveries(&to, "?state=failed").await.ok();
        (rows.body["total"] == 1).then_some(())
    })
    .await;
    // What follows from that is noted before the next answer.
    let failing = async || {
        let now = client.get_webhook_endpoint(&to).await.ok().body;
        now["health"]["failing_since"].is_string().then_some(())
    };
    eventually(failing).await;
    for _ in 0..20 {
        client.create_product(json!({"name": "Tea"})).await.ok();
    }
    is.arrived(20).await;
    let now = client.get_webhook_endpoint(&to).await.ok().body;
    assert_eq!((&now["state"], &now["disabled_because"]), (&json!("enabled"), &Value::Null));
    assert_eq!(client.list_events("?type=webhook_endpoint.disabled").await.ok().body["total"], 0);
    api.audit().await;
}
