//! What a subscription does not bill: its trial, its pauses, and what comes after its end.

use serde_json::{Value, json};

use crate::billing::{Shop, fields};

#[tokio::test]
async fn a_trial_costs_nothing_is_announced_and_then_billed() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let created = shop.subscribe(&price, json!({"trial_period_days": 14})).await.ok();
    assert_eq!(created.body["state"], "trialing");
    assert_eq!(created.body["trial_end"], "2026-02-14T10:00:00.000Z");
    let first = shop.invoices(&created.id()).await;
    assert_eq!(
        fields(&first, &["total_amount_atom", "state", "number"]),
        [json!([0, "paid", "INV-0001"])]
    );
    shop.advance("2026-02-14T12:00:00Z").await;
    let after = shop.subscription(&created.id()).await;
    assert_eq!(after["state"], "active");
    assert_eq!(after["current_period_end"], "2026-03-14T10:00:00.000Z");
    let invoices = shop.invoices(&created.id()).await;
    assert_eq!(
        fields(&invoices[1..], &["total_amount_atom", "state", "period_start"]),
        [json!([1000, "paid", "2026-02-14T10:00:00.000Z"])]
    );
    let events = shop.events(&created.id()).await;
    let announced = events.iter().filter(|name| name.ends_with("trial_will_end")).count();
    assert_eq!(announced, 1, "{events:?}");
}

#[tokio::test]
async fn a_trial_can_be_moved_while_it_lasts_and_not_after() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let created = shop.subscribe(&price, json!({"trial_period_days": 14})).await.ok();
    let moved = json!({"trial_end": "2026-02-05T10:00:00Z"});
    let moved = shop.client.update_subscription(&created.id(), moved).await.ok();
    assert_eq!(moved.body["billing_anchor"], "2026-02-05T10:00:00.000Z");
    let both = json!({"trial_end": "2026-02-06T10:00:00Z", "trial_period_days": 3});
    let refused = shop.client.update_subscription(&created.id(), both).await.refused(422);
    assert_eq!(refused.faults(), ["/trial_end not_combinable"]);
    shop.advance("2026-02-05T12:00:00Z").await;
    assert_eq!(shop.subscription(&created.id()).await["state"], "active");
    let late = json!({"trial_end": "2026-03-05T10:00:00Z"});
    shop.client.update_subscription(&created.id(), late).await.refused(422);
}

#[tokio::test]
async fn a_paused_subscription_bills_nothing_and_resumes_by_itself() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_success").await;
    let price = shop.monthly(3100).await;
    let created = shop.subscribe(&price, json!({})).await.ok();
    let id = created.id();
    let request = json!({"behavior": "pause_at_end", "pause_for_cycles": 2});
    let scheduled = shop.client.pause_subscription(&id, request).await.ok();
    assert_eq!(scheduled.body["state"], "active");
    assert_eq!(scheduled.body["pause"]["resumes_at"], "2026-04-01T00:00:00.000Z");
    shop.advance("2026-03-15T00:00:00Z").await;
    assert_eq!(shop.subscription(&id).await["state"], "paused");
    assert_eq!(shop.invoices(&id).await.len(), 1);
    shop.advance("2026-04-01T00:00:00Z").await;
    assert_eq!(shop.subscription(&id).await["state"], "active");
    let invoices = shop.invoices(&id).await;
    assert_eq!(
        fields(&invoices[1..], &["total_amount_atom", "period_start", "state"]),
        [json!([3100, "2026-04-01T00:00:00.000Z", "paid"])]
    );
    // By hand, now, and back in the middle of a later period: ten of thirty-one days are billed.
    shop.client.pause_subscription(&id, json!({})).await.ok();
    shop.client.pause_subscription(&id, json!({})).await.refused(422);
    shop.advance("2026-05-22T00:00:00Z").await;
    let resumed = shop.client.resume_subscription(&id).await.ok();
    assert_eq!(resumed.body["state"], "active");
    assert_eq!(resumed.body["pause"], Value::Null);
    let invoices = shop.invoices(&id).await;
    assert_eq!(
        fields(&invoices[2..], &["total_amount_atom", "period_start"]),
        [json!([1000, "2026-05-01T00:00:00.000Z"])]
    );
    let events = shop.events(&id).await;
    let of = |name: &str| events.iter().filter(|event| event.ends_with(name)).count();
    assert_eq!((of(".paused"), of(".resumed")), (2, 2), "{events:?}");
}

