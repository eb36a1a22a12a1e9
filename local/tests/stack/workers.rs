//! Stream records and schedules, delivered to the workers.

#![expect(clippy::unwrap_used, reason = "a test whose setting cannot be made has failed")]

use crate::support::{eventually, get, options, start};
use local::{Options, Outcome, Stack};
use serde_json::{Value, json};
use std::time::Duration;

async fn with_workers() -> Stack {
    Stack::start(Options { workers: true, max_processes: 1, ..options() }).await.unwrap()
}

async fn put(stack: &Stack, pk: &str, sk: &str, fail: &str) {
    let (_, body) = get(stack, &format!("/api/echo?do=put&pk={pk}&sk={sk}&fail={fail}")).await;
    assert_eq!(body.get("status"), Some(&json!(200)));
}

/// The keys of each batch the worker has seen so far.
fn batches(stack: &Stack) -> Vec<String> {
    let lines = stack.logs().of("reader");
    lines.iter().filter_map(|line| line.strip_prefix("batch ").map(str::to_owned)).collect()
}

/// All keys the worker has seen so far, in order and with repetitions.
fn delivered(stack: &Stack) -> Vec<String> {
    batches(stack).join(",").split(',').map(str::to_owned).collect()
}

#[tokio::test]
async fn changes_are_delivered_in_order_and_in_the_shape_of_lambda() {
    let stack = with_workers().await;
    for number in 0..10 {
        put(&stack, "stream", &number.to_string(), "").await;
        put(&stack, "other", &number.to_string(), "").await;
    }
    let expected: Vec<_> = (0..10).map(|number| number.to_string()).collect();
    eventually("all records", || (delivered(&stack) == expected).then_some(())).await;
    assert!(batches(&stack).iter().all(|batch| batch.split(',').count() <= 4));
    let record = eventually("a record", || {
        let lines = stack.logs().of("reader");
        let found = lines.iter().find_map(|line| line.strip_prefix("record ").map(str::to_owned));
        found.map(|text| serde_json::from_str::<Value>(&text).unwrap())
    })
    .await;
    assert_eq!(record["eventName"], "INSERT");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:dynamodb:us-east-1:000000000000:table/fixture/stream/local"
    );
    assert_eq!(record["dynamodb"]["Keys"], json!({"PK": {"S": "stream"}, "SK": {"S": "0"}}));
    assert_eq!(record["dynamodb"]["NewImage"]["SK"]["S"], "0");
    assert_eq!(record["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
}

#[tokio::test]
async fn a_failed_record_is_repeated_and_holds_up_what_is_behind_it() {
    let stack = with_workers().await;
    put(&stack, "stream", "a", "").await;
    put(&stack, "stream", "b", "2").await;
    put(&stack, "stream", "c", "").await;
    eventually("the last record", || delivered(&stack).contains(&"c".to_owned()).then_some(()))
        .await;
    eventually("b three times", || {
        (delivered(&stack).iter().filter(|key| *key == "b").count() == 3).then_some(())
    })
    .await;
    let seen = delivered(&stack);
    assert_eq!(seen.iter().filter(|key| *key == "a").count(), 1, "what succeeded is not repeated");
    assert_eq!(seen.iter().rfind(|key| *key != "c").unwrap(), "b");
}

#[tokio::test]
async fn a_record_that_always_fails_is_given_up() {
    let stack = with_workers().await;
    put(&stack, "stream", "a", "1000").await;
    // One delivery and three repetitions, as MaximumRetryAttempts has it. Records behind it that
    // share its batch are given up with it, as in Lambda, so the next one comes later.
    eventually("four deliveries", || (delivered(&stack) == ["a", "a", "a", "a"]).then_some(()))
        .await;
    put(&stack, "stream", "b", "").await;
    eventually("the next one", || delivered(&stack).contains(&"b".to_owned()).then_some(())).await;
    assert_eq!(delivered(&stack), ["a", "a", "a", "a", "b"]);
}

#[tokio::test]
async fn a_worker_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options {
        workers: true,
        max_processes: 1,
        data: Some(folder.path().to_owned()),
        ..options()
    };
    let stack = Stack::start(options()).await.unwrap();
    put(&stack, "stream", "a", "").await;
    let checkpoint = folder.path().join("stream-reader.json");
    eventually("a checkpoint", || checkpoint.is_file().then_some(())).await;
    assert_eq!(delivered(&stack), ["a"]);
    stack.shutdown().await;
    let stack = Stack::start(options()).await.unwrap();
    put(&stack, "stream", "b", "").await;
    eventually("the next record", || batches(&stack).first().cloned()).await;
    assert_eq!(delivered(&stack), ["b"]);
    stack.shutdown().await;
}

#[tokio::test]
async fn schedules_run_with_the_event_of_their_service() {
    let every = Some(Duration::from_millis(10));
    let options = Options { workers: true, schedule_override: every, ..options() };
    let stack = Stack::start(options).await.unwrap();
    let events = eventually("both schedules, twice", || {
        let lines = stack.logs().of("clock");
        let events: Vec<Value> = lines
            .iter()
            .filter_map(|line| serde_json::from_str(line.strip_prefix("event ")?).ok())
            .collect();
        let daily = events.iter().filter(|event| **event == json!({"daily": true})).count();
        (daily >= 2 && events.len() >= daily + 2).then_some(events)
    })
    .await;
    let event = events.iter().find(|event| event.get("source").is_some()).unwrap();
    assert_eq!(event["source"], "aws.events");
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["resources"][0], "arn:aws:events:us-east-1:000000000000:rule/Minutely");
}

#[tokio::test]
async fn a_worker_can_also_be_invoked_by_hand() {
    let stack = start().await;
    let outcome = stack.invoke("clock", "{\"by\": \"hand\"}").await.unwrap();
    let Outcome::Answer(answer) = outcome else { panic!("{outcome:?}") };
    assert_eq!(crate::support::parse(&answer)["event"], json!({"by": "hand"}));
}
