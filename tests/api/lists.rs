//! Lists: any page with an exact total, whatever has been compacted, by whomever, and however often it
//! died. What the protocol is and why it holds is proven in shared/src/store/list; here it runs on the
//! real functions and the real engine.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt, stream};
use local::{
    Outcome,
    wire::{Call, Fault},
};
use serde_json::{Value, json};

use crate::client::{Api, Client};

/// Makes customers, sixteen at a time; their ids, newest first.
async fn make(client: &Client, count: usize) -> Vec<String> {
    let make = |number: usize| async move {
        let body = json!({"email": format!("jane{number}@example.com")});
        client.create_customer(body).await.ok().id()
    };
    let mut ids: Vec<String> =
        stream::iter(0..count).map(make).buffer_unordered(16).collect().await;
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids
}

/// A page: its ids, the total and whether there are more.
async fn page(client: &Client, query: &str) -> (Vec<String>, usize, bool) {
    let answer = client.list_customers(&format!("?{query}")).await.ok();
    let ids = answer.items().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    let total = usize::try_from(answer.body["total"].as_u64().unwrap()).unwrap();
    (ids, total, answer.body["has_more"].as_bool().unwrap())
}

/// That every page of twenty at some offsets is the part of `ids` that it must be.
async fn is_paged(client: &Client, ids: &[String]) {
    for offset in
        [0, 1, 17, 511, 512, 513, ids.len() / 2, ids.len() - 20, ids.len() - 1, ids.len() + 9]
    {
        let expected: Vec<String> = ids.iter().skip(offset).take(20).cloned().collect();
        let more = offset + 20 < ids.len();
        let found = page(client, &format!("limit=20&offset={offset}")).await;
        assert_eq!(found, (expected, ids.len(), more), "at {offset}");
    }
}

/// The calls of one list request beside those for its token and its limit.
async fn calls(api: &Api, client: &Client, offset: usize) -> Vec<Call> {
    client.list_customers("?limit=1").await.ok();
    api.stack.wire().take();
    client.list_customers(&format!("?limit=20&offset={offset}")).await.ok();
    let ours = |call: &Call| {
        let partition = call.touches.first().map_or("", |touch| &touch.partition_key);
        call.function == "customers-list"
            && !partition.starts_with("RATE#")
            && !partition.starts_with("TOK#")
    };
    api.stack.wire().take().into_iter().filter(ours).collect()
}

