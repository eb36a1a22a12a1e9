//! How a session ends: paid elsewhere, too late, after ten declines; and what is refused.

use serde_json::{Value, json};

use super::{card, completion, session};
use crate::billing::{Shop, fields};

#[tokio::test]
async fn a_session_ends_after_its_hours_and_what_was_made_for_it_is_undone() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let coupon = json!({"discount_type": "percentage", "percent_off": 20, "max_redemptions": 1});
    let coupon = shop.client.create_coupon(coupon).await.ok().id();
    let rest = json!({"expires_in_hours": 2, "coupon_id": coupon});
    let id = shop.offer(&[&shop.monthly(1000).await], rest).await.id();
    shop.client.complete_session(&id, card("test_decline_soft")).await.refused(422);
    assert_eq!(shop.client.get_coupon(&coupon).await.ok().body["times_redeemed"], 1);
    shop.advance("2026-01-31T11:59:59Z").await;
    assert_eq!(shop.client.get_session(&id).await.ok().body["is_expired"], false);
    shop.advance("2026-01-31T12:00:00Z").await;
    let expired = shop.client.get_session(&id).await.ok().body;
    assert_eq!((&expired["state"], &expired["is_expired"]), (&json!("expired"), &json!(true)));
    assert_eq!(shop.events(&id).await.last().unwrap(), "checkout_session.expired");
    let refused = shop.client.complete_session(&id, card("test_success")).await.refused(422);
    assert_eq!(refused.faults(), [" illegal_state"]);
    shop.client.expire_session(&id).await.refused(422);
    let of = format!("?customer_id={}", shop.customer);
    let invoices = shop.client.list_invoices(&of).await.ok();
    assert_eq!(fields(invoices.items(), &["state"]), [json!(["void"])]);
    let subscriptions = shop.client.list_subscriptions(&of).await.ok();
    assert_eq!(fields(subscriptions.items(), &["state"]), [json!(["cancelled"])]);
    // The redemption is given back: somebody else may have it.
    assert_eq!(shop.client.get_coupon(&coupon).await.ok().body["times_redeemed"], 0);
    let other = shop.offer(&[&shop.once(100).await], json!({})).await.id();
    assert_eq!(shop.client.expire_session(&other).await.ok().body["state"], "expired");
}

#[tokio::test]
async fn an_invoice_that_is_paid_elsewhere_completes_its_session() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let id = shop.offer(&[&shop.monthly(1000).await], json!({})).await.id();
    shop.client.complete_session(&id, card("test_decline_soft")).await.refused(422);
    let invoices = shop.client.list_invoices(&format!("?customer_id={}", shop.customer)).await.ok();
    let invoice = invoices.items()[0]["id"].as_str().unwrap().to_owned();
    shop.client.pay_invoice(&invoice, json!({"paid_out_of_band": true})).await.ok();
    let done = shop.client.complete_session(&id, card("test_success")).await.ok().body;
    assert_eq!((&done["state"], &done["invoice_id"]), (&json!("completed"), &json!(invoice)));
    assert_eq!(shop.count().await, [1, 1, 0]);
}

#[tokio::test]
async fn what_was_voided_in_between_is_made_again() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let id = shop.offer(&[&shop.monthly(1000).await], json!({})).await.id();
    shop.client.complete_session(&id, card("test_decline_soft")).await.refused(422);
    let invoices = shop.client.list_invoices(&format!("?customer_id={}", shop.customer)).await.ok();
    shop.client.void_invoice(invoices.items()[0]["id"].as_str().unwrap()).await.ok();
    let done = shop.client.complete_session(&id, card("test_success")).await.ok().body;
    assert_eq!(shop.invoice_of(&done).await["number"], "INV-0002");
    assert_eq!(
        shop.subscription(done["subscription_id"].as_str().unwrap()).await["state"],
        "active"
    );
}

