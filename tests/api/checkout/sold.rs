//! What a session sells: once, again and again, on other terms, after declines.

use serde_json::{Value, json};

use super::{card, session};
use crate::billing::{Shop, fields};

#[tokio::test]
async fn what_is_sold_once_is_paid_by_one_invoice() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let price = shop.once(1500).await;
    let body =
        json!({"customer_id": shop.customer, "line_items": [{"price_id": price, "quantity": 3}]});
    let open = shop.client.create_session(session(body)).await.ok();
    let id = open.id();
    assert_eq!((&open.body["state"], &open.body["status"]), (&json!("open"), &json!("open")));
    assert_eq!((&open.body["completed"], &open.body["is_expired"]), (&json!(false), &json!(false)));
    assert_eq!(open.body["success_url"], format!("https://example.com/thanks?session={id}"));
    assert_eq!(open.body["customer_email"], "jane@example.com");
    assert_eq!(open.body["expires_at"], "2026-02-01T10:00:00.000Z");
    assert_eq!(
        (&open.body["currency"], &open.body["amount_total_atom"]),
        (&json!("usd"), &json!(4500))
    );
    let secret = open.body["secure_token"].as_str().unwrap();
    assert_eq!(secret.strip_prefix(&format!("{id}_secret_")).unwrap().len(), 64);
    let done = shop.client.complete_session(&id, card("test_success")).await.ok().body;
    assert_eq!((&done["state"], &done["completed"]), (&json!("completed"), &json!(true)));
    assert_eq!(done["subscription_id"], Value::Null);
    let invoice = shop.invoice_of(&done).await;
    assert_eq!(
        fields(&[invoice], &["state", "billing_reason", "total_amount_atom", "number"]),
        [json!(["paid", "manual", 4500, "INV-0001"])]
    );
    let intent = done["payment_intent_id"].as_str().unwrap();
    let intent = shop.client.get_payment_intent(intent).await.ok().body;
    assert_eq!(
        fields(&[intent], &["state", "checkout_session_id", "payment_method_id"]),
        [json!(["succeeded", id, done["payment_method_id"]])]
    );
    assert_eq!(shop.events(&id).await.last().unwrap(), "checkout_session.completed");
    // It happened: again changes nothing, whatever is presented.
    let again = shop.client.complete_session(&id, card("test_decline_hard")).await.ok();
    assert_eq!(again.body, done);
    shop.client.expire_session(&id).await.refused(422);
    assert_eq!(shop.count().await, [0, 1, 1]);
}

#[tokio::test]
async fn what_is_sold_again_and_again_begins_a_subscription_and_what_is_beside_it_is_on_its_invoice()
 {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let (monthly, setup) = (shop.monthly(1000).await, shop.once(500).await);
    let coupon =
        json!({"discount_type": "fixed_amount", "amount_off_atom": 300, "currency": "usd"});
    let coupon = shop.client.create_coupon(coupon).await.ok().id();
    let open = shop.offer(&[&monthly, &setup], json!({"coupon_id": coupon})).await;
    let amounts = ["amount_subtotal_atom", "amount_discount_atom", "amount_total_atom"];
    assert_eq!(fields(std::slice::from_ref(&open.body), &amounts), [json!([1500, 300, 1200])]);
    let done = shop.client.complete_session(&open.id(), card("test_success")).await.ok().body;
    assert_eq!(fields(std::slice::from_ref(&done), &amounts), [json!([1500, 300, 1200])]);
    let subscription = done["subscription_id"].as_str().unwrap();
    let created = shop.subscription(subscription).await;
    assert_eq!(
        (&created["state"], &created["items"][0]["price_id"]),
        (&json!("active"), &json!(monthly))
    );
    assert_eq!(created["items"].as_array().unwrap().len(), 1);
    assert_eq!(created["default_payment_method_id"], done["payment_method_id"]);
    let invoice = shop.invoice_of(&done).await;
    assert_eq!(
        fields(invoice["items"].as_array().unwrap(), &["amount_atom", "discount_amount_atom"]),
        [json!([1000, 200]), json!([500, 100])]
    );
    assert_eq!((&invoice["paid_amount_atom"], &invoice["state"]), (&json!(1200), &json!("paid")));
    assert_eq!(shop.client.get_coupon(&coupon).await.ok().body["times_redeemed"], 1);
    // The next period bills the subscription alone.
    shop.advance("2026-03-01T00:00:00Z").await;
    let last = shop.invoices(subscription).await.pop().unwrap();
    assert_eq!((&last["total_amount_atom"], &last["state"]), (&json!(1000), &json!("paid")));
}

