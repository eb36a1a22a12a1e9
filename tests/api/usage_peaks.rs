//! Meters of which one event counts: the largest, or the last. True at once, with corrections, with many
//! writers, and where a process dies. Each test ends with an audit, which finds the event anew.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use local::wire::{Call, Fault};
use serde_json::{Value, json};

use crate::metered::{Metered, line, used};

/// A shop, a meter of one event, and a customer.
struct Peaks {
    m: Metered,
    meter: String,
}

impl Peaks {
    async fn open(formula: &str) -> Self {
        let m = Metered::open().await;
        let meter = json!({
            "display_name": "Seats", "event_name": "seats", "aggregation_formula": formula,
        });
        let meter = m.shop.client.create_meter(meter).await.ok().id();
        m.advance("2026-02-03T12:00:00Z").await;
        Self { m, meter }
    }

    fn event(&self, identifier: &str, at: &str, value: &str) -> Value {
        json!({
            "event_name": "seats", "identifier": identifier, "timestamp": at,
            "payload": {"customer_id": self.m.customer, "value": value},
        })
    }

    async fn sends(&self, events: &[(&str, &str, &str)]) {
        let events: Vec<Value> =
            events.iter().map(|(name, at, value)| self.event(name, at, value)).collect();
        let answer = self.m.shop.client.record_usage(json!({"events": events})).await.ok().body;
        let all = answer["results"].as_array().unwrap().iter();
        assert!(all.clone().all(|one| one["status"] == "accepted"), "{answer}");
    }

    async fn voids(&self, identifier: &str) {
        let body = json!({"event_name": "seats", "identifier": identifier});
        self.m.shop.client.void_usage(body).await.ok();
    }

    async fn amends(&self, identifier: &str, rest: Value) {
        let mut body = json!({"event_name": "seats", "identifier": identifier});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.m.shop.client.amend_usage(body).await.ok();
    }

    /// The value, and how many events there are.
    async fn now(&self) -> (String, u64) {
        let query = format!("?meter_id={}&from=2026-01-31T00:00:00Z", self.meter);
        let usage = self.m.shop.client.get_usage(&self.m.customer, &query).await.ok().body;
        (usage["value"].as_str().unwrap().to_owned(), usage["events"].as_u64().unwrap())
    }

    async fn is(&self, value: &str, events: u64) {
        assert_eq!(self.now().await, (value.to_owned(), events));
        self.m.api.audit().await;
    }
}

#[tokio::test]
async fn of_the_largest_the_next_one_counts_when_it_goes() {
    let p = Peaks::open("max").await;
    p.is("0", 0).await;
    let (one, two) = ("2026-02-01T10:00:00Z", "2026-02-02T10:59:59.999Z");
    p.sends(&[("a", one, "3"), ("b", one, "9.5"), ("c", two, "7"), ("d", one, "9.5")]).await;
    p.is("9.5", 4).await;
    p.voids("b").await;
    p.is("9.5", 3).await;
    p.voids("d").await;
    p.is("7", 2).await;
    // A smaller one goes, and a larger one comes into an hour that was corrected.
    p.sends(&[("e", one, "2")]).await;
    p.voids("e").await;
    p.sends(&[("f", one, "8")]).await;
    p.is("8", 3).await;
    p.amends("f", json!({"value": "6"})).await;
    p.is("7", 3).await;
    p.amends("a", json!({"value": "11.000000000001"})).await;
    p.is("11.000000000001", 3).await;
    p.amends("a", json!({"timestamp": two})).await;
    p.is("11.000000000001", 3).await;
    for (gone, value, left) in [("a", "7", 2), ("c", "6", 1), ("f", "0", 0)] {
        p.voids(gone).await;
        p.is(value, left).await;
    }
}

#[tokio::test]
async fn the_last_is_the_last_that_happened_and_not_the_last_that_came() {
    let p = Peaks::open("last").await;
    p.sends(&[("late", "2026-02-02T10:30:00Z", "4"), ("early", "2026-02-01T23:00:00Z", "90")])
        .await;
    p.is("4", 2).await;
    p.sends(&[("before", "2026-02-02T10:29:59.999Z", "1000000000000000")]).await;
    p.is("4", 3).await;
    p.sends(&[("same", "2026-02-02T10:30:00Z", "5"), ("less", "2026-02-02T10:30:00Z", "0")]).await;
    p.is("5", 5).await;
    p.voids("same").await;
    p.is("4", 4).await;
    p.amends("late", json!({"timestamp": "2026-02-02T10:00:00Z"})).await;
    p.is("0", 4).await;
    p.voids("less").await;
    p.is("1000000000000000", 3).await;
    p.amends("early", json!({"timestamp": "2026-02-03T00:00:00Z"})).await;
    p.is("90", 3).await;
}

