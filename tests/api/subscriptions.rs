//! Subscriptions over the API: what they bill, when, and what becomes of them.

mod ends;

use serde_json::{Value, json};

use crate::billing::{Shop, fields};

#[tokio::test]
async fn a_subscription_bills_each_period_from_its_anchor() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let created = shop.subscribe(&price, json!({})).await.ok();
    assert_eq!(created.body["state"], "active");
    assert_eq!(created.body["status"], "active");
    assert_eq!(created.body["current_period_end"], "2026-02-28T10:00:00.000Z");
    shop.advance("2026-05-31T09:00:00Z").await;
    let invoices = shop.invoices(&created.id()).await;
    assert_eq!(
        fields(
            &invoices,
            &["number", "billing_reason", "period_start", "state", "paid_amount_atom"]
        ),
        [
            json!(["INV-0001", "subscription_create", "2026-01-31T10:00:00.000Z", "paid", 1000]),
            json!(["INV-0002", "subscription_cycle", "2026-02-28T10:00:00.000Z", "paid", 1000]),
            json!(["INV-0003", "subscription_cycle", "2026-03-31T10:00:00.000Z", "paid", 1000]),
            json!(["INV-0004", "subscription_cycle", "2026-04-30T10:00:00.000Z", "paid", 1000]),
        ]
    );
    assert_eq!(
        shop.events(invoices[1]["id"].as_str().unwrap()).await,
        ["invoice.created", "invoice.finalized", "invoice.paid"]
    );
    // Drafted at the boundary, final an hour later.
    assert_eq!(invoices[1]["created_at"], "2026-02-28T10:00:00.000Z");
    assert_eq!(invoices[1]["finalized_at"], "2026-02-28T11:00:00.000Z");
}

#[tokio::test]
async fn a_change_gives_back_and_charges_what_a_preview_says() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_success").await;
    let (small, large) = (shop.monthly(1000).await, shop.monthly(3252).await);
    let created = shop.subscribe(&small, json!({})).await.ok();
    // 445,540 of January's 2,678,400 seconds are left.
    shop.advance("2026-01-26T20:14:20Z").await;
    let item = created.body["items"][0]["id"].clone();
    let edit = json!([{"action": "update", "subscription_item_id": item, "price_id": large}]);
    let preview = shop.client.preview_items(&created.id(), json!({"items": edit})).await.ok();
    assert_eq!(
        fields(preview.body["items"].as_array().unwrap(), &["amount_atom"]),
        [json!([-166]), json!([541])]
    );
    assert_eq!(preview.body["proration_amount_atom"], 375);
    let change = json!({"proration_behavior": "always_invoice", "items": edit});
    let changed = shop.client.change_items(&created.id(), change).await.ok();
    assert_eq!(changed.body["proration_amount_atom"], 375);
    assert_eq!(changed.body["floating_items_created"], 2);
    assert_eq!(changed.body["payment_status"], "paid");
    let invoice = changed.body["invoice_id"].as_str().unwrap();
    let invoice = shop.client.get_invoice(invoice).await.ok().body;
    assert_eq!(invoice["billing_reason"], "subscription_update");
    assert_eq!(
        fields(invoice["items"].as_array().unwrap(), &["amount_atom", "proration"]),
        [json!([-166, true]), json!([541, true])]
    );
    assert_eq!(invoice["paid_amount_atom"], 375);
    // The next period bills the new price alone.
    shop.advance("2026-02-01T02:00:00Z").await;
    let last = shop.invoices(&created.id()).await.pop().unwrap();
    assert_eq!((&last["total_amount_atom"], &last["state"]), (&json!(3252), &json!("paid")));
}

