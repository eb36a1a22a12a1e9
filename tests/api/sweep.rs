//! What happens by itself: in order, once, however late, however often it is triggered.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use local::{
    logs::Line,
    wire::{Call, Fault},
};
use serde_json::{Value, json};

use crate::{
    billing::Shop,
    client::{Api, Client},
};

/// A client with the secret token of a new staging account whose time stands still.
async fn stopped(api: &Api) -> Client {
    let account = api.account("stg").await;
    let client = api.client_of(&account);
    client.stop_clock("2030-01-31T00:00:00Z").await.ok();
    client
}

/// A subscription of a new customer to a price of 10 a month, whose invoices are sent.
async fn subscribe(client: &Client, more: Value) -> String {
    let product = client.post("/api/products", json!({"name": "Plan"})).await.ok().id();
    let price = json!({
        "product_id": product, "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": "month", "billing_interval_count": 1,
    });
    let price = client.post("/api/prices", price).await.ok().id();
    let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    let mut body = json!({
        "customer_id": customer, "collection_method": "send_invoice", "net_d": 180,
        "items": [{"price_id": price, "quantity": 1}],
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    client.post("/api/subscriptions", body).await.ok().id()
}

/// The invoices of a subscription, oldest first.
async fn invoices(client: &Client, subscription: &str) -> Vec<Value> {
    let path = format!("/api/invoices?subscription_id={subscription}&limit=100");
    let mut invoices = client.get(&path).await.ok().items().to_vec();
    invoices.reverse();
    invoices
}

fn each<'a>(invoices: &'a [Value], field: &str) -> Vec<&'a str> {
    invoices.iter().map(|invoice| invoice[field].as_str().unwrap_or_default()).collect()
}

/// The first instants of four months, from the last day of January.
const MONTHS: [&str; 4] = [
    "2030-01-31T00:00:00.000Z",
    "2030-02-28T00:00:00.000Z",
    "2030-03-31T00:00:00.000Z",
    "2030-04-30T00:00:00.000Z",
];

/// That there is exactly one invoice for each of four months, made and finalized in its time.
async fn billed_once_a_month(client: &Client, subscription: &str) {
    let invoices = invoices(client, subscription).await;
    assert_eq!(each(&invoices, "created_at"), MONTHS);
    assert_eq!(each(&invoices, "number"), ["INV-0001", "INV-0002", "INV-0003", "INV-0004"]);
    let finalized = each(&invoices, "finalized_at");
    assert_eq!(
        finalized[1..],
        MONTHS[1..].iter().map(|at| at.replace("T00", "T01")).collect::<Vec<_>>()
    );
    let path = format!("/api/subscriptions/{subscription}");
    let subscription = client.get(&path).await.ok().body;
    assert_eq!(subscription["current_period_start"], MONTHS[3], "{subscription}");
}

#[tokio::test]
async fn on_its_way_a_clock_bills_each_period_at_its_instant() {
    let api = Api::start().await;
    let client = stopped(&api).await;
    let subscription = subscribe(&client, json!({})).await;
    let clock = client.advance_clock("2030-04-30T12:00:00Z").await.ok();
    assert_eq!(
        (&clock.body["now"], &clock.body["status"]),
        (&json!("2030-04-30T12:00:00.000Z"), &json!("ready"))
    );
    billed_once_a_month(&client, &subscription).await;
}