async fn compacted(api: &Api) {
    let outcome = api.compact().await;
    assert!(matches!(outcome, Outcome::Answer(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_list_is_paged_exactly_before_and_after_it_is_compacted() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut ids = make(&client, 1_000).await;
    is_paged(&client, &ids).await;
    assert_eq!(calls(&api, &client, 900).await.len(), 2);

    compacted(&api).await;
    is_paged(&client, &ids).await;
    let calls = calls(&api, &client, 900).await;
    assert_eq!(calls.len(), 3, "{calls:#?}");

    // What is gone from the tree and what is new in the log.
    for id in [700, 512, 40, 0].map(|place| ids.remove(place)) {
        client.delete_customer(&id).await.ok();
    }
    let mut newer = make(&client, 30).await;
    newer.append(&mut ids);
    is_paged(&client, &newer).await;
    api.audit().await;

    // The auditor counts again, and so it sees a leaf that is gone.
    let items = api.dynamodb("Scan", json!({})).await;
    let begins = |item: &Value| item["ids"]["S"].as_str().unwrap_or_default().starts_with("cus_");
    let is_node = |item: &&Value| item["SK"]["S"] == "node" && begins(item);
    let node = items["Items"].as_array().unwrap().iter().find(is_node).unwrap();
    let key = json!({"Key": {"PK": node["PK"], "SK": node["SK"]}});
    api.dynamodb("DeleteItem", key).await;
    let (url, table) = (api.stack.dynamodb_url(), api.stack.table_name());
    let report = local::audit::audit(url, table, |_| {}).await.unwrap().to_string();
    assert!(report.contains("customers: node") && report.contains("is missing"), "{report}");
    // And a page that needs it is never made up.
    assert_eq!(client.list_customers("?limit=20&offset=1000").await.status, 500);
}

#[tokio::test]
async fn a_range_of_time_is_counted_exactly_wherever_its_ends_are() {
    let api = Api::start().await;
    let account = api.account("stg").await;
    let client = api.client_of(&account);
    let mut made: Vec<(String, String)> = Vec::new();
    // Set back in between, so that ids arrive in any order.
    for day in ["03", "01", "04", "02"] {
        let at = format!("2030-01-{day}T00:00:00.000Z");
        client.stop_clock(&at).await.ok();
        let ids = make(&client, 330).await;
        made.extend(ids.into_iter().map(|id| (id, at.clone())));
        compacted(&api).await;
        client.release_clock().await.ok();
    }
    made.sort_unstable_by(|one, other| other.cmp(one));
    let between = [("gte", "02"), ("gt", "02"), ("gte", "01"), ("gt", "04")];
    for (from, day) in between {
        for (to, until) in [("lt", "04"), ("lte", "04"), ("lt", "01"), ("lte", "03")] {
            let (start, end) =
                (format!("2030-01-{day}T00:00:00.000Z"), format!("2030-01-{until}T00:00:00.000Z"));
            let inside = |at: &String| {
                (if from == "gt" { *at > start } else { *at >= start })
                    && (if to == "lt" { *at < end } else { *at <= end })
            };
            let ids: Vec<&String> =
                made.iter().filter(|(_, at)| inside(at)).map(|(id, _)| id).collect();
            for offset in [0, 300, 329, 640] {
                let query = format!(
                    "limit=20&offset={offset}&created_at[{from}]={start}&created_at[{to}]={end}"
                );
                let expected = ids.iter().skip(offset).take(20).copied().cloned().collect();
                let more = offset + 20 < ids.len();
                assert_eq!(page(&client, &query).await, (expected, ids.len(), more), "{query}");
            }
        }
    }
    api.audit().await;
}

#[tokio::test]
async fn a_compaction_that_dies_anywhere_loses_and_doubles_nothing() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut ids = make(&client, 600).await;
    // Before the first call, and after each: which is before the next.
    let deaths = [(1, Fault::KillBefore)].into_iter();
    for (nth, fault) in deaths.chain([1, 2, 3, 4, 5, 9].map(|nth| (nth, Fault::KillAfter))) {
        let count = Mutex::new(0);
        let strike = fault.clone();
        api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
            let mut count = count.lock().unwrap();
            *count += usize::from(call.function == "workers-compact");
            let struck = call.function == "workers-compact" && *count == nth;
            if struck { strike.clone() } else { Fault::Pass }
        })));
        let outcome = api.compact().await;
        assert!(matches!(outcome, Outcome::Error(_)), "{nth} {fault:?}: {outcome:?}");
        api.stack.wire().set_fault(None);
        is_paged(&client, &ids).await;
        if nth > 1 {
            // Its batch may be out of the log by now: another is needed to go on.
            compacted(&api).await;
            is_paged(&client, &ids).await;
            let mut newer = make(&client, 520).await;
            newer.append(&mut ids);
            ids = newer;
        }
    }
    compacted(&api).await;
    is_paged(&client, &ids).await;
    api.audit().await;
}

