//! Changes that wait: for an instant, or for their payment. Nobody owes them.

use serde_json::{Value, json};

use super::{HALF, Shop, id, item, shop};

impl Shop {
    /// A subscription of 10.00 whose upgrade to 20.00 waits for a payment that was declined.
    async fn waiting(&self, at: &str) -> (Value, Value, String) {
        let (sold, large) = (self.sold(1000).await, self.monthly(2000).await);
        self.pays_by("test_decline_soft").await;
        self.advance(at).await;
        let change = json!({"new_price_id": large, "pay_before_change": true});
        let waiting = self.client.change_plan(id(&sold), change).await.ok().body;
        (sold, waiting, large)
    }

    async fn state(&self, subscription: &Value) -> String {
        self.subscription(id(subscription)).await["state"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_upgrade_that_is_not_paid_does_not_happen_and_costs_nothing() {
    let shop = shop("test_success").await;
    let (sold, waiting, large) = shop.waiting(HALF).await;
    let pending = &waiting["pending_change"];
    assert_eq!(pending["waits_for_invoice_id"], waiting["latest_invoice_id"]);
    assert_eq!(pending["items"][0]["price_id"], large);
    assert_eq!((&pending["effective_at"], &waiting["state"]), (&json!(null), &json!("active")));
    shop.advance("2026-01-31T00:00:00Z").await;
    assert_eq!(shop.state(&sold).await, "active");
    // With the period it is over, and its invoice with it.
    shop.pays_by("test_success").await;
    shop.advance("2026-02-01T02:00:00Z").await;
    let after = shop.subscription(id(&sold)).await;
    assert_eq!(after["pending_change"], json!(null));
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 1000);
    let states: Vec<Value> =
        shop.invoices(id(&sold)).await.iter().map(|one| one["state"].clone()).collect();
    assert!(states == ["paid", "void", "paid"] || states == ["paid", "paid", "paid"], "{states:?}");
}

#[tokio::test]
async fn a_second_upgrade_replaces_the_first_and_one_is_charged() {
    let shop = shop("test_success").await;
    let (sold, first, large) = shop.waiting("2026-01-10T00:00:00Z").await;
    shop.advance("2026-01-11T00:00:00Z").await;
    let change = json!({"new_price_id": large, "pay_before_change": true});
    shop.client.change_plan(id(&sold), change).await.ok();
    let void = first["latest_invoice_id"].as_str().unwrap();
    assert_eq!(shop.client.get_invoice(void).await.ok().body["state"], "void");
    shop.pays_by("test_success").await;
    shop.advance("2026-01-16T00:00:00Z").await;
    // 21 of 31 days of 10.00 more.
    assert_eq!(shop.books().await, [1000 + 678, 0, 0]);
    let after = shop.subscription(id(&sold)).await;
    assert_eq!(after["items"][0]["price_id"], large);
}

#[tokio::test]
async fn what_is_changed_meanwhile_stays_changed() {
    let shop = shop("test_success").await;
    let (sold, waiting, large) = shop.waiting(HALF).await;
    let extra = shop.monthly(500).await;
    let added = json!({"proration_behavior": "create_prorations", "items": [
        {"action": "add", "price_id": extra, "quantity": 4}]});
    shop.client.change_items(id(&sold), added).await.ok();
    let invoice = waiting["latest_invoice_id"].as_str().unwrap();
    shop.client.pay_invoice(invoice, json!({"paid_out_of_band": true})).await.ok();
    let items = shop.subscription(id(&sold)).await["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 2);
    assert_eq!((&items[0]["price_id"], &items[1]["quantity"]), (&json!(large), &json!(4)));
}

#[tokio::test]
async fn another_change_of_the_same_item_replaces_the_one_that_waits() {
    let shop = shop("test_success").await;
    let (sold, waiting, _) = shop.waiting(HALF).await;
    let changed = shop.update(&sold, "create_prorations", json!({"quantity": 5})).await;
    assert_eq!(changed["voided_invoice_ids"], json!([waiting["latest_invoice_id"]]));
    let after = shop.subscription(id(&sold)).await;
    assert_eq!(
        (&after["items"][0]["quantity"], &after["pending_change"]),
        (&json!(5), &json!(null))
    );
    // The credit of the void invoice is not lost: 5 × 5.00 − 5.00 wait.
    shop.pays_by("test_success").await;
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 5000 + 2500 - 500);
}

#[tokio::test]
async fn a_scheduled_change_is_shown_taken_back_and_is_of_its_item_alone() {
    let shop = shop("test_success").await;
    let (sold, large, extra) =
        (shop.sold(1000).await, shop.monthly(2000).await, shop.monthly(500).await);
    let change = json!({"new_price_id": large, "effective_at": "2026-02-01T00:00:00Z"});
    let later = shop.client.change_plan(id(&sold), change.clone()).await.ok().body;
    assert_eq!(later["pending_change"]["effective_at"], "2026-02-01T00:00:00.000Z");
    assert_eq!(later["pending_change"]["items"][0]["price_id"], large);
    let back = shop.client.remove_pending_change(id(&sold)).await.ok().body;
    assert_eq!(back["pending_change"], json!(null));
    shop.client.remove_pending_change(id(&sold)).await.refused(422);
    shop.client.change_plan(id(&sold), change).await.ok();
    let added = json!({"proration_behavior": "always_invoice", "items": [
        {"action": "add", "price_id": extra}]});
    shop.client.change_items(id(&sold), added).await.ok();
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 2500);
}

#[tokio::test]
async fn an_instant_in_the_past_is_refused_and_a_minute_of_it_is_now() {
    let shop = shop("test_success").await;
    let (sold, large) = (shop.sold(1000).await, shop.monthly(2000).await);
    shop.advance(HALF).await;
    let plan = |at: &str| json!({"new_price_id": large, "effective_at": at});
    for at in ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-16T11:58:59.999Z"] {
        let refused = shop.client.change_plan(id(&sold), plan(at)).await.refused(422);
        assert_eq!(refused.faults(), ["/effective_at out_of_range"], "{at}");
    }
    let after = shop.subscription(id(&sold)).await;
    assert_eq!(after["items"], sold["items"]);
    assert_eq!(
        (after["version"].clone(), shop.books().await),
        (sold["version"].clone(), [1000, 0, 0])
    );
    let changed = shop.client.change_plan(id(&sold), plan("2026-01-16T11:59:00Z")).await.ok().body;
    assert_eq!(changed["items"][0]["price_id"], large);
    assert_eq!(shop.books().await, [1500, 0, 0]);
    // The account's time is what counts, not the world's.
    let request =
        json!({"subscription_id": sold["id"], "changes": {"effective_at": "2026-01-16T00:00:00Z"}});
    let refused = shop.client.create_change_request(request).await.refused(422);
    assert_eq!(refused.faults(), ["/changes/effective_at out_of_range"]);
}

