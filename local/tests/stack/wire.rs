//! What the wire records, and what it breaks.

use crate::support::{get, holds, options, start};
use local::{
    Options, Stack,
    wire::{Call, Fault},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Puts the item `pk`, through the function; its status, and what DynamoDB told it.
async fn put(stack: &Stack, pk: &str) -> (u16, Value) {
    get(stack, &format!("/api/echo?do=put&pk={pk}&sk=s")).await
}

fn fail(stack: &Stack, fault: Fault) {
    stack.wire().set_fault(Some(Arc::new(move |_: &Call, _| fault.clone())));
}

/// Whether the item is in the table, asked without a fault.
async fn exists(stack: &Stack, pk: &str) -> bool {
    stack.wire().set_fault(None);
    holds(stack, pk, "s").await
}

#[tokio::test]
async fn every_call_is_recorded_with_who_made_it_and_what_it_cost() {
    let stack = start().await;
    assert_eq!(put(&stack, "a").await.1["status"], 200);
    let calls = stack.wire().take();
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!((call.function.as_str(), call.process.as_str()), ("echo", "echo.1"));
    assert_eq!((call.action.as_str(), call.status), ("PutItem", 200));
    assert_eq!(call.touches[0].permission, "dynamodb:PutItem");
    assert_eq!(call.touches[0].table, "fixture");
    assert_eq!(call.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!((call.read_units, call.write_units, call.capacity_units()), (0.0, 1.0, 1.0));
    assert!(call.request_bytes > 0 && call.response_bytes > 0 && call.engine_time > Duration::ZERO);
    assert!(stack.wire().take().is_empty());
    put(&stack, "b").await;
    assert_eq!(stack.wire().counts(), [("echo".to_owned(), 1)].into());
}

#[tokio::test]
async fn nothing_is_recorded_when_recording_is_off() {
    let stack = Stack::start(Options { record_wire: false, ..options() }).await.unwrap();
    put(&stack, "a").await;
    assert!(stack.wire().take().is_empty());
    stack.wire().record(true);
    put(&stack, "b").await;
    assert_eq!(stack.wire().take().len(), 1);
}

#[tokio::test]
async fn a_lost_request_does_nothing_and_a_lost_answer_does_its_work() {
    let stack = start().await;
    fail(&stack, Fault::ResetBefore);
    assert_eq!(put(&stack, "a").await, (200, json!("lost")));
    assert!(!exists(&stack, "a").await);
    fail(&stack, Fault::ResetAfter);
    assert_eq!(put(&stack, "b").await, (200, json!("lost")));
    assert!(exists(&stack, "b").await);
    let faults: Vec<_> = stack.wire().take().into_iter().filter_map(|call| call.fault).collect();
    assert_eq!(faults, ["ResetBefore", "ResetAfter"]);
}

#[tokio::test]
async fn an_answer_can_be_made_up() {
    let stack = start().await;
    let cases = [
        (Fault::transaction_conflict(2), 400, "TransactionCanceledException"),
        (Fault::write_conflict(), 400, "TransactionConflictException"),
        (Fault::transaction_in_progress(), 400, "TransactionInProgressException"),
        (Fault::throughput_exceeded(), 400, "ProvisionedThroughputExceededException"),
        (Fault::throttled(), 400, "ThrottlingException"),
        (Fault::internal_error(), 500, "InternalServerError"),
    ];
    for (fault, status, kind) in cases {
        fail(&stack, fault);
        let (_, answer) = put(&stack, "a").await;
        assert_eq!(answer["status"], status);
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert!(body["__type"].as_str().unwrap().ends_with(kind), "{body}");
        assert_eq!(stack.wire().take()[0].error.as_deref(), Some(kind));
    }
    assert!(!exists(&stack, "a").await);
    fail(&stack, Fault::internal_error_after());
    assert_eq!(put(&stack, "b").await.1["status"], 500);
    assert!(exists(&stack, "b").await);
}

#[tokio::test]
async fn a_cancelled_transaction_has_a_reason_per_item() {
    let Fault::Answer { status, body } =
        Fault::transaction_cancelled(&["None", "TransactionConflict"])
    else {
        panic!("not an answer")
    };
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 400);
    assert_eq!(
        body["CancellationReasons"],
        json!([{"Code": "None"}, {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}])
    );
    assert!(body["Message"].as_str().unwrap().ends_with("[None, TransactionConflict]"));
}

#[tokio::test]
async fn the_caller_can_be_killed_before_or_after_the_commit() {
    let stack = start().await;
    fail(&stack, Fault::KillBefore);
    assert_eq!(put(&stack, "a").await.0, 500);
    assert!(stack.pids("echo").is_empty());
    assert!(!exists(&stack, "a").await);
    fail(&stack, Fault::KillAfter);
    assert_eq!(put(&stack, "b").await.0, 500);
    assert!(exists(&stack, "b").await);
    assert_eq!(put(&stack, "c").await.1["status"], 200);
}

#[tokio::test]
async fn a_hook_sees_the_call_and_its_number() {
    let stack = start().await;
    stack.wire().set_fault(Some(Arc::new(|call: &Call, number| match number {
        1 if call.function == "echo" && call.action == "PutItem" => Fault::throttled(),
        2 => Fault::Delay(Duration::from_millis(1)),
        _ => Fault::Pass,
    })));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(put(&stack, "a").await.1["status"].clone());
    }
    assert_eq!(statuses, [400, 200, 200]);
    let faults: Vec<_> = stack.wire().take().into_iter().map(|call| call.fault).collect();
    assert_eq!(faults, [Some("Answer"), Some("Delay"), None]);
}
