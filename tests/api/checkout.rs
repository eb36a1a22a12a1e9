//! Checkout sessions: what they sell, to whom they are open, and that they are completed once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use local::wire::{Call, Fault};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    billing::{Shop, fields},
    client::{Answer, Api, Client, exchange},
};

/// What a session is created with, and `rest` beside it.
fn session(rest: Value) -> Value {
    let mut body = json!({
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/cart",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

fn card(token: &str) -> Value {
    json!({"payment_method": {"token": token}})
}

impl Shop {
    /// A session of the shop's customer that sells `lines`.
    async fn offer(&self, lines: &[&str], rest: Value) -> Answer {
        let lines: Vec<Value> = lines.iter().map(|price| json!({"price_id": price})).collect();
        let mut body = session(json!({"customer_id": self.customer, "line_items": lines}));
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.client.create_session(body).await.ok()
    }

    async fn once(&self, amount: i64) -> String {
        self.price(json!({"unit_amount_atom": amount})).await
    }

    async fn invoice_of(&self, session: &Value) -> Value {
        self.client.get_invoice(session["invoice_id"].as_str().unwrap()).await.ok().body
    }

    /// How many of what the shop's customer has: subscriptions, invoices, payments that succeeded.
    async fn count(&self) -> [Value; 3] {
        let of = format!("?customer_id={}", self.customer);
        let paid = format!("{of}&state=succeeded");
        [
            self.client.list_subscriptions(&of).await.ok().body["total"].clone(),
            self.client.list_invoices(&of).await.ok().body["total"].clone(),
            self.client.list_payment_intents(&paid).await.ok().body["total"].clone(),
        ]
    }
}

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
async fn an_answer_that_a_processor_loses_is_asked_for() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let price = shop.monthly(1000).await;
    for (index, token) in
        ["test_timeout_after_charge", "test_timeout_before_charge"].into_iter().enumerate()
    {
        let id = shop.offer(&[&price], json!({})).await.id();
        let done = shop.client.complete_session(&id, card(token)).await.ok().body;
        assert_eq!(done["state"], "completed");
        assert_eq!(shop.count().await, [index + 1, index + 1, index + 1]);
    }
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
async fn a_publishable_token_opens_a_session_with_its_secret_and_nothing_without() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let price = shop.once(100).await;
    let open = shop.offer(&[&price], json!({})).await;
    let other = shop.offer(&[&price], json!({})).await.body["secure_token"].clone();
    let (id, secret) = (open.id(), open.body["secure_token"].as_str().unwrap());
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let read = |rest: &str| format!("/api/checkout-sessions/{id}{rest}");
    let missing = browser.get("/api/checkout-sessions/cs_stg_0000000000000000").await.refused(404);
    let of_another = format!("?secure_token={}", other.as_str().unwrap());
    for wrong in ["", "?secure_token=x", "?secure_token=not%20one%07", &of_another] {
        for answer in [
            browser.get(&read(wrong)).await,
            browser.post(&read(&format!("/complete{wrong}")), card("test_success")).await,
        ] {
            let refused = answer.refused(404);
            assert_eq!(refused.body["detail"], missing.body["detail"]);
        }
    }
    let right = format!("?secure_token={secret}");
    let seen = browser.get(&read(&right)).await.ok();
    assert_eq!(seen.header("access-control-allow-origin"), Some("*"));
    assert_eq!((&seen.body["id"], &seen.body["state"]), (&json!(id), &json!("open")));
    assert_eq!(seen.header("etag"), open.header("etag"));
    for (method, path) in [
        (Method::GET, "/api/checkout-sessions".to_owned()),
        (Method::POST, "/api/checkout-sessions".to_owned()),
        (Method::POST, read("/expire")),
        (Method::GET, read(&format!("{right}&expand=customer"))),
    ] {
        exchange(browser.request(method, &path)).await.refused(403);
    }
    // A secret token needs none, and a wrong one does not matter to it.
    shop.client.get(&read("?secure_token=x")).await.ok();
    // What a server was told under a key is not told to a browser under the same key.
    let keyed = |client: &Client, rest: &str| {
        let path = read(&format!("/complete{rest}"));
        let request = client.request(Method::POST, &path).header("Idempotency-Key", "order-1");
        exchange(request.json(&card("test_success")))
    };
    keyed(&shop.client, "").await.ok();
    keyed(&browser, "").await.refused(404);
    let done = keyed(&browser, &right).await.ok();
    assert_eq!(
        (&done.body["state"], shop.count().await),
        (&json!("completed"), [json!(0), json!(1), json!(1)])
    );
    let asked = exchange(shop.api.raw(Method::OPTIONS, &read(""))).await.ok();
    assert_eq!(asked.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_complete_a_session_at_once_one_pays() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let (monthly, setup) = (shop.monthly(1000).await, shop.once(500).await);
    for (round, token) in [(1, Some("test_success")), (2, None)] {
        let id = shop.offer(&[&monthly, &setup], json!({})).await.id();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (client, id) = (shop.client.clone(), id.clone());
                let body = token.map_or(json!({}), card);
                tokio::spawn(async move { client.complete_session(&id, body).await })
            })
            .collect();
        let mut completed = 0;
        for task in tasks {
            let answer = task.await.unwrap();
            assert!([200, 409, 422].contains(&answer.status.as_u16()), "{}", answer.body);
            completed += usize::from(answer.status == 200 && answer.body["state"] == "completed");
        }
        assert!(completed > 0);
        assert_eq!(shop.client.get_session(&id).await.ok().body["state"], "completed");
        assert_eq!(shop.count().await, [round, round, round]);
    }
}

/// Strikes the completion of a session at its `nth` call.
fn strike(api: &Api, nth: usize, fault: Fault) {
    let count = AtomicUsize::new(0);
    let hook = move |call: &Call, _: u64| {
        let ours = call.function == "checkout-sessions-complete";
        if ours && count.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            fault.clone()
        } else {
            Fault::Pass
        }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
}

#[tokio::test]
async fn a_process_killed_at_any_call_of_a_completion_charges_once() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let (monthly, setup) = (shop.monthly(1000).await, shop.once(500).await);
    let (mut made, mut kills) = (0, 0);
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for nth in 1.. {
            let id = shop.offer(&[&monthly, &setup], json!({})).await.id();
            let path = format!("/api/checkout-sessions/{id}/complete");
            strike(&shop.api, nth, fault.clone());
            let mut answers = Vec::new();
            for _ in 0..5 {
                let request = shop.client.request(Method::POST, &path);
                let request = request.header("Idempotency-Key", format!("{fault:?}-{nth}"));
                let answer = exchange(request.json(&card("test_success"))).await;
                let is_answered = answer.status.as_u16() < 500;
                answers.push(answer);
                if is_answered {
                    break;
                }
            }
            shop.api.stack.wire().set_fault(None);
            // A process that was killed answers nothing: the first answer tells whether one was.
            let was_killed = answers.len() > 1;
            made += 1;
            let answer = answers.pop().unwrap().ok();
            assert_eq!(answer.body["state"], "completed", "{fault:?} at {nth}");
            assert_eq!(shop.count().await, [made, made, made], "{fault:?} at {nth}");
            if !was_killed {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 40, "only {kills} calls were killed");
}

#[tokio::test]
async fn a_completion_that_nobody_takes_up_again_is_whole_or_undone() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "").await;
    let monthly = shop.monthly(1000).await;
    let mut ends = std::collections::BTreeMap::new();
    for nth in (1..).step_by(3) {
        let id = shop.offer(&[&monthly], json!({"expires_in_hours": 1})).await.id();
        strike(&shop.api, nth, Fault::KillAfter);
        // Whether a call was struck is recorded after its process has died: the answer tells it first.
        let last = shop.client.complete_session(&id, card("test_success")).await.status == 200;
        shop.api.stack.wire().set_fault(None);
        let day = format!("2026-01-01T{:02}:00:00Z", 0);
        let to = day.replace("01-01", &format!("01-{:02}", nth / 3 + 2));
        shop.advance(&to).await;
        let end =
            shop.client.get_session(&id).await.ok().body["state"].as_str().unwrap().to_owned();
        *ends.entry(end).or_insert(0) += 1;
        if last {
            break;
        }
    }
    assert!(ends.contains_key("expired") && !ends.contains_key("open"), "{ends:?}");
    let of = format!("?limit=100&customer_id={}", shop.customer);
    let total = |list: Answer| list.body["total"].clone();
    let paid = shop.client.list_payment_intents(&format!("{of}&state=succeeded")).await.ok();
    let active = shop.client.list_subscriptions(&format!("{of}&state=active")).await.ok();
    let incomplete = shop.client.list_subscriptions(&format!("{of}&state=incomplete")).await.ok();
    let open = shop.client.list_invoices(&format!("{of}&state=open")).await.ok();
    let completed = json!(ends["completed"]);
    assert_eq!([total(paid), total(active)], [completed.clone(), completed]);
    assert_eq!([total(incomplete), total(open)], [0, 0]);
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
async fn what_opens_a_session_is_in_no_event_and_nothing_that_a_reading_token_sees() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let open = shop.offer(&[&shop.monthly(1000).await], json!({})).await;
    let secret = open.body["secure_token"].as_str().unwrap().to_owned();
    let listed = shop.client.list_sessions("").await.ok();
    assert_eq!(listed.items()[0]["secure_token"], secret.as_str());
    let events = shop.client.list_events("?limit=100").await.ok().body.to_string();
    assert!(events.contains(&open.id()) && !events.contains(&secret));
    let body = json!({"kind": "secret", "name": "reads", "scopes": ["checkout:read", "checkout_sessions:read"]});
    let token = shop.client.create_token(body).await.ok().body["token"].clone();
    let reads = shop.api.client_with(token.as_str().unwrap(), &shop.account.id);
    for answer in [reads.get_session(&open.id()).await.ok(), reads.list_sessions("").await.ok()] {
        assert!(!answer.body.to_string().contains(&secret));
    }
    // What a page sends, anybody may have written.
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let id = format!("{}/complete?secure_token={secret}", open.id());
    let body = json!({"payment_method": {
        "token": "test_success", "make_default": true, "metadata": {"a": "b"},
    }});
    let refused = browser.post(&format!("/api/checkout-sessions/{id}"), body).await.refused(422);
    let faults =
        ["/payment_method/make_default not_allowed", "/payment_method/metadata not_allowed"];
    assert_eq!(refused.faults(), faults);
}

/// Where a browser completes a session.
fn completion(open: &Answer) -> String {
    let secret = open.body["secure_token"].as_str().unwrap();
    format!("/api/checkout-sessions/{}/complete?secure_token={secret}", open.id())
}

#[tokio::test]
async fn a_payer_presents_what_is_charged() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "test_success").await;
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let price = shop.once(1000).await;
    let open = shop.offer(&[&price], json!({})).await;
    let path = completion(&open);
    let told = browser.post(&path, json!({})).await.refused(422);
    assert_eq!(told.faults().len(), 1);
    assert_eq!(shop.count().await[1..], [json!(0), json!(0)], "nothing was made or charged");
    browser.post(&path, card("test_card_declined")).await.refused(422);
    browser.post(&path, json!({})).await.refused(422);
    assert_eq!(shop.client.get_session(&open.id()).await.ok().body["state"], "open");
    browser.post(&path, card("test_success")).await.ok();
    browser.post(&path, json!({})).await.ok();
    // The seller's server decides for itself.
    let open = shop.offer(&[&price], json!({})).await;
    shop.client.complete_session(&open.id(), json!({})).await.ok();
    shop.api.audit().await;
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