#[tokio::test]
async fn what_cannot_be_sold_is_refused_with_every_reason() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let (monthly, euro) = (
        shop.monthly(1000).await,
        shop.price(json!({"unit_amount_atom": 1, "currency": "eur"})).await,
    );
    let yearly = shop.price(json!({"unit_amount_atom": 1, "billing_interval": "year"})).await;
    let body = json!({
        "success_url": "javascript://x/", "return_url": "example.com",
        "line_items": [{"price_id": monthly}, {"price_id": euro}, {"price_id": yearly}],
    });
    let refused = shop.client.create_session(body).await.refused(422);
    assert_eq!(refused.faults(), ["/success_url invalid_url", "/return_url invalid_url"]);
    let lines = json!([{"price_id": monthly}, {"price_id": euro}, {"price_id": yearly}]);
    let body = session(json!({
        "line_items": lines, "customer_id": "cus_stg_0000000000000000",
        "params_for_sub": {"custom_fields": {"nothing": 1}},
    }));
    let refused = shop.client.create_session(body).await.refused(422);
    assert_eq!(
        refused.faults(),
        [
            "/customer_id no_such_object",
            "/line_items/1/price_id currency_mismatch",
            "/line_items/2/price_id interval_mismatch",
            "/params_for_sub/custom_fields/nothing unknown_custom_field",
        ]
    );
    let refused = shop.client.create_session(session(json!({}))).await.refused(400);
    assert_eq!(refused.faults(), ["/line_items required"]);
    let empty = json!({"line_items": [], "cascade_line_items": [{"line_items": []}]});
    let refused = shop.client.create_session(session(empty)).await.refused(400);
    assert_eq!(
        refused.faults(),
        ["/line_items required", "/cascade_line_items/0/line_items required"]
    );
    let id = shop.offer(&[&monthly], json!({})).await.id();
    let refused = shop.client.complete_session(&id, card("nonsense")).await.refused(422);
    assert_eq!(refused.faults(), ["/payment_method/token unknown_token"]);
    shop.client.patch(&format!("/api/prices/{monthly}"), json!({"active": false})).await.ok();
    let refused = shop.client.complete_session(&id, card("test_success")).await.refused(422);
    assert_eq!(refused.faults(), ["/line_items/0/price_id inactive"]);
}

#[tokio::test]
async fn a_card_that_is_declined_bought_nothing_and_ten_of_them_end_the_session() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let other = shop.client.create_customer(json!({"email": "joe@example.com"})).await.ok().id();
    let price = shop.monthly(1000).await;
    let id = shop.offer(&[&price], json!({"customer_id": other})).await.id();
    let methods =
        || async { shop.client.list_payment_methods(&other, "").await.ok().body["total"].clone() };
    for _ in 0..9 {
        shop.client.complete_session(&id, card("test_decline_soft")).await.refused(422);
    }
    assert_eq!(methods().await, 0);
    let customer = shop.client.get_customer(&other).await.ok().body;
    assert_eq!(customer["default_payment_method_id"], Value::Null);
    assert_eq!(shop.client.get_session(&id).await.ok().body["state"], "open");
    shop.client.complete_session(&id, card("test_decline_soft")).await.refused(422);
    assert_eq!(shop.client.get_session(&id).await.ok().body["state"], "expired");
    // One that pays is the customer's from then on.
    let id = shop.offer(&[&price], json!({"customer_id": other})).await.id();
    let done = shop.client.complete_session(&id, card("test_success")).await.ok().body;
    assert_eq!((&done["payment_status"], methods().await), (&json!("paid"), json!(1)));
    let customer = shop.client.get_customer(&other).await.ok().body;
    assert_eq!(customer["default_payment_method_id"], done["payment_method_id"]);
}

#[tokio::test]
async fn a_processor_that_refuses_the_seller_declines_no_card() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let price = shop.once(1000).await;
    let open = shop.offer(&[&price], json!({})).await;
    let path = completion(&open);
    for _ in 0..11 {
        let told = browser.post(&path, card("test_key_refused")).await.refused(422);
        assert_eq!(told.body["errors"][0]["code"], "not_ready");
    }
    let told = shop.client.complete_session(&open.id(), card("test_key_refused")).await;
    assert_eq!(told.refused(422).body["errors"][0]["code"], "processor_unavailable");
    assert_eq!(shop.client.get_session(&open.id()).await.ok().body["state"], "open");
    shop.api.audit().await;
}