#[tokio::test]
async fn thirty_two_writers_on_one_list_do_not_meet_and_every_count_is_right() {
    let api = Api::start().await;
    let client = api.client().await;
    // Every process meets a conflict with every other transaction.
    let seen: Mutex<HashMap<String, u32>> = Mutex::default();
    api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
        let create = call.function == "customers-create" && call.action == "TransactWriteItems";
        if !create {
            return Fault::Pass;
        }
        let mut seen = seen.lock().unwrap();
        let count = seen.entry(call.process.clone()).or_default();
        *count += 1;
        if *count % 2 == 1 { Fault::transaction_conflict(call.touches.len()) } else { Fault::Pass }
    })));
    let begun = Mutex::new(0_usize);
    let done: Mutex<BTreeSet<String>> = Mutex::default();
    let write = |writer: usize| {
        let (client, begun, done) = (client.clone(), &begun, &done);
        async move {
            for number in 0..40 {
                *begun.lock().unwrap() += 1;
                let body = json!({"email": format!("jane{writer}.{number}@example.com")});
                let id = client.create_customer(body).await.ok().id();
                done.lock().unwrap().insert(id);
            }
        }
    };
    let all_done = || done.lock().unwrap().len() == 32 * 40;
    let reading = async {
        let mut looks = 0;
        while !all_done() {
            let before: BTreeSet<String> = done.lock().unwrap().clone();
            let (ids, total, more) = page(&client, "limit=100").await;
            let most = *begun.lock().unwrap();
            assert!(
                (before.len()..=most).contains(&total),
                "{total} of {} to {most}",
                before.len()
            );
            assert_eq!((ids.len().min(100), more), (total.min(100), total > 100));
            let newest = before.iter().next_back();
            assert!(newest.is_none_or(|newest| ids.contains(newest) || ids.last() > Some(newest)));
            looks += 1;
        }
        looks
    };
    let compacting = async {
        while !all_done() {
            compacted(&api).await;
        }
    };
    let writing = stream::iter(0..32).map(write).buffer_unordered(32).count();
    let (_, looks, ()) = futures_util::future::join3(writing, reading, compacting).await;
    assert!(looks > 5, "{looks}");
    api.stack.wire().set_fault(None);
    let ids: Vec<String> = done.lock().unwrap().iter().rev().cloned().collect();
    is_paged(&client, &ids).await;
    api.audit().await;
}

#[tokio::test]
async fn a_list_that_is_too_busy_for_one_partition_gets_more() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut ids = make(&client, 40).await;
    let busy = format!("{}#L#customers#0", client.account);
    // Each process twice: once is no sign.
    let throttles: Mutex<HashMap<String, u32>> = Mutex::default();
    api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
        let throttled = |touch: &local::wire::Touch| {
            // A head is not an operation.
            let operation = touch.sort_key.as_deref().is_some_and(|sk| sk.contains('#'));
            if touch.partition_key == busy && operation { "ThrottlingError" } else { "None" }
        };
        let reasons: Vec<&str> = call.touches.iter().map(throttled).collect();
        if call.action != "TransactWriteItems" || !reasons.contains(&"ThrottlingError") {
            return Fault::Pass;
        }
        let mut throttles = throttles.lock().unwrap();
        let count = throttles.entry(call.process.clone()).or_default();
        *count += 1;
        if *count <= 2 { Fault::transaction_cancelled(&reasons) } else { Fault::Pass }
    })));
    api.stack.wire().take();
    let mut newer = make(&client, 120).await;
    newer.append(&mut ids);
    let partitions: BTreeSet<String> = (api.stack.wire().take().into_iter())
        .filter(|call| call.error.is_none())
        .flat_map(|call| call.touches)
        .map(|touch| touch.partition_key)
        .filter(|pk| pk.contains("#L#customers#"))
        .collect();
    assert!(partitions.len() >= 3, "{partitions:?}");
    api.stack.wire().set_fault(None);
    // Of one customer, operations in several partitions.
    for id in [150, 130, 60, 10].map(|place| newer.remove(place)) {
        client.delete_customer(&id).await.ok();
    }
    let expected: Vec<String> = newer.iter().take(100).cloned().collect();
    assert_eq!(page(&client, "limit=100").await, (expected, newer.len(), true));
    api.audit().await;
}
