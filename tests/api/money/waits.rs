//! A change that waits for its payment, and refunds that fail meanwhile; a change request that takes effect
//! at an instant, whose payment is declined.

use serde_json::{Value, json};

use super::{HALF, Shop, id, item, parts::AFTER_HALF, shop};

impl Shop {
    async fn refunds(&self, invoice: &Value, amount: i64) {
        let paid = self.client.get_invoice(invoice.as_str().unwrap()).await.ok().body;
        let refund = json!({"payment_intent_id": paid["payment_intent_id"], "amount_atom": amount});
        self.client.create_refund(refund).await.ok();
    }

    /// Has a change request for five seats in place of three take effect at the half, with a card that
    /// declines by then.
    async fn asked_for_more(&self, rest: Value) -> (Value, String) {
        let price = self.monthly(1000).await;
        let items = json!([{"price_id": price, "quantity": 3}]);
        let sold = self.subscribe(&price, json!({"items": items})).await.ok().body;
        let mut changes = json!({"effective_at": HALF, "items": [{"action": "update",
            "subscription_item_id": item(&sold, 0), "quantity": 5}]});
        changes.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let request = json!({"subscription_id": sold["id"], "changes": changes});
        let request = self.client.create_change_request(request).await.ok().id();
        let preview = self.client.preview_change_request(&request).await.ok().body;
        assert_eq!(preview["proration_amount_atom"], 1000);
        assert_eq!(preview["next_renewal_amount_atom"], 5000);
        self.client.apply_change_request(&request).await.ok();
        self.pays_by("test_decline_soft").await;
        self.arrive(AFTER_HALF).await;
        (sold, request)
    }
}

