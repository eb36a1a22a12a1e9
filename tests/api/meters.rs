//! Usage: meters, events that are counted once, and what was counted.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{StreamExt, future, stream};
use local::wire::{Call, Fault, FaultHook, Gate};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::client::{Answer, Api, Client, exchange};

/// A client, a meter that sums `api_call`, and a customer.
pub(crate) struct Metered {
    pub(crate) api: Api,
    pub(crate) client: Client,
    pub(crate) meter: String,
    pub(crate) customer: String,
}

impl Metered {
    pub(crate) async fn start() -> Self {
        let api = Api::start().await;
        let client = api.client().await;
        let meter = client.create_meter(sum("api_call")).await.ok().id();
        let customer = customer(&client).await;
        Self { api, client, meter, customer }
    }

    fn event(&self, identifier: &str, value: Value) -> Value {
        event(&self.customer, identifier, value)
    }

    /// What the customer used, and in how many events.
    pub(crate) async fn used(&self) -> (String, u64) {
        used(&self.client, &self.customer, &self.meter).await
    }

    /// Sends events, and returns the verdicts.
    async fn sends(&self, events: &[Value]) -> Vec<String> {
        verdicts(&self.client.record_usage(json!({"events": events})).await.ok())
    }
}

fn sum(event_name: &str) -> Value {
    json!({
        "display_name": "API calls", "event_name": event_name, "aggregation_formula": "sum",
    })
}

async fn customer(client: &Client) -> String {
    client.create_customer(json!({"email": "jane@example.com"})).await.ok().id()
}

fn event(customer: &str, identifier: &str, value: Value) -> Value {
    json!({
        "event_name": "api_call", "identifier": identifier,
        "payload": {"customer_id": customer, "value": value},
    })
}

async fn used(client: &Client, customer: &str, meter: &str) -> (String, u64) {
    let usage = client.get_usage(customer, &format!("?meter_id={meter}")).await.ok();
    let value = usage.body["value"].as_str().unwrap().to_owned();
    (value, usage.body["events"].as_u64().unwrap())
}

fn verdicts(answer: &Answer) -> Vec<String> {
    let results = answer.body["results"].as_array().expect("results");
    results.iter().map(|result| result["status"].as_str().unwrap().to_owned()).collect()
}

fn faults(result: &Value) -> Vec<String> {
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    let errors = result["errors"].as_array().unwrap();
    errors.iter().map(|one| format!("{} {}", text(one, "pointer"), text(one, "code"))).collect()
}

#[tokio::test]
async fn a_meter_is_created_read_changed_listed_and_archived() {
    let m = Metered::start().await;
    let shown = m.client.get_meter(&m.meter).await.ok().body;
    assert!(m.meter.starts_with("mtr_prod_"), "{}", m.meter);
    assert_eq!(shown["event_payload_customer_mapping_key"], "customer_id");
    assert_eq!(shown["event_payload_value_key"], "value");
    assert_eq!((&shown["correction_window_days"], &shown["active"]), (&json!(35), &json!(true)));
    let taken = m.client.create_meter(sum("api_call")).await.refused(409);
    assert_eq!(taken.faults(), ["/event_name taken"]);
    let strange = m.client.update_meter(&m.meter, json!({"event_name": "x"})).await.refused(400);
    assert_eq!(strange.faults(), ["/event_name unknown_field"]);

    assert_eq!(m.sends(&[m.event("1", json!(1))]).await, ["accepted"]);
    let archived = m.client.update_meter(&m.meter, json!({"active": false})).await.ok().body;
    assert_eq!(m.client.list_meters("?active=false").await.ok().items(), [archived]);
    let refused = m.client.record_usage(m.event("2", json!(1))).await.refused(422);
    assert_eq!(refused.faults(), ["/event_name archived"]);
    // What it counted stays, and its name is its own.
    assert_eq!(m.used().await, ("1".to_owned(), 1));
    m.client.create_meter(sum("api_call")).await.refused(409);
    let events = m.client.list_events("").await.ok();
    let types: Vec<&Value> = events.items().iter().map(|event| &event["type"]).collect();
    assert_eq!(types[..3], ["meter.updated", "customer.created", "meter.created"]);
    m.api.audit().await;
}

