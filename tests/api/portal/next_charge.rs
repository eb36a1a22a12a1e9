//! What the portal says of the next charge.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn the_next_charge_is_that_of_what_is_decided() {
    let (plain, february) = ("Next charge: $12.00 on 28 February 2026", "2026-02-28T10:00:00Z");
    let to = async |buyer: &Buyer| json!({"new_price_id": buyer.shop.monthly(2000).await});
    let with = |mut body: Value, rest: Value| {
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body
    };
    // The plan changes at the end of the period, or before it.
    for (at, said) in [
        (february, "Next charge: $20.00 on 28 February 2026"),
        ("2026-02-14T10:00:00Z", "Next charge on 14 February 2026"),
    ] {
        let buyer = bought().await;
        says(&buyer.look("en").await.ok(), plain);
        let body = with(to(&buyer).await, json!({"effective_at": at}));
        buyer.shop.client.change_plan(&buyer.subscription, body).await.ok();
        says(&buyer.look("en").await.ok(), said);
    }
    // It is paused, or ends, and nothing is charged.
    let buyer = bought().await;
    let pause = json!({"behavior": "pause_at_end"});
    buyer.shop.client.pause_subscription(&buyer.subscription, pause).await.ok();
    assert!(!text(&buyer.look("en").await.ok()).contains("Next charge"));
    // A change request is applied then.
    let requested = async |changes: Value| {
        let buyer = bought().await;
        let item = buyer.subscribed().await["items"][0]["id"].clone();
        let price = buyer.shop.monthly(2000).await;
        let text = changes.to_string().replace("ITEM", item.as_str().unwrap());
        let changes: Value = serde_json::from_str(&text.replace("PRICE", &price)).unwrap();
        let body = json!({"subscription_id": buyer.subscription, "changes": changes});
        let request = buyer.shop.client.create_change_request(body).await.ok().id();
        buyer.shop.client.apply_change_request(&request).await.ok();
        buyer
    };
    let edit = json!([{"action": "update", "subscription_item_id": "ITEM", "price_id": "PRICE"}]);
    let half = "2026-02-14T10:00:00Z";
    let prorated = json!({"proration_behavior": "create_prorations", "items": edit});
    let buyer = requested(with(prorated.clone(), json!({"effective_at": "period_end"}))).await;
    says(&buyer.look("en").await.ok(), "Next charge: $20.00 on 28 February 2026");
    let buyer = requested(with(prorated, json!({"effective_at": half}))).await;
    says(&buyer.look("en").await.ok(), "Next charge: $24.00 on 28 February 2026");
    let at_once = json!({"proration_behavior": "always_invoice", "items": edit});
    let buyer = requested(with(at_once, json!({"effective_at": half}))).await;
    says(&buyer.look("en").await.ok(), "Next charge on 14 February 2026");
    let end = json!({"effective_at": "period_end", "cancellation": {"refund_option": "none"}});
    let buyer = requested(end).await;
    assert!(!text(&buyer.look("en").await.ok()).contains("Next charge"));
}

#[tokio::test]
async fn the_next_charge_comes_also_before_an_end_after_a_pause_and_at_the_beginning() {
    let buyer = bought().await;
    let (client, id) = (&buyer.shop.client, &buyer.subscription);
    let end = json!({"cancel_at": "2026-03-14T10:00:00Z"});
    client.schedule_cancellation(id, end).await.ok();
    let page = buyer.look("en").await.ok();
    says(&page, "Ends on 14 March 2026");
    says(&page, "Next charge: $12.00 on 28 February 2026");

    let buyer = bought().await;
    let pause = json!({"resumes_at": "2026-03-10T10:00:00Z"});
    buyer.shop.client.pause_subscription(&buyer.subscription, pause).await.ok();
    says(&buyer.look("en").await.ok(), "Next charge on 10 March 2026");

    let buyer = bought().await;
    let price = buyer.shop.monthly(3000).await;
    let later = json!({
        "customer_id": buyer.shop.customer, "items": [{"price_id": price}],
        "period_start": "2026-02-10T10:00:00Z",
    });
    buyer.shop.client.create_subscription(later).await.ok();
    says(&buyer.look("en").await.ok(), "Next charge: $30.00 on 10 February 2026");

    // What gives back more than it charges charges nothing.
    let buyer = bought().await;
    let item = buyer.subscribed().await["items"][0]["id"].clone();
    let price = buyer.shop.monthly(100).await;
    let cheaper = json!({
        "proration_behavior": "create_prorations",
        "items": [{"action": "update", "subscription_item_id": item, "price_id": price}],
    });
    buyer.shop.client.change_items(&buyer.subscription, cheaper).await.ok();
    says(&buyer.look("en").await.ok(), "Next charge: $0.00 on 28 February 2026");
}
