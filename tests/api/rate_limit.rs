//! Rate limits: never exceeded, told on every answer, separate for reads and writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use local::wire::{Call, Fault};
use serde_json::json;
use shared::base::time::Clock;

use crate::client::Api;

#[tokio::test(flavor = "multi_thread")]
async fn no_more_requests_are_admitted_than_the_limit_allows() {
    let api = Api::start().await;
    let limit = 20_u32;
    let event = json!({"environment": "prod", "name": "A", "requests_per_second": limit});
    let account = api.account_of(event).await;
    let client = api.client_of(&account);
    let started = Instant::now();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                let mut statuses = Vec::new();
                for _ in 0..30 {
                    statuses.push(client.get_account().await.status.as_u16());
                }
                statuses
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.extend(task.await.unwrap());
    }
    let admitted = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!(admitted + refused, 240, "{statuses:?}");
    // A second's worth at once, and the rate from then on.
    let elapsed = started.elapsed().as_millis();
    let allowed = u128::from(limit) * (1000 + elapsed) / 1000;
    let admitted = u128::try_from(admitted).unwrap();
    assert!(admitted <= allowed, "{admitted} of {allowed}");
    assert!(refused > 0 && admitted >= 18, "{admitted} admitted, {refused} refused");
}

#[tokio::test]
async fn reads_and_writes_have_limits_of_their_own() {
    let api = Api::start().await;
    let event = json!({"environment": "prod", "name": "A", "requests_per_second": 1});
    let client = api.client_of(&api.account_of(event).await);
    let mut refused = client.get_account().await;
    while refused.status == 200 {
        refused = client.get_account().await;
    }
    let refused = refused.refused(429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-policy"), Some("\"read\";q=1;w=1"));
    assert_eq!(refused.header("ratelimit"), Some("\"read\";r=0;t=1"));
    let write = client.create_customer(json!({"email": "a@example.com"})).await.ok();
    assert_eq!(write.header("ratelimit-policy"), Some("\"write\";q=1;w=1"));
}

/// The answer that a bucket without anything left gives, from which debt is gone at `empty_at`.
fn refused_until(empty_at: i64) -> Fault {
    Fault::Answer {
        status: 400,
        body: json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            "message": "The conditional request failed",
            "Item": {"empty_at": {"N": empty_at.to_string()}},
        })
        .to_string(),
    }
}

#[tokio::test]
async fn a_bucket_that_was_refilled_on_the_way_is_asked_again() {
    let api = Api::start().await;
    let event = json!({"environment": "prod", "name": "A", "requests_per_second": 1});
    let client = api.client_of(&api.account_of(event).await);
    let is_lease = |call: &Call| {
        call.action == "UpdateItem"
            && call.touches.iter().any(|touch| touch.partition_key.starts_with("RATE#"))
    };
    // It would admit one when it is asked, which is after the function looked at its clock, and has
    // admitted it by when the function hears of it.
    let asked = AtomicBool::new(false);
    api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
        let first = is_lease(call) && !asked.swap(true, Ordering::SeqCst);
        if first { refused_until(Clock.micros()) } else { Fault::Pass }
    })));
    api.stack.wire().take();
    client.get_account().await.ok();
    let calls = api.stack.wire().take();
    let leases = calls.iter().filter(|call| is_lease(call)).map(|call| call.status);
    assert_eq!(leases.collect::<Vec<_>>(), [400, 200]);
    // One that is far from it is not asked twice, and says for how long.
    let hour = 3_600 * 1_000_000;
    api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
        if is_lease(call) { refused_until(Clock.micros() + hour) } else { Fault::Pass }
    })));
    let refused = client.list_customers("").await.refused(429);
    let seconds = refused.header("retry-after").unwrap().parse::<u32>().unwrap();
    assert!((3_000..=3_600).contains(&seconds), "{seconds}");
    let calls = api.stack.wire().take();
    assert_eq!(calls.iter().filter(|call| is_lease(call)).count(), 1);
}