#[tokio::test]
async fn each_event_of_a_batch_has_a_verdict_of_its_own() {
    let m = Metered::start().await;
    assert_eq!(m.sends(&[m.event("old", json!(1))]).await, ["accepted"]);
    let stranger = "cus_prod_0000000000000000";
    let batch = json!({"events": [
        m.event("new", json!("0.1")),
        m.event("old", json!(5)),
        m.event("new", json!(7)),
        event(stranger, "stranger", json!(1)),
        {"event_name": "nothing", "identifier": "x", "payload": {}},
        {"identifier": "y", "payload": {"value": [1]}, "nonsense": 1},
        m.event("negative", json!(-1)),
        m.event("other", json!(0.2)),
        "no event",
    ]});
    let answer = m.client.record_usage(batch).await.ok();
    let accepted = "accepted";
    let (duplicate, refused) = ("duplicate", "refused");
    assert_eq!(
        verdicts(&answer),
        [accepted, duplicate, duplicate, refused, refused, refused, refused, accepted, refused]
    );
    let results = answer.body["results"].as_array().unwrap();
    assert_eq!(results[0], json!({"identifier": "new", "status": "accepted", "errors": []}));
    assert_eq!(faults(&results[3]), ["/events/3/payload/customer_id no_such_object"]);
    assert_eq!(faults(&results[4]), ["/events/4/event_name no_such_object"]);
    assert_eq!(
        faults(&results[5]),
        [
            "/events/5/event_name required",
            "/events/5/payload/value wrong_type",
            "/events/5/nonsense unknown_field"
        ]
    );
    assert_eq!(results[5]["identifier"], "y");
    assert_eq!(faults(&results[6]), ["/events/6/payload/value out_of_range"]);
    assert_eq!(faults(&results[8]), ["/events/8 wrong_type"]);
    assert_eq!(results[8]["identifier"], Value::Null);
    // 1 + 0.1 + 0.2, and not a float's idea of it.
    assert_eq!(m.used().await, ("1.3".to_owned(), 3));
    // What was refused was not remembered.
    assert_eq!(m.sends(&[m.event("negative", json!(1))]).await, [accepted]);
    m.api.audit().await;
}

#[tokio::test]
async fn an_event_that_is_sent_alone_is_answered_like_any_request() {
    let m = Metered::start().await;
    let answer = m.client.record_usage(m.event("1", json!("2.50"))).await.ok();
    let result = |status: &str| json!([{"identifier": "1", "status": status, "errors": []}]);
    assert_eq!(answer.body["results"], result("accepted"));
    let again = m.client.record_usage(m.event("1", json!("2.50"))).await.ok();
    assert_eq!(again.body["results"], result("duplicate"));
    let none = m.client.record_usage(json!({})).await.refused(400);
    assert_eq!(
        none.faults(),
        ["/event_name required", "/identifier required", "/payload required"]
    );
    let mut both = m.event("2", json!(1));
    both["events"] = json!([m.event("3", json!(1))]);
    let both = m.client.record_usage(both).await.refused(400);
    assert_eq!(both.faults(), ["/events not_combinable"]);
    let none = m.client.record_usage(json!({"events": []})).await.refused(400);
    assert_eq!(none.faults(), ["/events required"]);
    assert_eq!(m.used().await, ("2.5".to_owned(), 1));
}

#[tokio::test]
async fn a_batch_has_a_hundred_events_and_no_more() {
    let m = Metered::start().await;
    let events = |count: usize| -> Vec<Value> {
        (0..count).map(|n| m.event(&format!("e{n}"), json!(n))).collect()
    };
    let refused = m.client.record_usage(json!({"events": events(101)})).await.refused(422);
    assert_eq!(refused.faults(), ["/events too_many"]);
    assert_eq!(m.used().await, ("0".to_owned(), 0));
    assert!(m.sends(&events(100)).await.iter().all(|one| one == "accepted"));
    assert_eq!(m.used().await, ("4950".to_owned(), 100));
    m.api.audit().await;
}

