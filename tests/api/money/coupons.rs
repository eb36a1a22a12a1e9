//! Coupons over a whole subscription: what they reduce, and what they refuse.

use serde_json::{Value, json};

use super::{HALF, Shop, id, item, shop};

impl Shop {
    async fn coupon(&self, rest: Value) -> String {
        self.client.create_coupon(rest).await.ok().id()
    }

    /// How many invoices of a subscription are reduced.
    async fn reduced(&self, subscription: &Value) -> usize {
        let invoices = self.invoices(id(subscription)).await;
        invoices.iter().filter(|one| one["discount_amount_atom"] != 0).count()
    }

    async fn times_redeemed(&self, coupon: &str) -> Value {
        self.client.get_coupon(coupon).await.ok().body["times_redeemed"].clone()
    }
}

fn half_off(duration: &str) -> Value {
    json!({"discount_type": "percentage", "percent_off": 50, "duration": duration})
}

#[tokio::test]
async fn once_reduces_one_invoice_whichever_comes_first() {
    for (behavior, waits) in [("always_invoice", false), ("create_prorations", true)] {
        let shop = shop("test_success").await;
        let sold = shop.sold(10_000).await;
        let coupon = shop.coupon(half_off("once")).await;
        let patch = json!({"coupon_id": coupon});
        shop.client.update_subscription(id(&sold), patch).await.ok();
        for quantity in [2, 3, 4] {
            shop.update(&sold, behavior, json!({"quantity": quantity})).await;
        }
        shop.advance("2026-03-01T02:00:00Z").await;
        assert_eq!(shop.reduced(&sold).await, 1, "{behavior}");
        let february = &shop.invoices(id(&sold)).await[if waits { 1 } else { 4 }];
        let reduced = february["discount_amount_atom"].as_i64().unwrap() > 0;
        assert_eq!(reduced, waits, "{behavior}: the renewal takes the lines that waited");
    }
}

#[tokio::test]
async fn once_reduces_the_invoice_that_takes_along_what_waited() {
    let shop = shop("test_success").await;
    let sold = shop.sold(10_000).await;
    let coupon = shop.coupon(half_off("once")).await;
    shop.client.update_subscription(id(&sold), json!({"coupon_id": coupon})).await.ok();
    shop.advance(HALF).await;
    shop.update(&sold, "create_prorations", json!({"quantity": 2})).await;
    let edit = json!({"action": "update", "subscription_item_id": item(&sold, 0), "quantity": 3});
    let preview = json!({"items": [edit]});
    let preview = shop.client.preview_items(id(&sold), preview).await.ok().body;
    let changed = shop.update(&sold, "always_invoice", json!({"quantity": 3})).await;
    // One seat was paid whole for the half that is left, 50.00; three cost 150.00, less the half.
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 2500);
    for amount in [&preview, &changed].map(|one| &one["proration_amount_atom"]) {
        assert_eq!(*amount, 2500);
    }
    assert_eq!(preview["next_renewal_amount_atom"], 30_000);
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 30_000);
    assert_eq!(shop.reduced(&sold).await, 1);
}

#[tokio::test]
async fn once_reduces_all_items_of_its_invoice() {
    for behavior in ["always_invoice", "create_prorations"] {
        let shop = shop("test_success").await;
        let (large, small) = (shop.monthly(10_000).await, shop.monthly(6000).await);
        let items = json!([{"price_id": large}, {"price_id": small}]);
        let sold = shop.subscribe(&large, json!({"items": items})).await.ok().body;
        let coupon = shop.coupon(half_off("once")).await;
        shop.client.update_subscription(id(&sold), json!({"coupon_id": coupon})).await.ok();
        let edit = |place: usize| json!({"action": "update", "subscription_item_id": item(&sold, place), "quantity": 2});
        let change = json!({"proration_behavior": behavior, "items": [edit(0), edit(1)]});
        let changed = shop.client.change_items(id(&sold), change).await.ok().body;
        // 160.00 were paid; twice that, less the half, is as much.
        assert_eq!(changed["proration_amount_atom"], 0, "{behavior}");
    }
}

