//! Thresholds of meters: an event once a period, whoever counts, whatever is corrected, and also where the
//! process dies between the two.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use local::wire::{Call, Fault};
use serde_json::{Value, json};

use crate::metered::Metered;

const REACHED: &str = "customer.subscription.usage_threshold_reached";

/// A shop with a subscription to a meter that has thresholds.
struct Watched {
    m: Metered,
    subscription: Value,
}

impl Watched {
    async fn open(thresholds: Value) -> Self {
        let m = Metered::open().await;
        let patch = json!({"usage_thresholds": thresholds});
        m.shop.client.update_meter(&m.meter, patch).await.ok();
        let price = m.price(json!({"unit_amount_atom": 2})).await;
        let subscription = m.subscribe(&[&price], json!({})).await;
        m.advance("2026-02-10T00:00:00Z").await;
        Self { m, subscription }
    }

    /// What was told, the oldest first: the threshold, what was used, and since when.
    async fn told(&self) -> Vec<(String, String, String)> {
        let mut events = Vec::new();
        for offset in (0..).step_by(100) {
            let page = format!("?limit=100&offset={offset}");
            let page = self.m.shop.client.list_events(&page).await.ok();
            events.extend(page.items().to_vec());
            if page.body["has_more"] == false {
                break;
            }
        }
        events.retain(|event| event["type"] == REACHED);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let told = |event: &Value| {
            let object = &event["data"]["object"];
            assert_eq!(object["id"], self.subscription["id"]);
            let reached = &object["usage_threshold_reached"];
            assert_eq!(reached["subscription_item_id"], self.subscription["items"][0]["id"]);
            assert_eq!(reached["meter_id"], self.m.meter);
            let since: String = text(&reached["period_start"]).chars().take(10).collect();
            (text(&reached["threshold"]), text(&reached["value"]), since)
        };
        let mut told: Vec<_> = events.iter().map(told).collect();
        told.reverse();
        told
    }
}

fn told(threshold: &str, value: &str, since: &str) -> (String, String, String) {
    (threshold.to_owned(), value.to_owned(), since.to_owned())
}

/// Fails whatever writes a subscription while usage is counted.
fn dies_before_it_tells(call: &Call, _: u64) -> Fault {
    let of_one = call.keys().any(|key| key.contains("#sub_"));
    let is =
        call.function == "meter-events-create" && call.action == "TransactWriteItems" && of_one;
    if is { Fault::ResetBefore } else { Fault::Pass }
}

#[tokio::test]
async fn a_threshold_is_told_of_once_in_a_period() {
    let w = Watched::open(json!(["80", "100.5"])).await;
    let (january, february) = ("2026-01-31", "2026-02-28");
    w.m.uses("2026-02-09T10:00:00Z", "79.999999999999").await;
    assert_eq!(w.told().await, []);
    w.m.uses("2026-02-09T11:00:00Z", "0.000000000001").await;
    assert_eq!(w.told().await, [told("80", "80", january)]);
    w.m.uses("2026-02-09T12:00:00Z", "5").await;
    w.m.uses("2026-02-09T13:00:00Z", "15.5").await;
    let both = [told("80", "80", january), told("100.5", "100.5", january)];
    assert_eq!(w.told().await, both);
    // Down by a correction, and up again: nothing is taken back and nothing told twice.
    let void = json!({"event_name": "gb", "identifier": "2026-02-09T10:00:00Z/79.999999999999"});
    w.m.shop.client.void_usage(void).await.ok();
    w.m.uses("2026-02-09T14:00:00Z", "500").await;
    assert_eq!(w.told().await, both);
    let shown = w.m.shop.client.get_subscription(w.subscription["id"].as_str().unwrap()).await.ok();
    assert_eq!(shown.body["usage_threshold_reached"]["threshold"], "100.5");
    // The next period tells of its own: each threshold by itself, also where one event passes both; and by
    // an amendment.
    w.m.advance("2026-03-05T00:00:00Z").await;
    w.m.uses("2026-03-01T00:00:00Z", "10").await;
    assert_eq!(w.told().await, both);
    let amend = json!({"event_name": "gb", "identifier": "2026-03-01T00:00:00Z/10", "value": 200});
    w.m.shop.client.amend_usage(amend).await.ok();
    let next = [told("80", "200", february), told("100.5", "200", february)];
    assert_eq!(w.told().await, [both.as_slice(), next.as_slice()].concat());
    w.m.api.audit().await;
}