/// As many counters as a transaction has no room for.
#[tokio::test]
async fn a_batch_may_be_of_a_hundred_customers() {
    let m = Metered::start().await;
    let mut events = Vec::new();
    for n in 0..100 {
        events.push(event(&customer(&m.client).await, &format!("e{n}"), json!("0.5")));
    }
    let send = |key: &'static str| {
        let request = m.client.request(Method::POST, "/api/meter-events");
        exchange(request.header("Idempotency-Key", key).json(&json!({"events": events})))
    };
    let first = send("one").await.ok();
    assert!(verdicts(&first).iter().all(|one| one == "accepted"));
    let again = send("one").await.ok();
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    assert!(verdicts(&send("two").await.ok()).iter().all(|one| one == "duplicate"));
    let last = events[99]["payload"]["customer_id"].as_str().unwrap();
    assert_eq!(used(&m.client, last, &m.meter).await, ("0.5".to_owned(), 1));
    m.api.audit().await;
}

/// Of an event all that is wrong with it: what cannot be read, what its meter makes of the rest, and whose it is.
#[tokio::test]
async fn an_event_is_told_of_all_its_faults_at_once() {
    let m = Metered::start().await;
    let nobody = "cus_prod_0000000000000000";
    let event = json!({
        "event_name": "api_call", "timestamp": "yesterday", "more": 1,
        "payload": {"customer_id": nobody, "value": -1},
    });
    let old = json!({
        "event_name": "api_call", "identifier": "old", "timestamp": "2020-01-01T00:00:00Z",
        "payload": {"customer_id": "jane", "value": "much"},
    });
    let answer = m.client.record_usage(json!({"events": [event, old]})).await.ok();
    let faults = |index: usize| {
        let errors = answer.body["results"][index]["errors"].as_array().unwrap();
        let told = |one: &Value| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            format!("{} {}", text("pointer"), text("code"))
        };
        errors.iter().map(told).collect::<BTreeSet<_>>()
    };
    let expected = |index: usize, all: &[&str]| {
        all.iter().map(|one| format!("/events/{index}/{one}")).collect::<BTreeSet<_>>()
    };
    let first = [
        "timestamp invalid_timestamp",
        "identifier required",
        "more unknown_field",
        "payload/value out_of_range",
        "payload/customer_id no_such_object",
    ];
    assert_eq!(faults(0), expected(0, &first));
    let second = [
        "timestamp too_old",
        "payload/value invalid_decimal",
        "payload/customer_id no_such_object",
    ];
    assert_eq!(faults(1), expected(1, &second));
    // One that comes alone, and one by CloudEvents.
    let alone = json!({
        "event_name": "api_call", "identifier": "1", "timestamp": "2020-01-01T00:00:00Z",
        "payload": {"customer_id": nobody, "value": -1},
    });
    let alone = m.client.record_usage(alone).await.refused(422).faults();
    let all = [
        "/timestamp too_old",
        "/payload/value out_of_range",
        "/payload/customer_id no_such_object",
    ];
    assert_eq!(alone, all);
    assert_eq!(m.used().await, ("0".to_owned(), 0));
}