#[tokio::test]
async fn a_fixed_coupon_is_taken_off_the_first_change_that_it_can_reduce() {
    let shop = shop("test_success").await;
    let sold = shop.sold(1000).await;
    let coupon = json!({"discount_type": "fixed_amount", "amount_off_atom": 300,
        "currency": "usd", "duration": "once"});
    let coupon = shop.coupon(coupon).await;
    shop.client.update_subscription(id(&sold), json!({"coupon_id": coupon})).await.ok();
    let changed = shop.update(&sold, "always_invoice", json!({"quantity": 2})).await;
    assert_eq!(changed["proration_amount_atom"], 700);
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 2000);
    assert_eq!(shop.reduced(&sold).await, 1);
}

#[tokio::test]
async fn what_takes_nothing_off_is_refused_and_changes_nothing() {
    let shop = shop("test_success").await;
    let dollars = json!({"discount_type": "fixed_amount", "amount_off_atom": 500,
        "currency": "usd", "duration": "once"});
    let dollars = shop.coupon(dollars).await;
    let trial = json!({"discount_type": "trial_extension", "trial_extension_days": 7});
    let trial = shop.coupon(trial).await;
    let half = shop.coupon(half_off("forever")).await;
    let euros = json!({"currency": "eur", "unit_amount_atom": 1000, "billing_interval": "month"});
    let euros = shop.price(euros).await;
    let refused = shop.subscribe(&euros, json!({"coupon_id": dollars})).await;
    assert_eq!(refused.refused(422).faults(), ["/coupon_id other_currency"]);
    let session = json!({
        "success_url": "https://e.example/s", "return_url": "https://e.example/r",
        "customer_id": shop.customer, "line_items": [{"price_id": euros}], "coupon_id": dollars,
    });
    let refused = shop.client.create_session(session).await.refused(422);
    assert_eq!(refused.faults(), ["/coupon_id other_currency"]);
    let sold = shop.subscribe(&euros, json!({"coupon_id": half})).await.ok().body;
    for (coupon, code) in [(&dollars, "other_currency"), (&trial, "no_trial")] {
        let patch = json!({"coupon_id": coupon});
        let refused = shop.client.update_subscription(id(&sold), patch).await.refused(422);
        assert_eq!(refused.faults(), [format!("/coupon_id {code}")]);
        assert_eq!(shop.times_redeemed(coupon).await, 0);
    }
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 500);
}

#[tokio::test]
async fn a_trial_that_goes_on_is_made_longer_and_keeps_its_discount() {
    let shop = shop("test_success").await;
    let (price, half) = (shop.monthly(1000).await, shop.coupon(half_off("forever")).await);
    let trial = json!({"trial_period_days": 10, "coupon_id": half});
    let sold = shop.subscribe(&price, trial).await.ok().body;
    let week = json!({"discount_type": "trial_extension", "trial_extension_days": 7});
    let week = shop.coupon(week).await;
    let patch = json!({"coupon_id": week});
    let after = shop.client.update_subscription(id(&sold), patch).await.ok().body;
    assert_eq!(after["trial_end"], "2026-01-18T00:00:00.000Z");
    assert_eq!(after["discount"]["coupon_id"], half);
    shop.advance("2026-01-18T02:00:00Z").await;
    assert_eq!(shop.books().await, [500, 0, 0]);
}

#[tokio::test]
async fn a_preview_of_the_next_renewal_is_after_the_discount() {
    for (coupon, next) in [
        (half_off("forever"), 1000),
        (half_off("once"), 2000),
        (
            json!({"discount_type": "fixed_amount", "amount_off_atom": 300, "currency": "usd",
            "duration": "forever"}),
            1700,
        ),
    ] {
        let shop = shop("test_success").await;
        let (price, large) = (shop.monthly(1000).await, shop.monthly(2000).await);
        let coupon = shop.coupon(coupon).await;
        let sold = shop.subscribe(&price, json!({"coupon_id": coupon})).await.ok().body;
        let edits = json!({"items": [{"action": "update", "price_id": large,
            "subscription_item_id": item(&sold, 0)}]});
        let preview = shop.client.preview_items(id(&sold), edits).await.ok().body;
        assert_eq!(preview["next_renewal_amount_atom"], next);
        shop.update(&sold, "always_invoice", json!({"price_id": large})).await;
        shop.advance("2026-02-01T02:00:00Z").await;
        assert_eq!(shop.newest(&sold).await["total_amount_atom"], next);
    }
}

