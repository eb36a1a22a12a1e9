//! The least and the most that a period's usage costs: in previews, on drafts and on invoices.

use serde_json::{Value, json};

use crate::metered::{Metered, line, used};

fn bounded(least: i64, most: i64) -> Value {
    json!({
        "tiers_mode": "graduated", "minimum_amount_atom": least, "maximum_amount_atom": most,
        "tiers": [{"up_to": 100, "unit_amount_atom": 0}, {"unit_amount_atom": 5}],
    })
}

#[tokio::test]
async fn usage_costs_its_least_and_its_most_and_what_is_included_nothing() {
    let m = Metered::open().await;
    let price = m.price(bounded(200, 1000)).await;
    let subscription = m.subscribe(&[&price], json!({})).await;
    let path = format!("/api/subscriptions/{}/preview", subscription["id"].as_str().unwrap());
    let preview = async || {
        let edit = json!({"items": [{"action": "add", "price_id": m.shop.price}]});
        let answer = m.shop.client.post(&path, edit).await.ok().body;
        used(&json!({"items": answer["next_renewal_items"]}))
    };
    let first = "2026-01-31";
    // What is included is 100; 20 more would cost 100, and the least is 200.
    m.uses("2026-01-31T09:30:00Z", "120").await;
    assert_eq!(preview().await, [line("120", 200, first)]);
    m.advance("2026-02-28T09:31:00Z").await;
    m.advance("2026-02-28T10:31:00Z").await;
    let invoice = m.invoices(&subscription).await.remove(1);
    assert_eq!(used(&invoice), [line("120", 200, first)]);
    let why = "The least that is charged for this period";
    assert_eq!(invoice["items"][0]["description"], why);
    // 50 late: 170 cost 350, of which 200 are billed. Then a month above the most.
    m.uses("2026-02-28T09:00:00Z", "50").await;
    m.uses("2026-02-28T10:00:00Z", "5000").await;
    assert_eq!(preview().await[1], line("5000", 1000, "2026-02-28"));
    m.advance("2026-03-31T10:31:00Z").await;
    let invoice = m.invoices(&subscription).await.remove(2);
    assert_eq!(used(&invoice), [line("50", 150, first), line("5000", 1000, "2026-02-28")]);
    let why = "The most that is charged for this period";
    assert_eq!(invoice["items"][1]["description"], why);
    // What comes late above the most costs nothing more.
    m.uses("2026-03-31T09:00:00Z", "7").await;
    m.advance("2026-04-30T10:31:00Z").await;
    let invoice = m.invoices(&subscription).await.remove(3);
    assert_eq!(used(&invoice), [line("7", 0, "2026-02-28"), line("0", 200, "2026-03-31")]);
    m.api.audit().await;
}

/// A period that is measured in two parts costs its least once.
#[tokio::test]
async fn a_part_of_a_period_has_its_part_of_the_least_and_the_most() {
    let m = Metered::open().await;
    let price = m.price(bounded(999, 2001)).await;
    let subscription = m.subscribe(&[&m.shop.price, &price], json!({})).await;
    let path = format!("/api/subscriptions/{}", subscription["id"].as_str().unwrap());
    m.advance("2026-02-07T09:30:00Z").await;
    m.shop.client.post(&format!("{path}/pause"), json!({})).await.ok();
    m.shop.client.post(&format!("{path}/resume"), json!({})).await.ok();
    m.advance("2026-02-07T09:31:00Z").await;
    m.uses("2026-02-07T09:31:00Z", "1000000").await;
    m.advance("2026-02-28T10:31:00Z").await;
    let invoice = m.invoices(&subscription).await.remove(1);
    // A quarter of four weeks has 249.75 of the least; both are priced as one, and cost the most once.
    let lines = [line("0", 250, "2026-01-31"), line("1000000", 1751, "2026-02-07")];
    assert_eq!(used(&invoice), lines);
    m.api.audit().await;
}

#[tokio::test]
async fn a_least_and_a_most_belong_to_usage_and_to_each_other() {
    let m = Metered::open().await;
    let product = m.shop.client.create_product(json!({"name": "Traffic"})).await.ok().id();
    let mut body = json!({
        "product_id": product, "currency": "usd", "billing_interval": "month",
        "unit_amount_atom": 5, "minimum_amount_atom": 2, "maximum_amount_atom": 1,
    });
    let refused = m.shop.client.create_price(body.clone()).await.refused(422);
    assert_eq!(
        refused.faults(),
        ["/minimum_amount_atom not_allowed", "/maximum_amount_atom not_allowed"]
    );
    body["usage_type"] = "metered".into();
    body["meter_id"] = m.meter.as_str().into();
    let refused = m.shop.client.create_price(body).await.refused(422);
    assert_eq!(refused.faults(), ["/maximum_amount_atom out_of_range"]);
}