#[tokio::test]
async fn a_downgrade_becomes_credit_and_pays_the_next_invoice() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_success").await;
    let (large, small) = (shop.monthly(2000).await, shop.monthly(1000).await);
    let created = shop.subscribe(&large, json!({})).await.ok();
    // A third of January is left.
    shop.advance("2026-01-21T16:00:00Z").await;
    let item = created.body["items"][0]["id"].clone();
    let change = json!({"proration_behavior": "always_invoice", "items": [
        {"action": "update", "subscription_item_id": item, "price_id": small},
    ]});
    let changed = shop.client.change_items(&created.id(), change).await.ok();
    assert_eq!(changed.body["proration_amount_atom"], -334);
    let invoice = changed.body["invoice_id"].as_str().unwrap();
    let invoice = shop.client.get_invoice(invoice).await.ok().body;
    assert_eq!(
        fields(invoice["items"].as_array().unwrap(), &["amount_atom"]),
        [json!([-667]), json!([333]), json!([334])]
    );
    assert_eq!((&invoice["total_amount_atom"], &invoice["state"]), (&json!(0), &json!("paid")));
    let customer = shop.client.get_customer(&shop.customer).await.ok().body;
    assert_eq!(customer["credit_balances"], json!([{"currency": "usd", "amount_atom": 334}]));
    shop.advance("2026-02-01T02:00:00Z").await;
    let last = shop.invoices(&created.id()).await.pop().unwrap();
    let names = ["total_amount_atom", "credit_applied_amount_atom", "paid_amount_atom", "state"];
    assert_eq!(fields(&[last], &names), [json!([1000, 334, 666, "paid"])]);
    let customer = shop.client.get_customer(&shop.customer).await.ok().body;
    assert_eq!(customer["credit_balances"], json!([]));
}

#[tokio::test]
async fn prorations_can_wait_for_the_renewal_or_be_left_out() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_success").await;
    let (one, two) = (shop.monthly(1000).await, shop.monthly(3100).await);
    let created = shop.subscribe(&one, json!({})).await.ok();
    shop.advance("2026-01-22T00:00:00Z").await;
    let add = |behavior: &str| json!({"proration_behavior": behavior, "items": [{"action": "add", "price_id": two}]});
    let none = shop.client.change_items(&created.id(), add("none")).await.ok();
    assert_eq!(
        (&none.body["floating_items_created"], &none.body["invoice_id"]),
        (&json!(0), &Value::Null)
    );
    let waits = shop.client.change_items(&created.id(), add("create_prorations")).await.ok();
    assert_eq!(waits.body["floating_items_created"], 1);
    // Ten of thirty-one days.
    assert_eq!(waits.body["proration_amount_atom"], 1000);
    assert_eq!(waits.body["payment_status"], "not_required");
    shop.advance("2026-02-01T02:00:00Z").await;
    let invoices = shop.invoices(&created.id()).await;
    assert_eq!(invoices.len(), 2);
    assert_eq!(
        fields(invoices[1]["items"].as_array().unwrap(), &["amount_atom", "proration"]),
        [json!([1000, false]), json!([3100, false]), json!([3100, false]), json!([1000, true])]
    );
}

#[tokio::test]
async fn edits_are_all_made_or_none() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let yearly = shop.price(json!({"unit_amount_atom": 5, "billing_interval": "year"})).await;
    let once = shop.price(json!({"unit_amount_atom": 5})).await;
    let created = shop.subscribe(&price, json!({})).await.ok();
    let item = created.body["items"][0]["id"].clone();
    let refused = shop
        .client
        .change_items(
            &created.id(),
            json!({"proration_behavior": "always_invoice", "items": [
                {"action": "add", "price_id": price},
                {"action": "add", "price_id": yearly},
                {"action": "add", "price_id": once},
                {"action": "update", "subscription_item_id": item, "quantity": 2},
                {"action": "delete", "subscription_item_id": item},
                {"action": "add", "price_id": "price_stg_0000000000000000"},
            ]}),
        )
        .await
        .refused(422);
    assert_eq!(
        refused.faults(),
        [
            "/items/1/price_id interval_mismatch",
            "/items/2/price_id interval_mismatch",
            "/items/4/subscription_item_id duplicate",
            "/items/5/price_id no_such_object",
        ]
    );
    let last = json!({"proration_behavior": "none", "items": [
        {"action": "delete", "subscription_item_id": item},
    ]});
    shop.client.change_items(&created.id(), last).await.refused(422);
    assert_eq!(shop.subscription(&created.id()).await, created.body);
    assert_eq!(shop.invoices(&created.id()).await.len(), 1);
}

#[tokio::test]
async fn a_subscription_can_begin_later() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let later = json!({"period_start": "2026-03-31T10:00:00Z"});
    let created = shop.subscribe(&price, later).await.ok();
    assert_eq!(created.body["state"], "scheduled");
    assert!(shop.invoices(&created.id()).await.is_empty());
    shop.advance("2026-05-01T00:00:00Z").await;
    assert_eq!(shop.subscription(&created.id()).await["state"], "active");
    assert_eq!(
        fields(&shop.invoices(&created.id()).await, &["period_start", "state"]),
        [json!(["2026-03-31T10:00:00.000Z", "paid"]), json!(["2026-04-30T10:00:00.000Z", "paid"]),]
    );
}