#[tokio::test]
async fn usage_is_read_by_the_hour_in_which_it_happened() {
    let m = Metered::start().await;
    let account = m.api.account("stg").await;
    let client = m.api.client_of(&account);
    let clock = json!({"now": "2030-03-31T12:30:00Z"});
    client.post("/api/test-clock", clock).await.ok();
    let meter = client
        .create_meter(json!({
            "display_name": "Calls", "event_name": "api_call", "aggregation_formula": "count",
        }))
        .await
        .ok()
        .id();
    let customer = customer(&client).await;
    let at = |instant: &str| {
        let mut event = event(&customer, instant, json!(1));
        event["timestamp"] = instant.into();
        event
    };
    let inside = ["2030-03-01T00:00:00Z", "2030-03-15T10:59:59.999Z", "2030-03-31T12:35:00Z"];
    let events: Vec<Value> = inside.into_iter().map(at).collect();
    let answer = client.record_usage(json!({"events": events})).await.ok();
    assert_eq!(verdicts(&answer), ["accepted"; 3]);
    for (instant, code) in
        [("2030-02-24T12:29:59Z", "too_old"), ("2030-03-31T12:35:00.001Z", "in_the_future")]
    {
        let refused = client.record_usage(at(instant)).await.refused(422);
        assert_eq!(refused.faults(), [format!("/timestamp {code}")]);
    }
    let count = async |query: &str| {
        let answer = client.get_usage(&customer, &format!("?meter_id={meter}{query}")).await.ok();
        assert_eq!(answer.body["value"], answer.body["events"].to_string());
        answer.body["events"].as_u64().unwrap()
    };
    assert_eq!(count("&from=2030-03-01T00:00:00Z&to=2030-04-01T00:00:00Z").await, 3);
    assert_eq!(count("&from=2030-03-01T01:00:00Z&to=2030-03-31T12:00:00Z").await, 1);
    assert_eq!(count("&from=2030-03-15T10:00:00Z&to=2030-03-15T11:00:00Z").await, 1);
    assert_eq!(count("&from=2030-03-15T11:00:00Z&to=2030-03-31T12:00:00Z").await, 0);
    assert_eq!(count("").await, 2, "the thirty days before the end of this hour");
    let ask = async |query: &str| client.get_usage(&customer, query).await.refused(400).faults();
    assert_eq!(ask("").await, ["?meter_id required"]);
    // Any instants: an hour that one cuts is read event by event.
    assert_eq!(count("&from=2030-03-01T00:00:00.001Z&to=2030-03-15T10:30:00Z").await, 0);
    assert_eq!(count("&from=2030-03-01T00:00:00Z&to=2030-03-01T00:00:00.001Z").await, 1);
    assert_eq!(ask("?meter_id=mtr_stg_0000000000000000").await, ["?meter_id no_such_object"]);
    m.api.audit().await;
}

#[tokio::test]
async fn another_account_sees_and_counts_nothing_of_it() {
    let m = Metered::start().await;
    let stranger = m.api.client().await;
    let theirs = stranger.create_meter(sum("api_call")).await.ok().id();
    assert_eq!(m.sends(&[m.event("1", json!(3))]).await, ["accepted"]);
    let refused = stranger.record_usage(m.event("2", json!(1))).await.refused(422);
    assert_eq!(refused.faults(), ["/payload/customer_id no_such_object"]);
    stranger.get_usage(&m.customer, &format!("?meter_id={theirs}")).await.refused(404);
    let own = customer(&stranger).await;
    let foreign = stranger.get_usage(&own, &format!("?meter_id={}", m.meter)).await.refused(400);
    assert_eq!(foreign.faults(), ["?meter_id no_such_object"]);
    // The same identifier is another event.
    let answer = stranger.record_usage(event(&own, "1", json!(4))).await.ok();
    assert_eq!(verdicts(&answer), ["accepted"]);
    assert_eq!(used(&stranger, &own, &theirs).await, ("4".to_owned(), 1));
    assert_eq!(m.used().await, ("3".to_owned(), 1));
    m.api.audit().await;
}

