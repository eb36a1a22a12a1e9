//! Periods as a client sees them: cut from the anchor, in the customer's calendar, each billed once.

use serde_json::{Value, json};

use super::{Shop, each};
use crate::client::Api;

/// The starts of the periods that are billed of a subscription from `start` on, until the clock shows
/// `now`.
async fn starts(shop: &Shop, zone: &str, rest: Value) -> Vec<String> {
    let customer = shop.customer("test_success").await;
    let path = format!("/api/customers/{customer}");
    shop.client.patch(&path, json!({"timezone": zone})).await.ok();
    let id = shop.subscribe(&customer, rest).await.ok().id();
    // Drafts of what was missed are made at once.
    let now = shop.client.test_clock().await.ok().body["now"].as_str().unwrap().to_owned();
    shop.advance(&now).await;
    let invoices = shop.invoices(&id).await;
    let (starts, ends) = (each(&invoices, "period_start"), each(&invoices, "period_end"));
    assert_eq!(starts[1..], ends[..ends.len() - 1]);
    starts.into_iter().map(|start| start.replace(":00.000Z", "Z")).collect()
}

#[tokio::test]
async fn periods_are_cut_from_the_anchor_in_the_customers_calendar() {
    let api = Api::start().await;
    let shop = Shop::open(&api, "2026-06-01T00:00:00.000Z").await;
    let since = |start: &str| json!({"period_start": start});
    assert_eq!(
        starts(&shop, "UTC", since("2026-01-31T09:30:00Z")).await,
        [
            "2026-01-31T09:30Z",
            "2026-02-28T09:30Z",
            "2026-03-31T09:30Z",
            "2026-04-30T09:30Z",
            "2026-05-31T09:30Z",
        ]
    );
    assert_eq!(
        starts(&shop, "UTC", since("2026-02-28T09:30:00Z")).await,
        ["2026-02-28T09:30Z", "2026-03-28T09:30Z", "2026-04-28T09:30Z", "2026-05-28T09:30Z"]
    );
    // 08:30 in Berlin and 09:30 in New York, in winter as in summer.
    assert_eq!(
        starts(&shop, "Europe/Berlin", since("2026-01-31T07:30:00Z")).await,
        [
            "2026-01-31T07:30Z",
            "2026-02-28T07:30Z",
            "2026-03-31T06:30Z",
            "2026-04-30T06:30Z",
            "2026-05-31T06:30Z",
        ]
    );
    assert_eq!(
        starts(&shop, "America/New_York", since("2026-02-10T14:30:00Z")).await,
        ["2026-02-10T14:30Z", "2026-03-10T13:30Z", "2026-04-10T13:30Z", "2026-05-10T13:30Z"]
    );
    // 02:30 on 29 March does not exist in Berlin: clocks go from 02:00 to 03:00.
    assert_eq!(
        starts(&shop, "Europe/Berlin", since("2026-01-29T01:30:00Z")).await,
        [
            "2026-01-29T01:30Z",
            "2026-02-28T01:30Z",
            "2026-03-29T01:30Z",
            "2026-04-29T00:30Z",
            "2026-05-29T00:30Z",
        ]
    );
    // What was caught up is finalized and paid like everything else.
    shop.advance("2026-06-01T02:00:00.000Z").await;
    api.audit().await;
}

#[tokio::test]
async fn a_leap_day_comes_back_in_a_leap_year() {
    let api = Api::start().await;
    let shop = Shop::open(&api, "2028-03-01T00:00:00.000Z").await;
    let price = shop.priced(12_000, "year").await;
    let rest = json!({"period_start": "2024-02-29T12:00:00Z", "items": [{"price_id": price}]});
    assert_eq!(
        starts(&shop, "UTC", rest).await,
        [
            "2024-02-29T12:00Z",
            "2025-02-28T12:00Z",
            "2026-02-28T12:00Z",
            "2027-02-28T12:00Z",
            "2028-02-29T12:00Z",
        ]
    );
    shop.advance("2028-03-01T02:00:00.000Z").await;
    api.audit().await;
}

#[tokio::test]
async fn three_years_behind_are_caught_up_by_one_invoice_for_each_period() {
    let api = Api::start().await;
    let shop = Shop::open(&api, "2026-01-31T09:30:00.000Z").await;
    let customer = shop.customer("test_success").await;
    let rest = json!({"period_start": "2023-01-31T09:30:00Z"});
    let id = shop.subscribe(&customer, rest).await.ok().id();
    shop.advance("2026-01-31T11:00:00.000Z").await;
    let invoices = shop.invoices(&id).await;
    assert_eq!(invoices.len(), 37);
    let (starts, ends) = (each(&invoices, "period_start"), each(&invoices, "period_end"));
    assert_eq!((starts[0], ends[36]), ("2023-01-31T09:30:00.000Z", "2026-02-28T09:30:00.000Z"));
    assert_eq!(starts[1..], ends[..36]);
    assert_eq!(each(&invoices, "state"), ["paid"; 37]);
    let subscription = shop.read(&format!("/api/subscriptions/{id}")).await;
    assert_eq!(subscription["current_period_start"], "2026-01-31T09:30:00.000Z");
    api.audit().await;
}

#[tokio::test]
async fn time_that_was_paused_is_not_billed_and_nothing_else_is_left_out() {
    let api = Api::start().await;
    let shop = Shop::open(&api, super::OPENED).await;
    let customer = shop.customer("test_success").await;
    let id = shop.subscribe(&customer, json!({})).await.ok().id();
    let path = format!("/api/subscriptions/{id}");
    shop.advance("2026-02-10T00:00:00.000Z").await;
    shop.client.post(&format!("{path}/pause"), json!({})).await.ok();
    shop.advance("2026-05-10T00:00:00.000Z").await;
    shop.client.post(&format!("{path}/resume"), json!({})).await.ok();
    shop.advance("2026-07-10T00:00:00.000Z").await;
    let invoices = shop.invoices(&id).await;
    assert_eq!(
        each(&invoices, "period_start"),
        [
            "2026-01-31T09:30:00.000Z",
            "2026-04-30T09:30:00.000Z",
            "2026-05-31T09:30:00.000Z",
            "2026-06-30T09:30:00.000Z",
        ]
    );
    assert!(invoices[1]["total_amount_atom"].as_i64().unwrap() < 1000);
    api.audit().await;
}