#[tokio::test]
async fn a_subscription_cannot_have_begun_before_anybody_kept_books() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    for start in ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2021-01-29T00:00:00Z"] {
        let refused = shop.subscribe(&price, json!({"period_start": start})).await.refused(422);
        assert_eq!(refused.faults(), ["/period_start out_of_range"], "{start}");
        assert!(refused.body["detail"].as_str().unwrap().contains("at most 5 years ago"));
    }
    shop.subscribe(&price, json!({"period_start": "2021-01-31T10:00:00Z"})).await.ok();
}

#[tokio::test]
async fn coupons_reduce_as_many_invoices_as_they_say() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let coupon = |rest: Value| {
        let mut body = json!({"discount_type": "percentage", "percent_off": 25});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body
    };
    let once = shop.client.create_coupon(coupon(json!({}))).await.ok().id();
    let twice = json!({"duration": "repeating", "duration_in_months": 2, "max_redemptions": 1});
    let twice = shop.client.create_coupon(coupon(twice)).await.ok().id();
    let forever = shop.client.create_coupon(coupon(json!({"duration": "forever"}))).await.ok().id();
    let code = json!({"coupon_id": forever, "code": "WELCOME"});
    shop.client.create_promotion_code(code).await.ok();
    let requests = [
        json!({"coupon_id": once}),
        json!({"coupon_id": twice}),
        json!({"promotion_code": "welcome"}),
    ];
    let mut ids = Vec::new();
    for request in requests {
        ids.push(shop.subscribe(&price, request).await.ok().id());
    }
    let used_up = shop.subscribe(&price, json!({"coupon_id": twice})).await.refused(422);
    assert_eq!(used_up.faults(), ["/coupon_id used_up"]);
    shop.advance("2026-04-01T00:00:00Z").await;
    for (id, totals) in ids.iter().zip([[750, 1000, 1000], [750, 750, 1000], [750, 750, 750]]) {
        let invoices = shop.invoices(id).await;
        let paid: Vec<i64> =
            invoices.iter().map(|one| one["paid_amount_atom"].as_i64().unwrap()).collect();
        assert_eq!(paid, totals);
    }
}

#[tokio::test]
async fn what_a_change_gives_back_is_what_was_paid_after_the_discount() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_success").await;
    let (large, small) = (shop.monthly(3100).await, shop.monthly(1550).await);
    let coupon = json!({"discount_type": "percentage", "percent_off": 50, "duration": "forever"});
    let coupon = shop.client.create_coupon(coupon).await.ok().id();
    let created = shop.subscribe(&large, json!({"coupon_id": coupon})).await.ok();
    shop.advance("2026-01-22T00:00:00Z").await;
    let item = created.body["items"][0]["id"].clone();
    let change = |price: &str| {
        json!({"proration_behavior": "always_invoice", "items": [
            {"action": "update", "subscription_item_id": item, "price_id": price},
        ]})
    };
    // Ten of thirty-one days of 1,550 that were paid, against half of 500.
    let changed = shop.client.change_items(&created.id(), change(&small)).await.ok();
    assert_eq!(changed.body["proration_amount_atom"], -250);
    // And back: what was just paid is given back, and half of 1,000 is charged.
    let changed = shop.client.change_items(&created.id(), change(&large)).await.ok();
    assert_eq!(changed.body["proration_amount_atom"], 250);
}

#[tokio::test]
async fn a_plan_is_changed_now_later_or_once_it_is_paid() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_success").await;
    let (small, large) = (shop.monthly(3100).await, shop.monthly(6200).await);
    let id = shop.subscribe(&small, json!({})).await.ok().id();
    shop.advance("2026-01-22T00:00:00Z").await;
    let later = json!({"new_price_id": large, "effective_at": "2026-02-01T00:00:00Z"});
    let planned = shop.client.change_plan(&id, later).await.ok();
    assert_eq!(planned.body["items"][0]["price_id"], small);
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.subscription(&id).await["items"][0]["price_id"], large);
    assert_eq!(shop.invoices(&id).await.pop().unwrap()["total_amount_atom"], 6200);
    let paid_first = json!({"new_price_id": small, "pay_before_change": true, "reason": "smaller"});
    let changed = shop.client.change_plan(&id, paid_first).await.ok();
    assert_eq!(changed.body["items"][0]["price_id"], small);
    assert_eq!(changed.body["change_reason"], "smaller");
    let now = shop.client.change_plan(&id, json!({"new_price_id": large})).await.ok();
    assert_eq!(now.body["items"][0]["price_id"], large);
}