#[tokio::test]
async fn what_comes_late_is_told_of_in_its_own_period() {
    let w = Watched::open(json!(["80"])).await;
    w.m.uses("2026-02-09T10:00:00Z", "79").await;
    w.m.advance("2026-03-05T00:00:00Z").await;
    assert_eq!(w.told().await, []);
    w.m.uses("2026-02-20T10:00:00Z", "1").await;
    assert_eq!(w.told().await, [told("80", "80", "2026-01-31")]);
    // A threshold that is new is told of by what is used next.
    let patch = json!({"usage_thresholds": ["1", "80", "90"]});
    w.m.shop.client.update_meter(&w.m.meter, patch).await.ok();
    w.m.uses("2026-03-04T10:00:00Z", "2").await;
    let both = [told("80", "80", "2026-01-31"), told("1", "2", "2026-02-28")];
    assert_eq!(w.told().await, both);
    for (thresholds, fault) in [
        (json!(["2", "1"]), "/usage_thresholds/1 out_of_range"),
        (json!(["0"]), "/usage_thresholds/0 out_of_range"),
    ] {
        let patch = json!({"usage_thresholds": thresholds});
        let refused = w.m.shop.client.update_meter(&w.m.meter, patch).await.refused(422);
        assert_eq!(refused.faults(), [fault]);
    }
    w.m.api.audit().await;
}

#[tokio::test]
async fn many_who_count_at_once_tell_of_it_once() {
    let w = Watched::open(json!(["10", "40"])).await;
    let senders = (0..40).map(|n| {
        let event = json!({
            "event_name": "gb", "identifier": format!("e{n}"), "timestamp": "2026-02-09T10:00:00Z",
            "payload": {"customer_id": w.m.customer, "value": 1},
        });
        let client = &w.m.shop.client;
        // What met others is sent again, as a client does.
        async move { while client.record_usage(event.clone()).await.status != 200 {} }
    });
    stream::iter(senders).buffer_unordered(8).collect::<Vec<_>>().await;
    let thresholds: Vec<String> = w.told().await.into_iter().map(|one| one.0).collect();
    assert_eq!(thresholds, ["10", "40"]);
    w.m.api.audit().await;
}

#[tokio::test]
async fn who_died_before_telling_is_made_good_by_the_next_or_by_the_invoice() {
    let w = Watched::open(json!(["80"])).await;
    let event = |identifier: &str, at: &str| {
        json!({
            "event_name": "gb", "identifier": identifier, "timestamp": at,
            "payload": {"customer_id": w.m.customer, "value": 90},
        })
    };
    let dies = || w.m.api.stack.wire().set_fault(Some(Arc::new(dies_before_it_tells)));
    let heals = || w.m.api.stack.wire().set_fault(None);
    let first = event("first", "2026-02-09T10:00:00Z");
    dies();
    assert_ne!(w.m.shop.client.record_usage(first.clone()).await.status, 200);
    heals();
    assert_eq!(w.told().await, []);
    // It was counted. Sent again it is a duplicate, and is told of.
    let again = w.m.shop.client.record_usage(first).await.ok().body;
    assert_eq!(again["results"][0]["status"], "duplicate");
    assert_eq!(w.told().await, [told("80", "90", "2026-01-31")]);
    // In the next period nobody sends it again.
    w.m.advance("2026-03-05T00:00:00Z").await;
    dies();
    let lost = event("lost", "2026-03-01T10:00:00Z");
    assert_ne!(w.m.shop.client.record_usage(lost).await.status, 200);
    heals();
    assert_eq!(w.told().await.len(), 1);
    w.m.advance("2026-04-02T00:00:00Z").await;
    let both = [told("80", "90", "2026-01-31"), told("80", "90", "2026-02-28")];
    assert_eq!(w.told().await, both);
    w.m.api.audit().await;
}

#[tokio::test]
async fn a_meter_without_thresholds_costs_nothing_more() {
    let w = Watched::open(json!([])).await;
    w.m.api.stack.wire().take();
    w.m.uses("2026-02-09T10:00:00Z", "90").await;
    let calls = w.m.api.stack.wire().take();
    let of = calls.iter().filter(|call| call.function == "meter-events-create");
    assert!(of.clone().all(|call| call.action != "Query"), "a list was read");
    assert!(of.flat_map(Call::keys).all(|key| !key.contains("#sub_")), "a subscription was read");
    assert_eq!(w.told().await, []);
}
