//! What an event costs, and what reading a million of them does.

use serde_json::{Value, json};

use super::*;

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