#[tokio::test]
async fn references_and_terms_that_do_not_fit_are_all_named_and_nothing_is_made() {
    let shop = Shop::open().await;
    let monthly = shop.monthly(1000).await;
    let yearly = shop.price(json!({"unit_amount_atom": 1, "billing_interval": "year"})).await;
    let euro = json!({"product_id": shop.product, "currency": "eur", "unit_amount_atom": 1,
        "billing_interval": "month"});
    let euro = shop.client.create_price(euro).await.ok().id();
    let other = shop.api.account("stg").await;
    let other = shop.api.client_of(&other);
    let stranger = other.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let refused = shop
        .client
        .create_subscription(json!({
            "customer_id": stranger,
            "items": [{"price_id": monthly}, {"price_id": yearly}, {"price_id": euro}],
            "processor_id": "proc_stg_0000000000000000",
            "default_payment_method_id": "pm_stg_0000000000000000",
            "coupon_id": "cpn_stg_0000000000000000",
            "trial_end": "2026-02-14T10:00:00Z", "trial_period_days": 3,
        }))
        .await
        .refused(422);
    assert_eq!(
        refused.faults(),
        [
            "/customer_id no_such_object",
            "/items/1/price_id interval_mismatch",
            "/items/2/price_id currency_mismatch",
            "/processor_id no_such_object",
            "/default_payment_method_id no_such_object",
            "/coupon_id no_such_object",
            "/trial_end not_combinable",
        ]
    );
    let huge = shop.price(json!({"unit_amount_atom": i64::MAX, "billing_interval": "month"})).await;
    let body = json!({"customer_id": shop.customer, "items": [{"price_id": huge, "quantity": 2}]});
    shop.client.create_subscription(body).await.refused(422);
    assert_eq!(shop.client.list_subscriptions("").await.ok().body["total"], 0);
    assert_eq!(shop.client.list_invoices("").await.ok().body["total"], 0);
}

#[tokio::test]
async fn a_first_payment_that_fails_leaves_it_incomplete_and_a_later_one_activates_it() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "test_decline_soft").await;
    let price = shop.monthly(3100).await;
    let created = shop.subscribe(&price, json!({})).await.ok();
    assert_eq!(created.body["state"], "incomplete");
    let invoice = shop.invoices(&created.id()).await.remove(0);
    assert_eq!(invoice["state"], "past_due");
    assert_eq!(invoice["last_payment_error"]["code"], "insufficient_funds");
    assert_eq!(invoice["next_payment_attempt_at"], "2026-01-01T01:00:00.000Z");
    let id = invoice["id"].as_str().unwrap();
    let method = json!({"token": "test_success"});
    let method = shop.client.add_payment_method(&shop.customer, method).await.ok().id();
    let paid = shop.client.pay_invoice(id, json!({"payment_method_id": method})).await.ok();
    // The second attempt was made when the method was added: the default one is still the first.
    assert_eq!((&paid.body["state"], &paid.body["attempt_count"]), (&json!("paid"), &json!(3)));
    assert_eq!(shop.subscription(&created.id()).await["state"], "active");
}

#[tokio::test]
async fn lists_are_filtered_by_customer_and_state() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let (one, two) = (
        shop.subscribe(&price, json!({})).await.ok().id(),
        shop.subscribe(&price, json!({})).await.ok().id(),
    );
    shop.client.cancel_subscription(&one, json!({})).await.ok();
    let total = async |query: &str| {
        shop.client.list_subscriptions(query).await.ok().body["total"].as_i64().unwrap()
    };
    assert_eq!(total(&format!("?customer_id={}", shop.customer)).await, 2);
    assert_eq!(total("?state=active").await, 1);
    assert_eq!(total(&format!("?customer_id={}&status=cancelled", shop.customer)).await, 1);
    shop.client.list_subscriptions("?state=active&status=paused").await.refused(400);
    let active = shop.client.list_subscriptions("?status=active").await.ok();
    assert_eq!(active.items()[0]["id"], two);
    let combined = format!("?subscription_id={two}&state=paid");
    let refused = shop.client.list_invoices(&combined).await.refused(400);
    assert_eq!(refused.faults(), ["?subscription_id not_combinable"]);
}