#[tokio::test]
async fn a_pause_that_was_billed_before_is_not_billed_again() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_success").await;
    let price = shop.monthly(3100).await;
    let id = shop.subscribe(&price, json!({})).await.ok().id();
    shop.client.pause_subscription(&id, json!({})).await.ok();
    shop.advance("2026-01-20T00:00:00Z").await;
    shop.client.resume_subscription(&id).await.ok();
    assert_eq!(shop.invoices(&id).await.len(), 1);
    let pause = json!({"behavior": "pause_at_end"});
    shop.client.pause_subscription(&id, pause).await.ok();
    shop.client.remove_scheduled_pause(&id).await.ok();
    shop.client.remove_scheduled_pause(&id).await.refused(422);
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.subscription(&id).await["state"], "active");
    assert_eq!(shop.invoices(&id).await.len(), 2);
}

#[tokio::test]
async fn a_cancellation_gives_back_what_its_option_says() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_success").await;
    let price = shop.monthly(3100).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(shop.subscribe(&price, json!({})).await.ok().id());
    }
    shop.advance("2026-01-22T00:00:00Z").await;
    for (id, option) in ids.iter().zip(["none", "prorated", "full"]) {
        let request = json!({"refund_option": option, "reason": "moved"});
        let cancelled = shop.client.cancel_subscription(id, request).await.ok();
        assert_eq!(cancelled.body["state"], "cancelled");
        assert_eq!(cancelled.body["cancelled_at"], "2026-01-22T00:00:00.000Z");
        shop.client.cancel_subscription(id, json!({})).await.refused(422);
    }
    let refunds = shop.client.get("/api/payments/refunds").await.ok();
    assert_eq!(
        fields(refunds.items(), &["amount_atom", "state"]),
        [json!([3100, "succeeded"]), json!([1000, "succeeded"])]
    );
    shop.advance("2026-03-22T00:00:00Z").await;
    for id in &ids {
        assert_eq!(shop.invoices(id).await.len(), 1);
    }
}

#[tokio::test]
async fn a_cancellation_can_void_what_is_not_paid() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "").await;
    let price = shop.monthly(3100).await;
    let sent = json!({"collection_method": "send_invoice", "net_d": 60});
    let id = shop.subscribe(&price, sent).await.ok().id();
    shop.advance("2026-02-01T00:30:00Z").await;
    assert_eq!(
        fields(&shop.invoices(&id).await, &["state", "due_date"]),
        [json!(["open", "2026-03-02T00:00:00.000Z"]), json!(["draft", null])]
    );
    let request = json!({"refund_option": "cancel_unpaid"});
    shop.client.cancel_subscription(&id, request).await.ok();
    assert_eq!(fields(&shop.invoices(&id).await, &["state"]), [json!(["void"])]);
}

#[tokio::test]
async fn a_scheduled_cancellation_ends_at_the_period_s_end_unless_it_is_taken_back() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let id = shop.subscribe(&price, json!({})).await.ok().id();
    let scheduled = shop.client.schedule_cancellation(&id, json!({})).await.ok();
    assert_eq!(scheduled.body["cancel_at_period_end"], true);
    let back = json!({"cancel_at_period_end": false});
    shop.client.schedule_cancellation(&id, back).await.ok();
    shop.advance("2026-03-01T00:00:00Z").await;
    assert_eq!(shop.subscription(&id).await["state"], "active");
    shop.client.schedule_cancellation(&id, json!({"cancel_at": "2026-03-10T00:00:00Z"})).await.ok();
    shop.advance("2026-05-01T00:00:00Z").await;
    let ended = shop.subscription(&id).await;
    assert_eq!(
        (&ended["state"], &ended["cancelled_at"]),
        (&json!("cancelled"), &json!("2026-03-10T00:00:00.000Z"))
    );
    assert_eq!(shop.invoices(&id).await.len(), 2);
}

#[tokio::test]
async fn a_contract_that_does_not_renew_ends_with_its_last_period() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let terms = json!({"contract_length": 3, "auto_renew": false});
    let created = shop.subscribe(&price, terms).await.ok();
    assert_eq!(created.body["cancel_at"], "2026-04-30T10:00:00.000Z");
    shop.advance("2026-08-01T00:00:00Z").await;
    assert_eq!(shop.subscription(&created.id()).await["state"], "cancelled");
    assert_eq!(shop.invoices(&created.id()).await.len(), 3);
}