#[tokio::test]
async fn a_fixed_discount_goes_through_a_change_whole() {
    // 5 seats of 10.00 less 10.00, to 7 and back to 5 at the half.
    let shop = shop("test_success").await;
    let coupon = json!({"discount_type": "fixed_amount", "amount_off_atom": 1000,
        "currency": "usd", "duration": "forever"});
    let coupon = shop.coupon(coupon).await;
    let price = shop.monthly(1000).await;
    let seats = json!({"coupon_id": coupon, "items": [{"price_id": price, "quantity": 5}]});
    let sold = shop.subscribe(&price, seats).await.ok().body;
    assert_eq!(shop.books().await, [4000, 0, 0]);
    shop.advance(HALF).await;
    let more = shop.update(&sold, "always_invoice", json!({"quantity": 7})).await;
    assert_eq!(more["proration_amount_atom"], 1000);
    let back = shop.update(&sold, "always_invoice", json!({"quantity": 5})).await;
    assert_eq!(back["proration_amount_atom"], -1000);
    assert_eq!(shop.books().await, [5000, 0, 1000]);
}

#[tokio::test]
async fn a_coupon_reaches_a_renewal_in_its_draft_s_hour_and_lasts_as_long_as_it_says() {
    let shop = shop("test_success").await;
    let sold = shop.sold(1000).await;
    shop.advance("2026-02-01T00:10:00Z").await;
    let coupon = json!({"discount_type": "percentage", "percent_off": 50,
        "duration": "repeating", "duration_in_months": 1});
    let coupon = shop.coupon(coupon).await;
    shop.client.update_subscription(id(&sold), json!({"coupon_id": coupon})).await.ok();
    shop.advance("2026-03-01T02:00:00Z").await;
    let totals: Vec<Value> =
        shop.invoices(id(&sold)).await.iter().map(|one| one["total_amount_atom"].clone()).collect();
    assert_eq!(totals, [1000, 500, 1000]);
}

#[tokio::test]
async fn months_that_would_reduce_no_bill_begin_with_the_first_that_they_can_reduce() {
    let month = json!({"discount_type": "percentage", "percent_off": 50,
        "duration": "repeating", "duration_in_months": 1});
    // A year that has eleven months left.
    let shop = shop("test_success").await;
    let year = json!({"unit_amount_atom": 12_000, "billing_interval": "year"});
    let year = shop.price(year).await;
    let sold = shop.subscribe(&year, json!({})).await.ok().body;
    shop.advance("2026-02-01T00:00:00Z").await;
    let coupon = shop.coupon(month.clone()).await;
    shop.client.update_subscription(id(&sold), json!({"coupon_id": coupon})).await.ok();
    shop.advance("2027-01-01T02:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 6000);
    // A trial of two months.
    let price = shop.monthly(1000).await;
    let trial = json!({"trial_period_days": 60, "coupon_id": shop.coupon(month).await});
    let sold = shop.subscribe(&price, trial).await.ok().body;
    shop.advance("2027-05-01T00:00:00Z").await;
    let totals: Vec<Value> =
        shop.invoices(id(&sold)).await.iter().map(|one| one["total_amount_atom"].clone()).collect();
    assert_eq!(totals, [0, 500, 1000]);
}

#[tokio::test]
async fn a_redemption_that_reduced_no_paid_bill_is_given_back_when_it_ends() {
    // The first payment fails for good.
    let shop = shop("test_decline_soft").await;
    let coupon = json!({"discount_type": "percentage", "percent_off": 50, "max_redemptions": 1});
    let coupon = shop.coupon(coupon).await;
    let price = shop.monthly(1000).await;
    let sold = shop.subscribe(&price, json!({"coupon_id": coupon})).await.ok().body;
    assert_eq!(shop.times_redeemed(&coupon).await, 1);
    let first = sold["latest_invoice_id"].as_str().unwrap();
    shop.client.void_invoice(first).await.ok();
    shop.advance("2026-01-01T00:01:00Z").await;
    assert_eq!(shop.times_redeemed(&coupon).await, 0);
    // A trial that was left.
    shop.pays_by("test_success").await;
    let trial = json!({"coupon_id": coupon, "trial_period_days": 10});
    let sold = shop.subscribe(&price, trial).await.ok().body;
    shop.cancel(&sold, "none").await;
    assert_eq!(shop.times_redeemed(&coupon).await, 0);
    // One that was paid is used up.
    let sold = shop.subscribe(&price, json!({"coupon_id": coupon})).await.ok().body;
    shop.cancel(&sold, "full").await;
    assert_eq!(shop.times_redeemed(&coupon).await, 1);
}