#[tokio::test]
async fn a_refund_that_fails_while_a_change_waits_is_made_up_when_the_change_happens() {
    // 10.00, to 20.00 at the half once that is paid.
    for (token, refund, due, then, books) in [
        ("test_refund_pending_fails", 1000, 1000, "paid", [2000, 0, 500]),
        ("test_refund_pending_fails", 200, 700, "paid", [1700, 0, 200]),
        ("test_refund_pending_fails", 1000, 1000, "taken back", [1000, 0, 0]),
        ("test_refund_pending_fails", 1000, 1000, "paid in cash", [1000, 0, 500]),
        ("test_refund_pending", 1000, 1000, "paid", [2000, 1000, 0]),
    ] {
        let shop = shop("").await;
        let (sold, large) = (shop.sent(1000).await, shop.monthly(2000).await);
        shop.card(token).await;
        let first = &sold["latest_invoice_id"];
        shop.pays_in(first, &[1000]).await;
        shop.advance(HALF).await;
        shop.refunds(first, refund).await;
        let waits = shop.waiting_change(&sold, &large).await;
        shop.advance(AFTER_HALF).await;
        match then {
            "paid" => shop.pays_in(&waits, &[due]).await,
            "paid in cash" => {
                let cash = json!({"paid_out_of_band": true});
                shop.client.pay_invoice(waits.as_str().unwrap(), cash).await.ok();
            }
            _ => drop(shop.client.remove_pending_change(id(&sold)).await.ok()),
        }
        assert_eq!(shop.books().await, books, "{token} {refund} {then}");
        let after = shop.subscription(id(&sold)).await;
        let happened = after["items"][0]["price_id"] == large;
        assert_eq!((happened, &after["pending_change"]), (then != "taken back", &Value::Null));
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_was_paid_of_a_void_change_is_kept_by_the_balance_when_its_refund_fails() {
    let shop = shop("").await;
    let (sold, large) = (shop.sent(1000).await, shop.monthly(4000).await);
    shop.card("test_refund_pending_fails").await;
    shop.pays_in(&sold["latest_invoice_id"], &[1000]).await;
    let waits = shop.waiting_change(&sold, &large).await;
    shop.pays_in(&waits, &[300]).await;
    shop.refunds(&waits, 300).await;
    shop.client.remove_pending_change(id(&sold)).await.ok();
    assert_eq!(shop.books().await, [1300, 300, 0]);
    shop.advance("2026-01-01T00:02:00Z").await;
    assert_eq!(shop.books().await, [1300, 0, 300]);
    shop.api.audit().await;
}

#[tokio::test]
async fn an_end_counts_what_its_refund_of_a_void_change_could_not_give_back() {
    let shop = shop("").await;
    let (sold, large) = (shop.sent(1000).await, shop.monthly(4000).await);
    let first = sold["latest_invoice_id"].as_str().unwrap();
    shop.client.pay_invoice(first, json!({"paid_out_of_band": true})).await.ok();
    shop.card("test_refund_pending_fails").await;
    let waits = shop.waiting_change(&sold, &large).await;
    shop.pays_in(&waits, &[300]).await;
    shop.cancel(&sold, "full").await;
    assert_eq!(shop.books().await, [300, 300, 1000]);
    shop.advance("2026-01-01T00:02:00Z").await;
    assert_eq!(shop.books().await, [300, 0, 1300]);
    let said = shop.subscription(id(&sold)).await["cancellation"].clone();
    let said = (&said["refunded_amount_atom"], &said["credited_amount_atom"]);
    assert_eq!(said, (&json!(0), &json!(1300)));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_request_whose_payment_is_declined_in_time_keeps_the_old_items() {
    let shop = shop("test_success").await;
    let (sold, request) = shop.asked_for_more(json!({})).await;
    let request = shop.client.get_change_request(&request).await.ok().body;
    let waiting = shop.subscription(id(&sold)).await;
    assert_eq!((&request["state"], &waiting["state"]), (&json!("applied"), &json!("active")));
    assert_eq!(waiting["items"][0]["quantity"], 3);
    let pending = &waiting["pending_change"];
    assert_eq!(pending["waits_for_invoice_id"], request["invoice_id"]);
    assert_eq!(pending["items"][0]["quantity"], 5);
    // Once it is paid, it happens.
    shop.pays_by("test_success").await;
    shop.arrive("2026-01-18T00:00:00Z").await;
    let after = shop.subscription(id(&sold)).await;
    assert_eq!(
        (&after["items"][0]["quantity"], &after["pending_change"]),
        (&json!(5), &Value::Null)
    );
    assert_eq!(shop.books().await, [4000, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_request_that_is_never_paid_ends_with_the_period() {
    let shop = shop("test_success").await;
    let (sold, request) = shop.asked_for_more(json!({"pay_before_change": true})).await;
    let invoice = shop.client.get_change_request(&request).await.ok().body["invoice_id"].clone();
    shop.arrive("2026-01-17T00:00:00Z").await;
    let invoice = invoice.as_str().unwrap();
    let open = shop.client.get_invoice(invoice).await.ok().body;
    assert_eq!(open["due_amount_atom"], 1000);
    shop.arrive("2026-02-01T00:30:00Z").await;
    assert_eq!(shop.client.get_invoice(invoice).await.ok().body["state"], "void");
    let after = shop.subscription(id(&sold)).await;
    assert_eq!((&after["state"], &after["items"][0]["quantity"]), (&json!("active"), &json!(3)));
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 3000);
    assert_eq!(shop.books().await, [3000, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_request_changes_at_once_where_the_caller_says_so() {
    let shop = shop("test_success").await;
    let (sold, request) = shop.asked_for_more(json!({"pay_before_change": false})).await;
    let after = shop.subscription(id(&sold)).await;
    assert_eq!((&after["state"], &after["items"][0]["quantity"]), (&json!("past_due"), &json!(5)));
    let request = shop.client.get_change_request(&request).await.ok().body;
    assert_eq!((&request["state"], shop.due(&sold).await), (&json!("applied"), 1000));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_request_that_cannot_wait_happens_at_its_instant() {
    // The invoice that bills the seats is not paid: the change would make that cheaper.
    let shop = shop("").await;
    let sold = shop.sent(3000).await;
    let small = shop.monthly(1000).await;
    let changes = json!({"effective_at": HALF, "items": [{"action": "update",
        "subscription_item_id": item(&sold, 0), "price_id": small}]});
    let request = json!({"subscription_id": sold["id"], "changes": changes});
    let request = shop.client.create_change_request(request).await.ok().id();
    shop.client.apply_change_request(&request).await.ok();
    shop.arrive(AFTER_HALF).await;
    let after = shop.subscription(id(&sold)).await;
    assert_eq!(
        (&after["items"][0]["price_id"], &after["pending_change"]),
        (&json!(small), &Value::Null)
    );
    assert_eq!(shop.due(&sold).await, 2000);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_request_by_hand_waits_where_the_caller_says_so() {
    let shop = shop("test_success").await;
    let sold = shop.sold(1000).await;
    shop.pays_by("test_decline_soft").await;
    shop.advance(HALF).await;
    for (waits, quantity) in [(Some(true), 1), (None, 3)] {
        let mut changes = json!({"items": [{"action": "update",
            "subscription_item_id": item(&sold, 0), "quantity": 3}]});
        changes["pay_before_change"] = json!(waits);
        let request = json!({"subscription_id": sold["id"], "changes": changes});
        let request = shop.client.create_change_request(request).await.ok().id();
        shop.client.apply_change_request(&request).await.ok();
        let after = shop.subscription(id(&sold)).await;
        assert_eq!(after["items"][0]["quantity"], quantity, "{waits:?}");
    }
    let never = json!({"pay_before_change": true, "proration_behavior": "none"});
    let request = json!({"subscription_id": sold["id"], "changes": never});
    let refused = shop.client.create_change_request(request).await.refused(422);
    assert_eq!(refused.faults(), ["/changes/pay_before_change not_combinable"]);
    shop.api.audit().await;
}