#[tokio::test]
async fn what_two_send_at_once_is_counted_once() {
    let m = Metered::start().await;
    let events: Vec<Value> = (0..12).map(|n| m.event(&format!("e{n}"), json!("0.1"))).collect();
    let body = json!({"events": events});
    let (mut accepted, mut unknown) = (0, false);
    let mut heard = |answer: Answer| {
        // One that gives up says so, and one that takes too long is cut off: it is sent again.
        let is_cut_off = answer.status == 500 && answer.body["message"].is_string();
        if matches!(answer.status.as_u16(), 409 | 503) || is_cut_off {
            unknown = true;
            return false;
        }
        accepted += verdicts(&answer.ok()).iter().filter(|one| *one == "accepted").count();
        true
    };
    for _ in 0..3 {
        let senders = (0..4).map(|_| m.client.record_usage(body.clone()));
        future::join_all(senders).await.into_iter().for_each(|answer| _ = heard(answer));
    }
    for _ in 0..10 {
        if heard(m.client.record_usage(body.clone()).await) {
            break;
        }
    }
    assert!(accepted == 12 || (unknown && accepted < 12), "{accepted} of 12 were accepted");
    assert_eq!(m.sends(&events).await, ["duplicate"; 12]);
    assert_eq!(m.used().await, ("1.2".to_owned(), 12));
    m.api.audit().await;
}

#[tokio::test]
async fn many_writers_of_one_customer_lose_nothing() {
    let m = Metered::start().await;
    let senders = (0..200).map(|n| {
        let event = m.event(&format!("e{n}"), json!(1));
        async { verdicts(&m.client.record_usage(event).await.ok()).remove(0) }
    });
    let verdicts: Vec<String> = stream::iter(senders).buffer_unordered(16).collect().await;
    assert!(verdicts.iter().all(|one| one == "accepted"), "{verdicts:?}");
    assert_eq!(m.used().await, ("200".to_owned(), 200));
    m.api.audit().await;
}

/// Loses the answer to, or throws away, what `matches` first.
fn first(matches: impl Fn(&Call) -> bool + Send + Sync + 'static, fault: Fault) -> FaultHook {
    let pending = AtomicBool::new(true);
    Arc::new(move |call, _| match matches(call) && pending.swap(false, Ordering::SeqCst) {
        true => fault.clone(),
        false => Fault::Pass,
    })
}

#[tokio::test]
async fn every_answer_lost_or_call_refused_counts_once() {
    let m = Metered::start().await;
    let events: Vec<Value> = (0..5).map(|n| m.event(&format!("e{n}"), json!(1))).collect();
    let (mut rounds, mut counted) = (0, 0);
    for action in ["PutItem", "TransactWriteItems"] {
        for fault in [Fault::ResetAfter, Fault::ResetBefore] {
            rounds += 1;
            let events: Vec<Value> =
                (0..5).map(|n| m.event(&format!("{action}{rounds}-{n}"), json!(1))).collect();
            m.api.stack.wire().set_fault(Some(first(move |call| call.action == action, fault)));
            let answer = m.client.record_usage(json!({"events": events})).await;
            m.api.stack.wire().set_fault(None);
            assert_eq!(verdicts(&answer.ok()), ["accepted"; 5], "{action}");
            assert_eq!(m.sends(&events).await, ["duplicate"; 5], "{action}");
            counted += 5;
            assert_eq!(m.used().await.1, counted, "{action}");
        }
    }
    assert_eq!(m.sends(&events).await, ["accepted"; 5]);
    m.api.audit().await;
}

/// The process dies between the events and their counting, again and again.
#[tokio::test]
async fn what_a_dead_process_put_and_did_not_count_is_counted_when_it_is_sent_again() {
    let m = Metered::start().await;
    let events: Vec<Value> = (0..5).map(|n| m.event(&format!("e{n}"), json!(2))).collect();
    let is_count = |call: &Call, _: u64| match call.action == "TransactWriteItems"
        && call.keys().any(|key| key.contains("#MU#"))
    {
        true => Fault::ResetBefore,
        false => Fault::Pass,
    };
    m.api.stack.wire().set_fault(Some(Arc::new(is_count)));
    m.client.record_usage(json!({"events": events})).await.refused(503);
    m.client.record_usage(json!({"events": events[..3]})).await.refused(503);
    m.api.stack.wire().set_fault(None);
    // What is not counted is not seen.
    assert_eq!(m.used().await, ("0".to_owned(), 0));
    m.api.audit().await;
    assert_eq!(m.sends(&events).await, ["accepted"; 5]);
    assert_eq!(m.used().await, ("10".to_owned(), 5));
    assert_eq!(m.sends(&events).await, ["duplicate"; 5]);
    m.api.audit().await;
}

