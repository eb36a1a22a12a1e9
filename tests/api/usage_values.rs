//! Meters that count different values: exact over any time, true at once, with corrections, with many
//! writers. Each test ends with an audit, which counts them anew.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::metered::{Metered, line, used};

/// A shop, a meter of different users, and a customer.
struct Users {
    m: Metered,
    meter: String,
}

impl Users {
    async fn open() -> Self {
        let m = Metered::open().await;
        let meter = json!({
            "display_name": "Users", "event_name": "seen", "aggregation_formula": "unique",
            "event_payload_value_key": "user",
        });
        let meter = m.shop.client.create_meter(meter).await.ok().id();
        m.advance("2026-02-03T12:00:00Z").await;
        Self { m, meter }
    }

    fn event(&self, identifier: &str, at: &str, user: &Value) -> Value {
        json!({
            "event_name": "seen", "identifier": identifier, "timestamp": at,
            "payload": {"customer_id": self.m.customer, "user": user},
        })
    }

    async fn sees(&self, events: &[(&str, &str, Value)]) {
        let events: Vec<Value> =
            events.iter().map(|(name, at, user)| self.event(name, at, user)).collect();
        let answer = self.m.shop.client.record_usage(json!({"events": events})).await.ok().body;
        let all = answer["results"].as_array().unwrap().iter();
        assert!(all.clone().all(|one| one["status"] == "accepted"), "{answer}");
    }

    async fn voids(&self, identifier: &str) {
        let body = json!({"event_name": "seen", "identifier": identifier});
        self.m.shop.client.void_usage(body).await.ok();
    }

    async fn amends(&self, identifier: &str, rest: Value) -> Value {
        let mut body = json!({"event_name": "seen", "identifier": identifier});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.m.shop.client.amend_usage(body).await.ok().body
    }

    /// How many users there were in this time, and how many events.
    async fn within(&self, from: &str, to: &str) -> (String, u64) {
        let query = format!("?meter_id={}&from={from}&to={to}", self.meter);
        let usage = self.m.shop.client.get_usage(&self.m.customer, &query).await.ok().body;
        (usage["value"].as_str().unwrap().to_owned(), usage["events"].as_u64().unwrap())
    }

    async fn are(&self, users: &str, events: u64) {
        let all = self.within("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z").await;
        assert_eq!(all, (users.to_owned(), events));
        self.m.api.audit().await;
    }
}

#[tokio::test]
async fn a_value_counts_once_in_any_time_and_again_in_the_next() {
    let u = Users::open().await;
    u.are("0", 0).await;
    let (january, february) = ("2026-01-31T23:10:00Z", "2026-02-01T00:10:00Z");
    u.sees(&[
        ("1", january, json!("ann")),
        ("2", january, json!("ben#1\u{e9}")),
        ("3", february, json!("ann")),
        ("4", february, json!("ann")),
        ("5", "2026-02-01T01:00:00Z", json!(7)),
        ("6", "2026-02-02T01:00:00Z", json!("7")),
        ("7", "2026-02-02T01:00:00Z", json!(true)),
    ])
    .await;
    u.are("4", 7).await;
    let of = async |from: &str, to: &str| u.within(from, to).await;
    let midnight = "2026-02-01T00:00:00Z";
    assert_eq!(of("2026-01-31T23:00:00Z", midnight).await, ("2".to_owned(), 2));
    assert_eq!(of(midnight, "2026-02-01T01:00:00Z").await, ("1".to_owned(), 2));
    assert_eq!(of(midnight, "2026-02-02T00:00:00Z").await, ("2".to_owned(), 3));
    assert_eq!(of("2026-01-31T23:00:00Z", "2026-02-01T01:00:00Z").await, ("2".to_owned(), 4));
    // Sent again, nothing is counted again.
    let again = u.event("1", january, &json!("another"));
    let again = u.m.shop.client.record_usage(again).await.ok().body;
    assert_eq!(again["results"][0]["status"], "duplicate");
    u.are("4", 7).await;
    // What cannot be such a value is told.
    for (user, fault) in
        [(json!(""), "/payload/user too_short"), (json!("x".repeat(201)), "/payload/user too_long")]
    {
        let answer = u.m.shop.client.record_usage(u.event("bad", february, &user)).await;
        assert_eq!(answer.refused(422).faults(), [fault]);
    }
}

