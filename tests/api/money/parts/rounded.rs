//! Parts that are rounded come to the whole.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_price_in_fractions_of_a_cent_is_rounded_once() {
    let shop = shop("test_success").await;
    let sold = shop.sold(100).await;
    shop.advance(HALF).await;
    for (unit, quantity, half) in [("0.7", 5, 2), ("0.3", 5, 1), ("1.5", 1, 1), ("0.25", 30, 4)] {
        let price = json!({"unit_amount_decimal": unit, "billing_interval": "month"});
        let price = shop.price(price).await;
        let edit = json!({"action": "add", "price_id": price, "quantity": quantity});
        let path = format!("/api/subscriptions/{}/preview", id(&sold));
        let preview = shop.client.post(&path, json!({"items": [edit]})).await.ok().body;
        assert_eq!(preview["proration_amount_atom"], half, "{quantity} × {unit}");
        let change = json!({"proration_behavior": "always_invoice", "items": [edit]});
        let changed = shop.client.change_items(id(&sold), change).await.ok().body;
        assert_eq!(changed["proration_amount_atom"], half, "{quantity} × {unit}");
    }
    shop.api.audit().await;
}

#[tokio::test]
async fn a_fixed_discount_there_and_back_costs_nothing_at_any_second() {
    for at in ["2026-01-11T00:00:00Z", "2026-01-11T00:19:45Z", "2026-01-17T03:04:05Z"] {
        let shop = shop("test_success").await;
        let price = shop.monthly(999).await;
        let off = json!({"discount_type": "fixed_amount", "amount_off_atom": 1000,
            "currency": "usd", "duration": "forever"});
        let coupon = shop.client.create_coupon(off).await.ok().id();
        let five = json!({"coupon_id": coupon, "items": [{"price_id": price, "quantity": 5}]});
        let sold = shop.subscribe(&price, five).await.ok().body;
        shop.advance(at).await;
        let mut cost = 0;
        for quantity in [7, 5] {
            let to = json!({"quantity": quantity});
            let changed = shop.update(&sold, "always_invoice", to).await;
            cost += changed["proration_amount_atom"].as_i64().unwrap();
        }
        assert_eq!(cost, 0, "{at}");
        shop.api.audit().await;
    }
}
