//! A staging account's time: stopped, moved, released; and what falls due on its way.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use local::{
    logs::Line,
    wire::{Call, Fault},
};
use serde_json::{Value, json};

use crate::client::{Answer, Api, Client};

/// A client with the secret token of a new staging account.
async fn staging(api: &Api) -> Client {
    let account = api.account("stg").await;
    api.client_of(&account)
}

/// Kills the function that advances a clock at its transaction number `at`, and at each after it.
pub(crate) fn die_on_the_way(api: &Api, at: u64) {
    let count = AtomicU64::new(0);
    let hook = move |call: &Call, _: u64| {
        let counts = call.function == "test-clock-advance" && call.action == "TransactWriteItems";
        match counts && count.fetch_add(1, Ordering::Relaxed) + 1 >= at {
            true => Fault::KillBefore,
            false => Fault::Pass,
        }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
}

/// `now` and `status` of a clock.
fn stands(answer: &Answer) -> (&str, &str) {
    let text = |name: &str| answer.body[name].as_str().unwrap();
    (text("now"), text("status"))
}

const STOPPED: &str = "2030-01-31T00:00:00.000Z";

#[tokio::test]
async fn every_timestamp_that_is_written_comes_from_a_stopped_clock() {
    let api = Api::start().await;
    let client = staging(&api).await;
    let before = client.test_clock().await.ok();
    assert_eq!((&before.body["stopped"], &before.body["status"]), (&json!(false), &json!("ready")));
    let stopped = client.stop_clock("2030-01-31T01:00:00+01:00").await.ok();
    assert_eq!(stands(&stopped), (STOPPED, "ready"));
    assert_eq!(stopped.header("etag"), Some("\"1\""));
    let made = client.create_customer(json!({"email": "a@example.com"})).await.ok();
    assert_eq!(
        (&made.body["created_at"], &made.body["updated_at"]),
        (&json!(STOPPED), &json!(STOPPED))
    );
    let events = client.list_events("?limit=1").await.ok();
    assert_eq!(events.items()[0]["created_at"], STOPPED);
    let released = client.release_clock().await.ok();
    assert_eq!(released.body["stopped"], false);
    let later = client.create_customer(json!({"email": "a@example.com"})).await.ok();
    assert!(later.body["created_at"].as_str().unwrap() < STOPPED);
}

#[tokio::test]
async fn what_is_made_while_time_stands_still_is_listed_in_the_order_it_was_made() {
    let api = Api::start().await;
    let client = staging(&api).await;
    client.stop_clock(STOPPED).await.ok();
    let mut made = Vec::new();
    for index in 0..12 {
        if index == 6 {
            // Stopped at the same instant a second time.
            client.release_clock().await.ok();
            client.stop_clock(STOPPED).await.ok();
        }
        let email = format!("{index}@example.com");
        made.insert(0, client.create_customer(json!({"email": email})).await.ok().id());
    }
    let page = client.list_customers("").await.ok();
    let listed: Vec<_> = page.items().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(listed, made);
}

#[tokio::test]
async fn a_clock_moves_forward_and_only_while_it_is_stopped() {
    let api = Api::start().await;
    let client = staging(&api).await;
    let refused = client.advance_clock("2031-01-01T00:00:00Z").await.refused(422);
    assert_eq!(refused.faults(), [" not_stopped"]);
    client.stop_clock(STOPPED).await.ok();
    let refused = client.stop_clock("2030-02-01T00:00:00Z").await.refused(422);
    assert_eq!(refused.faults(), [" already_stopped"]);
    let refused = client.advance_clock("2030-01-30T23:59:59.999Z").await.refused(422);
    assert_eq!(refused.faults(), ["/to in_the_past"]);
    let moved = client.advance_clock("2033-01-31T00:00:00Z").await.ok();
    assert_eq!(stands(&moved), ("2033-01-31T00:00:00.000Z", "ready"));
    assert_eq!(stands(&client.test_clock().await.ok()), ("2033-01-31T00:00:00.000Z", "ready"));
    client.advance_clock("2033-01-31T00:00:00Z").await.ok();
}

#[tokio::test]
async fn a_production_account_has_no_test_clock() {
    let api = Api::start().await;
    let client = api.client().await;
    let to = "2033-01-31T00:00:00Z";
    for answer in [
        client.test_clock().await,
        client.stop_clock(to).await,
        client.advance_clock(to).await,
        client.release_clock().await,
    ] {
        let problem = answer.refused(403).body;
        assert!(problem["detail"].as_str().unwrap().contains("no test clock"), "{problem}");
    }
}

#[tokio::test]
async fn tokens_expire_in_real_time() {
    let api = Api::start().await;
    let client = staging(&api).await;
    client.stop_clock("2020-01-01T00:00:00Z").await.ok();
    let expiring = |at: &str| json!({"kind": "secret", "expires_at": at});
    client.create_token(expiring("2021-01-01T00:00:00Z")).await.refused(422);
    client.release_clock().await.ok();
    client.stop_clock("2090-01-01T00:00:00Z").await.ok();
    let token = client.create_token(expiring("2080-01-01T00:00:00Z")).await.ok();
    assert_eq!(token.body["created_at"], "2090-01-01T00:00:00.000Z");
    let other = api.client_with(token.body["token"].as_str().unwrap(), &client.account);
    other.get_account().await.ok();
    let rolled = client.roll_token(&token.id(), json!({"expires_in_hours": 1})).await.ok();
    let old = client.get_token(&token.id()).await.ok().body;
    assert!(old["expires_at"].as_str().unwrap() < "2080", "{old}");
    assert_eq!(rolled.body["created_at"], "2090-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn a_clock_whose_driver_died_is_moved_on_by_the_sweeper() {
    let api = Api::start().await;
    let client = staging(&api).await;
    client.stop_clock(STOPPED).await.ok();
    die_on_the_way(&api, 2);
    let to = "2030-03-01T00:00:00Z";
    assert!(client.advance_clock(to).await.status.is_server_error());
    api.stack.wire().set_fault(None);
    let clock = client.test_clock().await.ok();
    assert_eq!(stands(&clock), (STOPPED, "advancing"));
    assert_eq!(clock.body["advancing_to"], "2030-03-01T00:00:00.000Z");
    let refused = client.advance_clock("2030-02-01T00:00:00Z").await.refused(422);
    assert_eq!(refused.faults(), ["/to on_its_way"]);
    api.sweep().await;
    let clock = client.test_clock().await.ok();
    assert_eq!(stands(&clock), ("2030-03-01T00:00:00.000Z", "ready"));
    assert_eq!(clock.body["advancing_to"], json!(null));
}

#[tokio::test]
async fn a_sweep_that_finds_nothing_says_nothing() {
    let api = Api::start().await;
    let client = staging(&api).await;
    client.stop_clock(STOPPED).await.ok();
    api.sweep().await;
    let said = api.stack.logs().of("workers-sweep");
    assert!(said.is_empty(), "{said:?}");
}

/// Writes an entry of the due index that no object stands behind.
async fn entry(api: &Api, partition: &str, at: &str, account: &str, id: &str) {
    let item = json!({"PK": {"S": partition}, "SK": {"S": format!("{at}#{account}#{id}")}});
    api.put_items(&[item]).await;
}

#[tokio::test]
async fn what_cannot_be_done_stops_a_clock_where_it_is_due_and_is_named() {
    let api = Api::start().await;
    let client = staging(&api).await;
    client.stop_clock(STOPPED).await.ok();
    let (partition, at) = (format!("{}#DUE", client.account), "2030-02-10T00:00:00.000Z");
    // No customer is ever due.
    entry(&api, &partition, at, &client.account, "cus_stg_0000000000000001").await;
    for to in ["2030-03-01T00:00:00.000Z", "2030-04-01T00:00:00.000Z"] {
        let clock = client.advance_clock(to).await.ok();
        assert_eq!(stands(&clock), (at, "failed"));
        assert_eq!(clock.body["advancing_to"], to);
        let failure = clock.body["failure"].as_str().unwrap();
        assert!(failure.starts_with("cus_stg_0000000000000001: Something went wrong"), "{failure}");
        assert_eq!(client.test_clock().await.ok().body, clock.body);
    }
    client.release_clock().await.ok();
    let clock = client.test_clock().await.ok().body;
    assert_eq!((&clock["status"], &clock["failure"]), (&json!("ready"), &json!(null)));
}

#[tokio::test]
async fn an_entry_without_an_object_does_not_keep_a_clock_moving_for_ever() {
    let api = Api::start().await;
    let client = staging(&api).await;
    client.stop_clock(STOPPED).await.ok();
    let (partition, at) = (format!("{}#DUE", client.account), "2030-02-10T00:00:00.000Z");
    entry(&api, &partition, at, &client.account, "sub_stg_0000000000000001").await;
    let clock = client.advance_clock("2030-03-01T00:00:00Z").await.ok();
    assert_eq!(stands(&clock), (at, "failed"));
}

#[tokio::test]
async fn what_fails_is_told_each_minute_and_keeps_nothing_else_waiting() {
    let api = Api::start().await;
    let client = api.client().await;
    // More than a page, in one partition, before everything else.
    for index in 0..300 {
        let id = format!("cus_prod_{index:0>16}");
        entry(&api, "DUE#0", "2020-01-01T00:00:00.000Z", &client.account, &id).await;
    }
    entry(&api, "DUE#0", "2020-01-02T00:00:00.000Z", &client.account, "cus_prod_last000000000000")
        .await;
    entry(&api, "DUE#0", "2100-01-01T00:00:00.000Z", &client.account, "cus_prod_future0000000000")
        .await;
    api.sweep().await;
    // The report is the last line of a sweep.
    let report = |line: &Line| {
        let report: Value = serde_json::from_str(&line.text).ok()?;
        report["due"].is_u64().then_some(report)
    };
    let report = api.stack.logs().find(|lines| lines.iter().find_map(report)).await.unwrap();
    let said = api.stack.logs().of("workers-sweep");
    assert!(said.iter().any(|line| line.contains("cus_prod_last000000000000")), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("future")));
    assert_eq!(
        (&report["due"], &report["done"], &report["failed"]),
        (&json!(301), &json!(0), &json!(301))
    );
}