#[tokio::test]
async fn a_decline_leaves_the_session_open_and_another_card_pays_the_same_invoice() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let id = shop.offer(&[&shop.monthly(1000).await], json!({})).await.id();
    for (token, code) in [
        ("test_decline_soft", "insufficient_funds"),
        ("test_decline_hard", "stolen_card"),
        ("test_requires_action", "authentication_required"),
    ] {
        let refused = shop.client.complete_session(&id, card(token)).await.refused(422);
        assert_eq!(refused.faults(), [format!(" {code}")]);
        let open = shop.client.get_session(&id).await.ok().body;
        assert_eq!((&open["state"], &open["invoice_id"]), (&json!("open"), &Value::Null));
    }
    // Nobody charges while the session is open: not even in a week.
    shop.advance("2026-02-01T09:00:00Z").await;
    assert_eq!(shop.count().await, [1, 1, 0]);
    let done = shop.client.complete_session(&id, card("test_success")).await.ok().body;
    assert_eq!(done["state"], "completed");
    assert_eq!(shop.invoice_of(&done).await["attempt_count"], 4);
    assert_eq!(
        shop.subscription(done["subscription_id"].as_str().unwrap()).await["state"],
        "active"
    );
    assert_eq!(shop.count().await, [1, 1, 1]);
}

#[tokio::test]
async fn without_a_payment_method_what_the_customer_has_is_charged_and_the_session_is_completed() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let id = shop.offer(&[&price], json!({})).await.id();
    let done = shop.client.complete_session(&id, json!({})).await.ok().body;
    assert_eq!(done["state"], "completed");
    assert_eq!(shop.invoice_of(&done).await["state"], "paid");
    assert!(done["payment_intent_id"].is_string(), "{done}");
    // Somebody who has nothing: completed, and owed.
    let other = shop.client.create_customer(json!({"email": "joe@example.com"})).await.ok().id();
    let id = shop.offer(&[&price], json!({"customer_id": other})).await.id();
    let done = shop.client.complete_session(&id, json!({})).await.ok().body;
    assert_eq!((&done["state"], &done["payment_intent_id"]), (&json!("completed"), &Value::Null));
    let subscription = done["subscription_id"].as_str().unwrap();
    assert_eq!(shop.subscription(subscription).await["state"], "incomplete");
    let invoice = shop.invoice_of(&done).await;
    assert_eq!((&invoice["due_amount_atom"], &invoice["paid_at"]), (&json!(1000), &Value::Null));
    // Paying it anywhere is what begins the subscription, and the session tells of the payment.
    shop.client.add_payment_method(&other, json!({"token": "test_success"})).await.ok();
    assert_eq!(shop.subscription(subscription).await["state"], "active");
    assert!(shop.client.get_session(&id).await.ok().body["payment_intent_id"].is_string());
}

#[tokio::test]
async fn who_buys_may_be_known_only_at_the_end() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let price = shop.monthly(1000).await;
    let lines = json!([{"price_id": price}]);
    let id = shop.client.create_session(session(json!({"line_items": lines}))).await.ok().id();
    let refused = shop.client.complete_session(&id, card("test_success")).await.refused(422);
    assert_eq!(refused.faults(), ["/customer_email required"]);
    let mut body = card("test_decline_soft");
    body["customer_email"] = json!("new@example.com");
    shop.client.complete_session(&id, body.clone()).await.refused(422);
    body["payment_method"] = json!({"token": "test_success"});
    let done = shop.client.complete_session(&id, body).await.ok().body;
    assert_eq!(done["customer_email"], "new@example.com");
    let customers = shop.client.list_customers("?email=new@example.com").await.ok();
    assert_eq!(customers.body["total"], 1);
    assert_eq!(customers.items()[0]["id"], done["customer_id"]);
    let of_customer =
        format!("?customer_id={}&state=completed", customers.items()[0]["id"].as_str().unwrap());
    assert_eq!(shop.client.list_sessions(&of_customer).await.ok().body["total"], 1);
}

