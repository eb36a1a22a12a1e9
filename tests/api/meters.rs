//! Usage: meters, events that are counted once, and what was counted.

mod costs;
mod together;

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