#[tokio::test]
async fn a_period_bills_its_own_largest() {
    let p = Peaks::open("max").await;
    let price = p.m.price(json!({"meter_id": p.meter, "unit_amount_atom": 100})).await;
    p.m.advance("2026-02-03T12:05:00Z").await;
    let subscription = p.m.subscribe(&[&price], json!({})).await;
    // The period begins and ends within an hour: what is before it and after it is not in it.
    p.m.advance("2026-02-03T12:20:00Z").await;
    p.sends(&[
        ("before", "2026-02-03T12:04:59.999Z", "50"),
        ("first", "2026-02-03T12:05:00Z", "3"),
        ("more", "2026-02-03T12:10:00Z", "4"),
    ])
    .await;
    p.m.advance("2026-03-03T12:10:00Z").await;
    p.sends(&[("after", "2026-03-03T12:05:00Z", "20")]).await;
    p.m.advance("2026-03-03T13:10:00Z").await;
    let invoice = p.m.invoices(&subscription).await.remove(1);
    assert_eq!(used(&invoice), [line("4", 400, "2026-02-03")]);
    // A correction below what was billed is proposed, one above it billed by the next invoice.
    let body = json!({"event_name": "seats", "identifier": "more", "value": 1});
    let less = p.m.shop.client.amend_usage(body).await.ok().body;
    assert_eq!(less["proposed_credit_notes"][0]["amount_atom"], 100);
    p.amends("first", json!({"value": 6})).await;
    p.m.advance("2026-04-03T13:10:00Z").await;
    let invoice = p.m.invoices(&subscription).await.remove(2);
    assert_eq!(used(&invoice), [line("2", 200, "2026-02-03"), line("20", 2000, "2026-03-03")]);
    p.m.api.audit().await;
}

#[tokio::test]
async fn many_writers_of_one_customer_lose_no_largest() {
    let p = Peaks::open("max").await;
    let at = "2026-02-03T11:00:00Z";
    let senders = (0..160).map(|n| {
        // Up and down, so that the largest is raised again and again.
        let value = (n * 37 % 160).to_string();
        let event = p.event(&format!("e{n}"), at, &value);
        async { p.m.shop.client.record_usage(event).await.ok().body["results"][0].clone() }
    });
    let results: Vec<Value> = stream::iter(senders).buffer_unordered(16).collect().await;
    assert!(results.iter().all(|one| one["status"] == "accepted"), "{results:?}");
    p.is("159", 160).await;
    // The largest four go at once.
    let largest: Vec<String> =
        (0..160).filter(|n| n * 37 % 160 >= 156).map(|n| format!("e{n}")).collect();
    let void = |name: String| {
        let body = json!({"event_name": "seats", "identifier": name});
        let client = &p.m.shop.client;
        async move { while client.void_usage(body.clone()).await.status != 200 {} }
    };
    let voids: Vec<_> = largest.into_iter().map(void).collect();
    stream::iter(voids).buffer_unordered(4).collect::<Vec<_>>().await;
    p.is("155", 156).await;
}

/// Between the correction and the search for the next one the process dies: what is read is right, and the
/// same request ends it.
#[tokio::test]
async fn an_hour_that_nobody_settled_is_read_from_its_events() {
    let p = Peaks::open("max").await;
    let at = "2026-02-01T10:00:00Z";
    p.sends(&[("a", at, "3"), ("b", at, "9"), ("c", at, "5")]).await;
    let has = |call: &Call, kind: &str| call.keys().any(|key| key.contains(kind));
    let settles = move |call: &Call, _: u64| {
        let is = call.action == "TransactWriteItems" && has(call, "#MU#") && !has(call, "#MX#");
        if is { Fault::ResetBefore } else { Fault::Pass }
    };
    p.m.api.stack.wire().set_fault(Some(Arc::new(settles)));
    p.voids("b").await;
    p.m.api.stack.wire().set_fault(None);
    p.is("5", 2).await;
    // What is counted meanwhile is there too.
    p.sends(&[("d", at, "4"), ("e", at, "6")]).await;
    p.is("6", 4).await;
    p.voids("b").await;
    p.m.api.stack.wire().take();
    p.is("6", 4).await;
    let calls = p.m.api.stack.wire().take();
    let reads =
        |kind: &str| calls.iter().any(|call| call.function == "customers-usage" && has(call, kind));
    assert!(reads("#MU#") && !reads("#MX#"));
}
