//! "All" of many: what is done to all of something is done to those behind the first hundred too.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{Shop, id, shop};

impl Shop {
    /// How many invoices of the subscription there are.
    async fn bills_made(&self, subscription: &Value) -> i64 {
        let query = format!("?subscription_id={}&limit=1", id(subscription));
        self.client.list_invoices(&query).await.ok().body["total"].as_i64().unwrap()
    }
}

/// How many bills a long past has, of which 20 are settled with the answer to a cancellation.
const BILLS: i64 = 31;

/// A subscription of 1.00 a day whose first day is 30 days ago.
async fn long_ago(shop: &Shop, collection: &str) -> Value {
    let price = shop.price(json!({"unit_amount_atom": 100, "billing_interval": "day"})).await;
    let past = json!({"period_start": "2025-12-02T00:00:00Z", "collection_method": collection, "net_d": 30});
    shop.subscribe(&price, past).await.ok().body
}

#[tokio::test]
async fn a_cancellation_drops_all_drafts_of_a_long_past() {
    let shop = shop("test_success").await;
    let sold = long_ago(&shop, "charge_automatically").await;
    shop.arrive("2026-01-01T00:01:00Z").await;
    assert_eq!(shop.bills_made(&sold).await, BILLS);
    let ended = shop.cancel(&sold, "cancel_unpaid").await;
    assert_eq!(ended["state"], "cancelled");
    assert_eq!(shop.bills_made(&sold).await, BILLS - 20);
    shop.arrive("2026-01-03T00:00:00Z").await;
    assert_eq!(shop.bills_made(&sold).await, 1);
    assert_eq!(shop.books().await, [100, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_cancellation_writes_off_all_that_is_open_of_a_long_past() {
    let shop = shop("test_success").await;
    let sold = long_ago(&shop, "send_invoice").await;
    shop.arrive("2026-01-01T03:00:00Z").await;
    assert_eq!(shop.due(&sold).await, BILLS * 100);
    shop.cancel(&sold, "cancel_unpaid").await;
    assert_eq!(shop.due(&sold).await, (BILLS - 20) * 100);
    shop.arrive("2026-01-01T03:01:00Z").await;
    assert_eq!(shop.due(&sold).await, 0);
    shop.api.audit().await;
}

/// The bill of a period is a draft for an hour; in that hour changes are billed too, and are newer.
#[tokio::test]
async fn a_draft_is_found_behind_the_bills_of_changes() {
    for ends in [false, true] {
        let shop = shop("test_success").await;
        let price = shop.monthly(1000).await;
        let two = json!({"items": [{"price_id": price}, {"price_id": price}]});
        let sold = shop.subscribe(&price, two).await.ok().body;
        shop.advance("2026-02-01T00:10:00Z").await;
        for quantity in 2..8 {
            shop.update(&sold, "always_invoice", json!({"quantity": quantity})).await;
        }
        let bills = shop.invoices(id(&sold)).await;
        assert_eq!((bills.len(), &bills[1]["state"]), (8, &json!("draft")));
        if ends {
            shop.cancel(&sold, "none").await;
            assert_eq!(shop.bills_made(&sold).await, 7);
            continue;
        }
        let half = json!({"discount_type": "percentage", "percent_off": 50, "duration": "once"});
        let coupon = shop.client.create_coupon(half).await.ok().id();
        let coupon = json!({"coupon_id": coupon});
        shop.client.update_subscription(id(&sold), coupon).await.ok();
        let bills = shop.invoices(id(&sold)).await;
        // That of the item that was not changed: the other one was credited with the discount it had.
        assert_eq!(bills[1]["discount_amount_atom"], 500);
    }
}

#[tokio::test]
async fn of_many_payment_methods_the_oldest_is_tried_too() {
    let shop = shop("test_success").await;
    for index in 0..101 {
        let hard = json!({"token": "test_decline_hard", "make_default": index == 100});
        shop.client.add_payment_method(&shop.customer, hard).await.ok();
    }
    let sold = shop.sold(1000).await;
    assert_eq!(sold["state"], "active");
    assert_eq!(shop.books().await, [1000, 0, 0]);
}

#[tokio::test]
async fn what_was_declined_for_good_is_tried_for_no_other_invoice() {
    let shop = shop("test_success").await;
    let sold = shop.sold(1000).await;
    shop.pays_by("test_decline_hard").await;
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["attempt_count"], 1);
    let other = shop.sold(500).await;
    let bill = shop.newest(&other).await;
    assert_eq!(bill["last_payment_error"]["code"], "no_payment_method");
    assert_eq!(bill["attempt_count"], 0);
    // Whoever names it may still try it, and another pays both.
    let methods = shop.client.list_payment_methods(&shop.customer, "").await.ok();
    let named = json!({"payment_method_id": methods.items()[0]["id"]});
    let declined = shop.client.pay_invoice(id(&bill), named).await.refused(422);
    assert_eq!(declined.faults(), [" stolen_card"]);
    // The method says so, since the first time, and its event.
    let method = methods.items()[0].clone();
    assert_eq!(method["declined_code"], "stolen_card");
    assert_eq!(method["declined_at"], "2026-02-01T01:00:00.000Z");
    let shown = shop.client.list_payment_methods(&shop.customer, "").await.ok();
    assert_eq!(shown.items()[0], method);
    let of = format!("/api/events?object_id={}", id(&method));
    let events = shop.client.get(&of).await.ok();
    let told = events.items().iter().find(|one| one["type"] == "payment_method.updated").unwrap();
    let before = &told["data"]["previous_attributes"];
    assert_eq!((&before["declined_at"], &before["declined_code"]), (&json!(null), &json!(null)));
    assert!(before.get("declined_at").is_some(), "{before}");
    shop.client.add_payment_method(&shop.customer, json!({"token": "test_success"})).await.ok();
    shop.advance("2026-02-01T03:00:00Z").await;
    assert_eq!(shop.books().await, [2500, 0, 0]);
    assert_eq!(shop.due(&sold).await + shop.due(&other).await, 0);
    shop.api.audit().await;
}

#[tokio::test]
#[ignore = "it makes more than a hundred bills: run it by its name"]
async fn all_that_is_past_due_is_collected_when_there_is_a_way_to_pay() {
    let shop = shop("test_decline_soft").await;
    let (shop, all) = (&shop, 0..103);
    let bill = |_| async {
        let body = json!({"customer_id": shop.customer, "currency": "usd", "items": [
            {"name": "Work", "amount_atom": 10}]});
        let draft = shop.client.create_invoice(body).await.ok().id();
        shop.client.finalize_invoice(&draft).await.ok();
    };
    stream::iter(all).map(bill).buffer_unordered(4).collect::<Vec<()>>().await;
    let good = json!({"token": "test_success", "make_default": true});
    shop.client.add_payment_method(&shop.customer, good).await.ok();
    shop.arrive("2026-01-01T00:00:01Z").await;
    let query = format!("?customer_id={}&state=paid&limit=1", shop.customer);
    assert_eq!(shop.client.list_invoices(&query).await.ok().body["total"], 103);
}
