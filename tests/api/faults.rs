//! What goes wrong between a function and DynamoDB, put there on purpose: a request that is sent until
//! it is answered happens once, whatever happened on the way.

use std::sync::Arc;

use local::wire::{Call, Fault};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Api, Client, exchange};

/// Injects `fault` at the `nth` call of `function`.
fn at(api: &Api, function: &'static str, nth: usize, fault: Fault) {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let hook = move |call: &Call, _: u64| {
        let ours = call.function == function;
        let order = std::sync::atomic::Ordering::SeqCst;
        if ours && count.fetch_add(1, order) + 1 == nth { fault.clone() } else { Fault::Pass }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
}

/// Injects `fault` at every transaction.
fn at_transactions(api: &Api, fault: Fault) {
    api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
        if call.action == "TransactWriteItems" { fault.clone() } else { Fault::Pass }
    })));
}

async fn create(client: &Client, key: &str) -> Answer {
    let request = client.request(Method::POST, "/api/customers").header("Idempotency-Key", key);
    exchange(request.json(&json!({"email": "jane@example.com"}))).await
}

/// Sends a request again until it is answered by the function.
async fn insist(client: &Client, method: Method, path: &str, key: &str, body: &Value) -> Answer {
    for _ in 0..10 {
        let request = client.request(method.clone(), path).header("Idempotency-Key", key);
        let answer = exchange(request.json(body)).await;
        if answer.status.as_u16() < 500 {
            return answer;
        }
    }
    panic!("ten answers of 500 and above");
}

#[tokio::test]
async fn a_process_killed_at_any_call_loses_and_doubles_nothing() {
    let api = Api::start().await;
    let client = api.client().await;
    let (mut created, mut kills) = (0, 0);
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        // One more than a request makes: the last round meets no fault, so every call was killed.
        for nth in 1.. {
            at(&api, "customers-create", nth, fault.clone());
            let key = format!("{fault:?}-{nth}");
            let body = json!({"email": "jane@example.com"});
            let answer = insist(&client, Method::POST, "/api/customers", &key, &body).await.ok();
            created += 1;
            let struck = api.stack.wire().take().iter().any(|call| call.fault.is_some());
            kills += usize::from(struck);
            api.stack.wire().set_fault(None);
            let list = client.list_customers("?limit=100").await.ok();
            assert_eq!(list.body["total"], created, "{key}");
            assert!(list.items().contains(&answer.body));
            if !struck {
                break;
            }
        }
    }
    assert!(kills >= 4, "only {kills} calls were killed");
    let events = client.list_events("?limit=100").await.ok();
    let of_customers = events.items().iter().filter(|event| event["type"] == "customer.created");
    assert_eq!(of_customers.count(), created);
}

#[tokio::test]
async fn an_update_killed_at_any_call_happens_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    let path = format!("/api/customers/{id}");
    let mut version = 1;
    for fault in [Fault::KillBefore, Fault::KillAfter, Fault::ResetAfter] {
        for nth in 1..=4 {
            at(&api, "customers-update", nth, fault.clone());
            version += 1;
            let body = json!({"name": format!("version {version}")});
            let key = version.to_string();
            let answer = insist(&client, Method::PATCH, &path, &key, &body).await.ok();
            assert_eq!(answer.body["version"], version, "{fault:?} at call {nth}");
            api.stack.wire().set_fault(None);
            assert_eq!(client.get_customer(&id).await.ok().body, answer.body);
        }
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_out_about() {
    let api = Api::start().await;
    let client = api.client().await;
    // Every attempt commits or repeats, and no answer ever arrives: the event proves the commit.
    for fault in [Fault::ResetAfter, Fault::internal_error_after()] {
        at_transactions(&api, fault);
        client.create_customer(json!({"email": "jane@example.com"})).await.ok();
    }
    api.stack.wire().set_fault(None);
    assert_eq!(client.list_customers("").await.ok().body["total"], 2);
}

#[tokio::test]
async fn a_commit_that_cannot_be_reached_is_no_success() {
    let api = Api::start().await;
    let client = api.client().await;
    for fault in [Fault::ResetBefore, Fault::internal_error(), Fault::throughput_exceeded()] {
        at_transactions(&api, fault);
        let refused = create(&client, "k").await.refused(503);
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    api.stack.wire().set_fault(None);
    assert_eq!(client.list_customers("").await.ok().body["total"], 0);
    create(&client, "k").await.ok();
}

#[tokio::test]
async fn a_conflict_is_waited_out_and_then_admitted() {
    let api = Api::start().await;
    let client = api.client().await;
    let conflict = Fault::transaction_cancelled(&["TransactionConflict", "None", "None"]);
    let transactions = std::sync::atomic::AtomicUsize::new(0);
    let fault = conflict.clone();
    api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
        let order = std::sync::atomic::Ordering::SeqCst;
        let ours = call.action == "TransactWriteItems";
        if ours && transactions.fetch_add(1, order) < 3 { fault.clone() } else { Fault::Pass }
    })));
    create(&client, "waited-out").await.ok();
    at_transactions(&api, conflict);
    let refused = create(&client, "admitted").await.refused(409);
    assert_eq!(refused.header("retry-after"), Some("1"));
    api.stack.wire().set_fault(None);
    create(&client, "admitted").await.ok();
    assert_eq!(client.list_customers("").await.ok().body["total"], 2);
}

#[tokio::test]
async fn a_token_is_never_accepted_because_it_could_not_be_checked() {
    let api = Api::start().await;
    let client = api.client().await;
    let fault = Fault::internal_error();
    api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
        let of_token = call.keys().any(|key| key.starts_with("TOK#"));
        if of_token { fault.clone() } else { Fault::Pass }
    })));
    client.get_account().await.refused(503);
}

#[tokio::test]
async fn a_rate_limit_that_cannot_be_reached_admits() {
    let api = Api::start().await;
    let client = api.client().await;
    let fault = Fault::internal_error();
    api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
        if call.action == "UpdateItem" { fault.clone() } else { Fault::Pass }
    })));
    client.get_account().await.ok();
    let told = |line: &local::logs::Line| line.text.contains("rate_limit_error").then_some(());
    assert!(api.stack.logs().find(|lines| lines.iter().find_map(told)).await.is_some());
}