/// One has put its events and not counted them, when another sends the same.
#[tokio::test]
async fn of_two_that_meet_between_put_and_count_one_counts() {
    let mut m = Metered::start().await;
    let account = m.api.account("prod").await;
    let slow = m.api.client_of(&account);
    m.client = m.api.client_of(&account);
    m.meter = m.client.create_meter(sum("api_call")).await.ok().id();
    m.customer = customer(&m.client).await;
    let event = m.event("1", json!(3));
    let (mut is_reached, gate) = hold_first_count(&m.api);
    let sent = event.clone();
    let slow = tokio::spawn(async move { slow.record_usage(sent).await });
    is_reached.recv().await.unwrap();
    assert_eq!(verdicts(&m.client.record_usage(event.clone()).await.ok()), ["accepted"]);
    assert_eq!(m.used().await, ("3".to_owned(), 1));
    gate.open();
    let answer = slow.await.unwrap();
    m.api.stack.wire().set_fault(None);
    // Where it was held for so long that it gave up, its client sends it again.
    let answer = match answer.status.as_u16() {
        500.. => m.client.record_usage(event).await,
        _ => answer,
    };
    assert_eq!(verdicts(&answer.ok()), ["duplicate"]);
    assert_eq!(m.used().await, ("3".to_owned(), 1));
    m.api.audit().await;
}

/// Holds the counting of the first batch back, however often it is tried, until the gate is opened.
fn hold_first_count(api: &Api) -> (UnboundedReceiver<()>, Gate) {
    let (reached, is_reached) = unbounded_channel();
    let (gate, batch) = (Gate::default(), OnceLock::new());
    let closed = gate.clone();
    api.stack.wire().set_fault(Some(Arc::new(move |call: &Call, _| {
        let is_count = call.action == "TransactWriteItems" && call.keys().any(has("#MU#"));
        let Some(name) = call.keys().find(|key| has("#MB#")(key)).filter(|_| is_count) else {
            return Fault::Pass;
        };
        if batch.get_or_init(|| name.to_owned()) != name {
            return Fault::Pass;
        }
        // Nobody listens any more once the test has failed.
        let _ = reached.send(());
        Fault::Hold(closed.clone())
    })));
    (is_reached, gate)
}

fn has(kind: &'static str) -> impl Fn(&str) -> bool {
    move |key| key.contains(kind)
}

/// A customer who is busy in a lane is counted in others, and in other partitions, and all is read.
#[tokio::test]
async fn counters_that_are_throttled_are_spread_and_read_together() {
    let m = Metered::start().await;
    for n in 0..12 {
        if n == 2 {
            let busy = |call: &Call| {
                call.action == "TransactWriteItems"
                    && call.keys().any(|key| key.contains("#MU#") && key.ends_with("#0"))
            };
            let throttled = || Fault::transaction_cancelled(&["None", "ThrottlingError"]);
            m.api.stack.wire().set_fault(Some(Arc::new(move |call, _| match busy(call) {
                true => throttled(),
                false => Fault::Pass,
            })));
        }
        let answer = m.client.record_usage(m.event(&format!("e{n}"), json!(1))).await;
        // Four draws of a lane may all be in the first partition, which takes nothing.
        if answer.status != 200 {
            answer.refused(503);
            m.api.stack.wire().set_fault(None);
            m.sends(&[m.event(&format!("e{n}"), json!(1))]).await;
        }
    }
    m.api.stack.wire().set_fault(None);
    assert_eq!(m.used().await, ("12".to_owned(), 12));
    let calls = m.api.stack.wire().take();
    let partitions: BTreeSet<String> = (calls.iter())
        .filter(|call| call.action == "Query")
        .flat_map(Call::keys)
        .filter(|key| key.contains("#MU#"))
        .map(str::to_owned)
        .collect();
    assert_eq!(partitions.len(), 4, "{partitions:?}");
    m.api.audit().await;
}