#[tokio::test]
async fn a_scheduled_upgrade_that_is_declined_leaves_what_is_paid() {
    let shop = shop("test_success").await;
    let (sold, large) = (shop.sold(1000).await, shop.monthly(2000).await);
    let change = json!({"new_price_id": large, "effective_at": HALF});
    shop.client.change_plan(id(&sold), change).await.ok();
    shop.pays_by("test_decline_soft").await;
    shop.advance("2026-01-31T00:00:00Z").await;
    let after = shop.subscription(id(&sold)).await;
    assert_eq!(after["state"], "active");
    assert_eq!(after["items"][0]["price_id"], sold["items"][0]["price_id"]);
}

#[tokio::test]
async fn an_immediate_upgrade_that_is_declined_is_owed_unless_it_was_to_wait() {
    for (waits, state) in [(false, "past_due"), (true, "active")] {
        let shop = shop("test_success").await;
        let (sold, large) = (shop.sold(1000).await, shop.monthly(2000).await);
        shop.pays_by("test_decline_soft").await;
        let change = json!({
            "proration_behavior": "always_invoice", "pay_before_change": waits,
            "items": [{"action": "update", "price_id": large,
                "subscription_item_id": item(&sold, 0)}],
        });
        let changed = shop.client.change_items(id(&sold), change).await.ok().body;
        assert_eq!(changed["payment_status"], "failed");
        let after = shop.subscription(id(&sold)).await;
        let price = if waits { &sold["items"][0]["price_id"] } else { &json!(large) };
        assert_eq!((&after["state"], &after["items"][0]["price_id"]), (&json!(state), price));
    }
}

#[tokio::test]
async fn a_plan_that_cannot_be_taken_is_refused_at_the_field_that_was_sent() {
    let shop = shop("test_success").await;
    let sold = shop.sold(1000).await;
    let euros = shop
        .price(json!({"unit_amount_atom": 1000, "currency": "eur", "billing_interval": "month"}))
        .await;
    let weekly = json!({"unit_amount_atom": 1000, "billing_interval": "week"});
    let weekly = shop.price(weekly).await;
    let huge = shop.monthly(9_000_000_000_000_000_000).await;
    let many = json!({"quantity": 2});
    shop.update(&sold, "none", many).await;
    for price in [euros.as_str(), weekly.as_str(), huge.as_str(), "price_stg_0000000000000000"] {
        let plan = json!({"new_price_id": price});
        let refused = shop.client.change_plan(id(&sold), plan).await.refused(422);
        for fault in refused.faults() {
            assert!(fault.starts_with("/new_price_id "), "{price}: {}", refused.body);
        }
    }
}