#[tokio::test]
async fn setting_up_adds_a_payment_method_and_charges_nothing() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let body = session(json!({"mode": "setup", "customer_id": shop.customer}));
    let id = shop.client.create_session(body).await.ok().id();
    shop.client.complete_session(&id, json!({})).await.refused(422);
    let done = shop.client.complete_session(&id, card("test_success")).await.ok().body;
    let customer = shop.client.get_customer(&shop.customer).await.ok().body;
    assert_eq!(done["payment_method_id"], customer["default_payment_method_id"]);
    assert_eq!(
        (&done["state"], shop.count().await),
        (&json!("completed"), [json!(0), json!(0), json!(0)])
    );
    let lines = json!({
        "mode": "setup",
        "line_items": [{"price_id": "price_stg_0000000000000000"}],
        "coupon_id": "cpn_stg_0000000000000000",
    });
    let refused = shop.client.create_session(session(lines)).await.refused(422);
    assert_eq!(
        refused.faults(),
        ["/line_items not_allowed", "/coupon_id not_allowed", "/coupon_id no_such_object"]
    );
}

#[tokio::test]
async fn a_cheaper_offer_follows_one_that_is_declined() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let (full, less) = (shop.monthly(1000).await, shop.monthly(700).await);
    let tiers = json!({"cascade_line_items": [{"line_items": [{"price_id": less}]}]});
    let open = shop.offer(&[&full], tiers).await;
    assert_eq!(open.body["cascade_status"], json!({"current_tier": 0, "total_tiers": 1}));
    assert_eq!(open.body["cascade_tiers"][0]["amount_total_atom"], 700);
    let id = open.id();
    // Declined for the first invoice it is presented for, and taken for the next.
    let refused = shop.client.complete_session(&id, card("test_decline_soft")).await.refused(422);
    assert_eq!(refused.faults(), [" insufficient_funds"]);
    let open = shop.client.get_session(&id).await.ok().body;
    assert_eq!(
        (&open["state"], &open["cascade_tiers"][0]["state"]),
        (&json!("open"), &json!("declined"))
    );
    assert_eq!(open["cascade_status"]["current_tier"], 0);
    let done = shop.client.complete_session(&id, card("test_success")).await.ok().body;
    assert_eq!(done["amount_total_atom"], 1000);
    let of = format!("?customer_id={}", shop.customer);
    let states = shop.client.list_invoices(&of).await.ok();
    assert_eq!(
        fields(states.items(), &["state", "total_amount_atom"]),
        [json!(["paid", 1000]), json!(["void", 700]), json!(["void", 1000])]
    );
}

#[tokio::test]
async fn a_route_is_followed_from_processor_to_processor() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let mut processors = Vec::new();
    for token in ["test_decline_soft", "test_success"] {
        let body = json!({"name": token, "type": "test"});
        let processor = shop.client.create_processor(body).await.ok().id();
        let body = json!({"token": token, "processor_id": processor});
        shop.client.add_payment_method(&shop.customer, body).await.ok();
        processors.push(processor);
    }
    let route = json!({"name": "both", "processor_ids": processors});
    let route = shop.client.create_processor_route(route).await.ok().id();
    let rest = json!({"processor_route_id": route});
    let id = shop.offer(&[&shop.monthly(1000).await], rest).await.id();
    let done = shop.client.complete_session(&id, json!({})).await.ok().body;
    let invoice = shop.invoice_of(&done).await;
    assert_eq!((&invoice["state"], &invoice["attempt_count"]), (&json!("paid"), &json!(2)));
    let intent = done["payment_intent_id"].as_str().unwrap();
    let intent = shop.client.get_payment_intent(intent).await.ok().body;
    assert_eq!(intent["processor_id"], processors[1]);
}

#[tokio::test]
async fn the_card_of_a_trial_is_kept_and_charged_when_the_trial_is_over() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let coupon = json!({"discount_type": "trial_extension", "trial_extension_days": 14});
    let coupon = shop.client.create_coupon(coupon).await.ok().id();
    let monthly = shop.monthly(1200).await;
    let open = shop.offer(&[&monthly], json!({"coupon_id": coupon})).await;
    let done = shop.client.complete_session(&open.id(), card("test_success")).await.ok().body;
    assert_eq!(done["payment_status"], "no_payment_required");
    let customer = shop.client.get_customer(&shop.customer).await.ok().body;
    assert!(customer["default_payment_method_id"].is_string());
    shop.advance("2026-02-14T12:00:00Z").await;
    let paid = shop.client.list_payment_intents("?state=succeeded").await.ok();
    assert_eq!(fields(paid.items(), &["amount_atom"]), [json!([1200])]);
    shop.api.audit().await;
}