#[tokio::test]
async fn a_way_in_two_parts_is_the_same_way() {
    let api = Api::start().await;
    let client = stopped(&api).await;
    let subscription = subscribe(&client, json!({})).await;
    for to in ["2030-02-28T00:30:00Z", "2030-03-15T00:00:00Z", "2030-04-30T12:00:00Z"] {
        client.advance_clock(to).await.ok();
    }
    billed_once_a_month(&client, &subscription).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_drivers_at_once_bill_each_period_once() {
    let api = Arc::new(Api::start().await);
    let client = stopped(&api).await;
    let subscription = subscribe(&client, json!({})).await;
    let mut tasks = Vec::new();
    for index in 0..8 {
        let (api, client) = (Arc::clone(&api), client.clone());
        tasks.push(tokio::spawn(async move {
            match index % 2 {
                0 => drop(client.advance_clock("2030-04-30T12:00:00Z").await.ok()),
                _ => api.sweep().await,
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(client.test_clock().await.ok().body["status"], "ready");
    billed_once_a_month(&client, &subscription).await;
}

#[tokio::test]
async fn a_driver_killed_at_any_call_bills_each_period_once() {
    let api = Api::start().await;
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for at in 1.. {
            let client = stopped(&api).await;
            let subscription = subscribe(&client, json!({})).await;
            let (count, fault) = (Arc::new(AtomicU64::new(0)), fault.clone());
            let counted = Arc::clone(&count);
            let hook = move |call: &Call, _: u64| {
                let counts = call.function == "test-clock-advance";
                let counts = counts && call.action == "TransactWriteItems";
                match counts && counted.fetch_add(1, Ordering::Relaxed) + 1 == at {
                    true => fault.clone(),
                    false => Fault::Pass,
                }
            };
            api.stack.wire().set_fault(Some(Arc::new(hook)));
            let answer = client.advance_clock("2030-04-30T12:00:00Z").await;
            api.stack.wire().set_fault(None);
            let killed = count.load(Ordering::Relaxed) >= at;
            assert_eq!(answer.status.is_server_error(), killed, "{}", answer.body);
            // Before its first transaction is through, nobody but the client knows of the way.
            if killed && client.test_clock().await.ok().body["status"] == "ready" {
                client.advance_clock("2030-04-30T12:00:00Z").await.ok();
            }
            api.sweep().await;
            billed_once_a_month(&client, &subscription).await;
            if !killed {
                assert!(at > 8, "only {at} transactions");
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_years_behind_is_caught_up_once_by_sweeps_at_once() {
    let api = Arc::new(Api::start().await);
    let client = api.client().await;
    let begin = "2023-01-31T00:00:00Z";
    let subscription = subscribe(&client, json!({"period_start": begin})).await;
    let sweeps: Vec<_> = (0..3)
        .map(|_| {
            let api = Arc::clone(&api);
            tokio::spawn(async move { api.sweep().await })
        })
        .collect();
    for sweep in sweeps {
        sweep.await.unwrap();
    }
    api.sweep().await;
    let path = format!("/api/subscriptions/{subscription}");
    let current = client.get(&path).await.ok().body;
    let invoices = invoices(&client, &subscription).await;
    let starts = each(&invoices, "period_start");
    assert!(starts.len() > 36, "{} invoices", starts.len());
    assert_eq!(
        starts[..3],
        ["2023-01-31T00:00:00.000Z", "2023-02-28T00:00:00.000Z", "2023-03-31T00:00:00.000Z"]
    );
    assert!(starts.windows(2).all(|pair| pair[0] < pair[1]), "{starts:?}");
    assert_eq!(*starts.last().unwrap(), current["current_period_start"]);
}

/// What a sweep has read of an attempt to pay that others settle meanwhile is read again.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_settled_while_a_sweep_looks_at_it_is_no_failure() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "test_timeout_after_charge").await;
    let (api, client) = (&shop.api, &shop.client);
    let body = json!({
        "customer_id": shop.customer, "currency": "usd", "collection_method": "charge_automatically",
        "items": [{"name": "Work", "amount_atom": 1000}],
    });
    let invoice = client.create_invoice(body).await.ok().id();
    client.finalize_invoice(&invoice).await.ok();
    client.release_clock().await.ok();
    let (mut is_reached, gate) = api.hold(("workers-sweep", "BatchGetItem"));
    let settled = async {
        is_reached.recv().await.unwrap();
        // It finds out that it was paid before.
        client.pay_invoice(&invoice, json!({})).await.refused(422);
        assert_eq!(client.get_invoice(&invoice).await.ok().body["state"], "paid");
        gate.open();
    };
    futures_util::future::join(api.sweep(), settled).await;
    let swept = |lines: &[Line]| {
        let mut lines = lines.iter().rev().filter(|line| line.function == "workers-sweep");
        lines.find_map(|line| {
            let said: Value = serde_json::from_str(&line.text).ok()?;
            Some((said["due"].as_u64()?, said["failed"].as_u64()?))
        })
    };
    assert_eq!(api.stack.logs().find(swept).await.unwrap(), (1, 0));
    api.audit().await;
}