#[tokio::test]
async fn corrections_are_true_at_once() {
    let u = Users::open().await;
    let (one, two) = ("2026-02-01T10:00:00Z", "2026-02-02T10:59:59.999Z");
    u.sees(&[("a", one, json!("ann")), ("b", two, json!("ann")), ("c", one, json!("ben"))]).await;
    u.are("2", 3).await;
    u.voids("a").await;
    u.are("2", 2).await;
    u.voids("b").await;
    u.voids("b").await;
    u.are("1", 1).await;
    let amended = u.amends("c", json!({"unique_value": "cleo"})).await;
    assert_eq!(
        (&amended["unique_value"], &amended["previous"][0]["unique_value"]),
        (&json!("cleo"), &json!("ben"))
    );
    u.are("1", 1).await;
    u.sees(&[("d", one, json!("ben"))]).await;
    u.are("2", 2).await;
    // Another hour, another value, and the value that there is already.
    u.amends("c", json!({"timestamp": two})).await;
    let day = u.within("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z").await;
    assert_eq!(day, ("1".to_owned(), 1));
    u.amends("d", json!({"unique_value": "cleo", "timestamp": two})).await;
    u.are("1", 2).await;
    let events = format!("?meter_id={}&customer_id={}", u.meter, u.m.customer);
    let events = u.m.shop.client.list_usage_events(&events).await.ok().body;
    assert_eq!(
        (&events["total"], &events["items"][0]["unique_value"]),
        (&json!(2), &json!("cleo"))
    );
    let wrong = json!({"event_name": "seen", "identifier": "d", "value": "2"});
    let refused = u.m.shop.client.amend_usage(wrong).await.refused(422);
    assert_eq!(refused.faults(), ["/value not_allowed"]);
}

#[tokio::test]
async fn a_period_bills_its_own_different_values() {
    let u = Users::open().await;
    let price = u.m.price(json!({"meter_id": u.meter, "unit_amount_atom": 100})).await;
    u.m.advance("2026-02-03T12:05:00Z").await;
    let subscription = u.m.subscribe(&[&price], json!({})).await;
    // The period begins and ends within an hour: who is seen on both sides of its ends counts on each.
    u.m.advance("2026-02-03T12:20:00Z").await;
    u.sees(&[
        ("before", "2026-02-03T12:04:59.999Z", json!("zoe")),
        ("first", "2026-02-03T12:05:00Z", json!("ann")),
        ("more", "2026-02-03T12:10:00Z", json!("ben")),
    ])
    .await;
    u.m.advance("2026-02-20T00:00:00Z").await;
    u.sees(&[("middle", "2026-02-19T12:00:00Z", json!("ann"))]).await;
    u.m.advance("2026-03-03T12:10:00Z").await;
    u.sees(&[
        ("last", "2026-03-03T12:04:59.999Z", json!("cleo")),
        ("after", "2026-03-03T12:05:00Z", json!("ann")),
    ])
    .await;
    u.m.advance("2026-03-03T13:10:00Z").await;
    let invoice = u.m.invoices(&subscription).await.remove(1);
    assert_eq!(used(&invoice), [line("3", 300, "2026-02-03")]);
    // One user less is proposed as credit; one who was seen twice, and once too often, is not.
    let less = u.amends("more", json!({"unique_value": "ann"})).await;
    assert_eq!(less["proposed_credit_notes"][0]["amount_atom"], 100);
    let body = json!({"event_name": "seen", "identifier": "middle"});
    let same = u.m.shop.client.void_usage(body).await.ok().body;
    assert_eq!(same["proposed_credit_notes"][0]["amount_atom"], 100);
    // One who is reported late is on the next invoice, if the period has not seen them.
    u.sees(&[
        ("late", "2026-02-25T12:00:00Z", json!("dan")),
        ("later", "2026-02-25T12:00:00Z", json!("eve")),
        ("latest", "2026-02-25T12:00:00Z", json!("cleo")),
    ])
    .await;
    u.m.advance("2026-04-03T13:10:00Z").await;
    let invoice = u.m.invoices(&subscription).await.remove(2);
    assert_eq!(used(&invoice), [line("1", 100, "2026-02-03"), line("1", 100, "2026-03-03")]);
    u.m.api.audit().await;
}

#[tokio::test]
async fn many_writers_of_the_same_values_lose_none() {
    let u = Users::open().await;
    let hour = |n: usize| format!("2026-02-01T{:02}:00:00Z", n % 5);
    let senders = (0..120).map(|n| {
        let event = u.event(&format!("e{n}"), &hour(n), &json!(format!("user {}", n * 7 % 30)));
        async { u.m.shop.client.record_usage(event).await.ok().body["results"][0].clone() }
    });
    let results: Vec<Value> = stream::iter(senders).buffer_unordered(12).collect().await;
    assert!(results.iter().all(|one| one["status"] == "accepted"), "{results:?}");
    u.are("30", 120).await;
    let second: BTreeSet<usize> = (0..120).filter(|n| n % 5 == 1).map(|n| n * 7 % 30).collect();
    let of_hour = u.within("2026-02-01T01:00:00Z", "2026-02-01T02:00:00Z").await;
    assert_eq!(of_hour, (second.len().to_string(), 24));
}

#[tokio::test]
async fn a_batch_of_a_hundred_values_is_counted_whole() {
    let u = Users::open().await;
    let at = "2026-02-01T10:00:00Z";
    let events: Vec<Value> =
        (0..100).map(|n| u.event(&format!("e{n}"), at, &json!(format!("user {n}")))).collect();
    let answer = u.m.shop.client.record_usage(json!({"events": events})).await.ok().body;
    let all = answer["results"].as_array().unwrap();
    assert!(all.len() == 100 && all.iter().all(|one| one["status"] == "accepted"), "{answer}");
    u.are("100", 100).await;
}