/// What a batch costs, and what it costs to read it: of 300 bytes an event.
#[tokio::test]
async fn a_batch_costs_little_more_than_a_write_unit_an_event() {
    let m = Metered::start().await;
    let events: Vec<Value> = (0..100)
        .map(|n| {
            let mut event = m.event(&format!("req-0123456789abcdef-{n:04}"), json!("1.25"));
            event["payload"]["region"] = "eu-central-1".into();
            event["payload"]["path"] = "/v1/documents/annual-report/pages".into();
            event["payload"]["trace"] = "the call of a page of a document".into();
            event["payload"]["agent"] = "documents-client/4.12.0 (linux)".into();
            event
        })
        .collect();
    let bytes = events[0].to_string().len();
    assert!((250..350).contains(&bytes), "{bytes} bytes");
    m.api.stack.wire().take();
    m.sends(&events).await;
    let calls = m.api.stack.wire().take();
    let units: f64 = calls.iter().map(|call| call.write_units).sum();
    println!("{units} write units for 100 events in {} calls", calls.len());
    assert!(units <= 150.0, "{units} write units for 100 events");
    m.used().await;
    m.api.stack.wire().take();
    assert_eq!(m.used().await, ("125".to_owned(), 100));
    let reads: Vec<Call> = m.api.stack.wire().take();
    let ours: Vec<&Call> =
        (reads.iter()).filter(|call| call.keys().all(|key| !key.starts_with("RATE#"))).collect();
    let units: f64 = ours.iter().map(|call| call.read_units).sum();
    assert!(ours.len() <= 3 && units <= 20.0, "{} calls, {units} units", ours.len());
}

/// A million events of a month, as its counters would have them: what reading them costs does not go by how
/// many there are.
#[tokio::test]
async fn a_month_of_a_million_events_is_read_in_three_round_trips() {
    let m = Metered::start().await;
    let account = m.api.account("stg").await;
    let client = m.api.client_of(&account);
    client.post("/api/test-clock", json!({"now": "2030-01-31T00:00:00Z"})).await.ok();
    let meter = client.create_meter(sum("api_call")).await.ok().id();
    let customer = customer(&client).await;
    let days = (1..=30).map(|day| {
        let mut event = event(&customer, &format!("day-{day}"), json!(1));
        event["timestamp"] = format!("2030-01-{day:02}T12:00:00Z").into();
        event
    });
    let days: Vec<Value> = days.collect();
    client.record_usage(json!({"events": days})).await.ok();
    let page = m.api.dynamodb("Scan", json!({})).await;
    let items = page["Items"].as_array().unwrap().iter();
    let counters: Vec<&Value> =
        items.filter(|item| item["PK"]["S"].as_str().unwrap().contains("#MU#")).collect();
    assert_eq!(counters.len(), 30);
    for counter in counters {
        let mut counter = counter.clone();
        for hour in 0..24 {
            counter[format!("n{hour:02}")] = json!({"N": "1389"});
            counter[format!("v{hour:02}")] = json!({"N": format!("2778{}", "0".repeat(12))});
        }
        m.api.dynamodb("PutItem", json!({"Item": counter})).await;
    }
    let query = format!("?meter_id={meter}&from=2030-01-01T00:00:00Z&to=2030-02-01T00:00:00Z");
    client.get_usage(&customer, &query).await.ok();
    m.api.stack.wire().take();
    let usage = client.get_usage(&customer, &query).await.ok().body;
    assert_eq!((&usage["events"], &usage["value"]), (&json!(1_000_080), &json!("2000160")));
    let calls = m.api.stack.wire().take();
    // Beside the rate limit and the test clock, which an account of production has none of.
    let beside = |key: &str| key.starts_with("RATE#") || key.contains("#CLOCK");
    let ours = calls.iter().filter(|call| call.keys().all(|key| !beside(key)));
    let (trips, units) =
        ours.fold((0, 0.0), |(trips, units), call| (trips + 1, units + call.read_units));
    assert!(trips <= 3 && units <= 20.0, "{trips} round trips, {units} units");
}
