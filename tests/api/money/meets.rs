//! Where two rules meet: an end by hand and a contract, a pause and a trial, a note and a void, a
//! coupon and a change. What each gives back or takes off is counted once.

use serde_json::{Value, json};

use super::{HALF, JANUARY, Shop, THREE_QUARTERS, id, item, shop};

const DRAFT_HOUR: &str = "2026-02-01T00:20:00Z";
const FEBRUARY: &str = "2026-02-01T02:00:00Z";

impl Shop {
    async fn patch(&self, subscription: &Value, patch: Value) -> Value {
        self.client.update_subscription(id(subscription), patch).await.ok().body
    }

    /// A change of the first item to `price`, billed now and declined: its invoice.
    async fn declined_change(&self, sold: &Value, price: &str) -> Value {
        self.pays_by("test_decline_soft").await;
        self.advance(HALF).await;
        let changed = self.update(sold, "always_invoice", json!({"price_id": price})).await;
        let invoice = changed["invoice_id"].as_str().unwrap();
        self.client.get_invoice(invoice).await.ok().body
    }

    async fn remove(&self, subscription: &Value, index: usize) -> Value {
        let edit = json!({"action": "delete", "subscription_item_id": item(subscription, index)});
        let change = json!({"proration_behavior": "always_invoice", "items": [edit]});
        self.client.change_items(id(subscription), change).await.ok().body
    }

    async fn put_on(&self, subscription: &Value, coupon: Value) -> String {
        let coupon = self.client.create_coupon(coupon).await.ok().id();
        self.patch(subscription, json!({"coupon_id": coupon})).await;
        coupon
    }
}

#[tokio::test]
async fn what_a_note_gave_back_of_a_void_change_is_not_given_back_again() {
    for option in ["void", "full"] {
        let shop = shop("test_success").await;
        let (sold, large) = (shop.sold(1000).await, shop.monthly(2000).await);
        // -5.00 + 10.00, declined: 5.00 were carried from January, and the note gives those back.
        let change = shop.declined_change(&sold, &large).await;
        let note = json!({"invoice_id": id(&change), "amount_atom": 500, "currency": "usd"});
        shop.client.create_credit_note(&shop.customer, note).await.ok();
        if option == "void" {
            shop.client.void_invoice(id(&change)).await.ok();
        }
        shop.cancel(&sold, "full").await;
        let [captured, refunded, balance] = shop.books().await;
        assert_eq!((captured, refunded + balance), (1000, 1000), "{option}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_counted_before_a_void_change_counts_again() {
    let shop = shop("test_success").await;
    let (sold, large) = (shop.sold(1000).await, shop.monthly(2000).await);
    let small = sold["items"][0]["price_id"].as_str().unwrap().to_owned();
    let change = shop.declined_change(&sold, &large).await;
    shop.client.void_invoice(id(&change)).await.ok();
    shop.pays_by("test_success").await;
    shop.advance(THREE_QUARTERS).await;
    // January was paid by 10.00, and is kept whole.
    shop.update(&sold, "always_invoice", json!({"price_id": small})).await;
    assert_eq!(shop.books().await, [1000, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_that_may_never_happen_makes_no_other_bill_cheaper() {
    let shop = shop("").await;
    let (price, large) = (shop.monthly(1000).await, shop.monthly(2000).await);
    let sent = json!({"collection_method": "send_invoice"});
    let sold = shop.subscribe(&price, sent).await.ok().body;
    shop.advance(HALF).await;
    let change = json!({"new_price_id": large, "pay_before_change": true});
    let refused = shop.client.change_plan(id(&sold), change).await.refused(422);
    assert_eq!(refused.body["errors"][0]["code"], "invoice_not_paid");
    assert_eq!(shop.due(&sold).await, 1000);
    // At once it is taken off what is open: nobody paid for that time.
    let change = json!({"new_price_id": large});
    shop.client.change_plan(id(&sold), change).await.ok();
    assert_eq!(shop.due(&sold).await, 1500);
}

#[tokio::test]
async fn of_a_part_paid_invoice_that_was_refunded_nothing_is_left_after_a_change() {
    let shop = shop("").await;
    let price = shop.monthly(5000).await;
    let two = json!({"collection_method": "send_invoice",
        "items": [{"price_id": price}, {"price_id": price}]});
    let sold = shop.subscribe(&price, two).await.ok().body;
    let first = sold["latest_invoice_id"].as_str().unwrap();
    shop.client.add_payment_method(&shop.customer, json!({"token": "test_success"})).await.ok();
    let paid = shop.client.pay_invoice(first, json!({"amount_atom": 5000})).await.ok().body;
    let refund = json!({"payment_intent_id": paid["payment_intent_id"]});
    shop.client.create_refund(refund).await.ok();
    shop.advance(HALF).await;
    shop.remove(&sold, 1).await;
    let note = json!({"invoice_id": first, "amount_atom": 1, "currency": "usd"});
    shop.client.create_credit_note(&shop.customer, note).await.refused(422);
    assert_eq!(shop.books().await, [5000, 5000, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn an_end_by_hand_stays_whatever_the_contract_is_and_a_contract_counts_from_the_trial() {
    let shop = shop("test_success").await;
    let price = shop.monthly(1000).await;
    for patch in [json!({"auto_renew": true}), json!({"contract_length": 12})] {
        let sold = shop.subscribe(&price, json!({})).await.ok().body;
        let end = json!({"cancel_at": "2026-03-10T00:00:00Z"});
        shop.client.schedule_cancellation(id(&sold), end).await.ok();
        let patched = shop.patch(&sold, patch).await;
        assert_eq!(patched["cancel_at"], "2026-03-10T00:00:00.000Z");
    }
    let contract = json!({"trial_period_days": 10, "contract_length": 3, "auto_renew": false});
    let sold = shop.subscribe(&price, contract).await.ok().body;
    let patched = shop.patch(&sold, json!({"trial_period_days": 25})).await;
    assert_eq!(patched["cancel_at"], "2026-04-26T00:00:00.000Z");
    let patched = shop.patch(&sold, json!({"auto_renew": true})).await;
    assert_eq!(patched["cancel_at"], Value::Null);
}

#[tokio::test]
async fn a_pause_at_the_end_of_a_trial_moves_with_it_or_stands_in_its_way() {
    let shop = shop("test_success").await;
    let price = shop.monthly(3000).await;
    let trial = json!({"trial_end": "2026-02-01T00:00:00Z"});
    let sold = shop.subscribe(&price, trial.clone()).await.ok().body;
    let pause = json!({"behavior": "pause_at_end", "pause_for_cycles": 1});
    shop.client.pause_subscription(id(&sold), pause).await.ok();
    let moved = shop.patch(&sold, json!({"trial_end": "2026-03-15T00:00:00Z"})).await;
    assert_eq!(moved["pause"]["pauses_at"], "2026-03-15T00:00:00.000Z");
    assert_eq!(moved["pause"]["resumes_at"], "2026-04-15T00:00:00.000Z");
    let other = shop.subscribe(&price, trial).await.ok().body;
    let pause = json!({"behavior": "pause_at_end", "resumes_at": "2026-02-20T00:00:00Z"});
    shop.client.pause_subscription(id(&other), pause).await.ok();
    let late = json!({"trial_end": "2026-03-15T00:00:00Z"});
    let refused = shop.client.update_subscription(id(&other), late).await.refused(422);
    assert_eq!(refused.faults(), ["/trial_end not_combinable"]);
    shop.advance("2026-03-16T00:00:00Z").await;
    assert_eq!(shop.subscription(id(&sold)).await["state"], "paused");
}

#[tokio::test]
async fn every_redemption_that_reduced_no_settled_bill_is_given_back_once() {
    let shop = shop("test_success").await;
    let price = shop.monthly(1000).await;
    let once = |percent: i64| json!({"discount_type": "percentage", "percent_off": percent, "duration": "once"});
    let times = async |coupon: &str| -> Value {
        shop.client.get_coupon(coupon).await.ok().body["times_redeemed"].clone()
    };
    // The bill that the first one reduced is paid after another has taken its place.
    let first = shop.client.create_coupon(once(50)).await.ok().id();
    let sent = json!({"collection_method": "send_invoice", "coupon_id": first});
    let sold = shop.subscribe(&price, sent).await.ok().body;
    let second = shop.put_on(&sold, once(20)).await;
    let bill = sold["latest_invoice_id"].as_str().unwrap();
    shop.client.pay_invoice(bill, json!({"paid_out_of_band": true})).await.ok();
    shop.cancel(&sold, "none").await;
    assert_eq!((times(&first).await, times(&second).await), (json!(1), json!(0)));
    // Replaced, and removed, before they reduced anything.
    let sold = shop.subscribe(&price, json!({})).await.ok().body;
    let (first, second) = (shop.put_on(&sold, once(50)).await, shop.put_on(&sold, once(20)).await);
    shop.patch(&sold, json!({"coupon_id": first})).await;
    shop.patch(&sold, json!({"coupon_id": ""})).await;
    assert_eq!((times(&first).await, times(&second).await), (json!(2), json!(1)));
    shop.cancel(&sold, "none").await;
    assert_eq!((times(&first).await, times(&second).await), (json!(0), json!(0)));
}

#[tokio::test]
async fn a_session_gives_a_redemption_back_where_nobody_has() {
    for ended in ["void", "cancel", "expires"] {
        let shop = shop("test_success").await;
        let price = shop.monthly(1000).await;
        let half = json!({"discount_type": "percentage", "percent_off": 50});
        let coupon = shop.client.create_coupon(half).await.ok().id();
        shop.subscribe(&price, json!({"coupon_id": coupon})).await.ok();
        let session = json!({"customer_id": shop.customer, "coupon_id": coupon,
            "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
            "line_items": [{"price_id": price}]});
        let session = shop.client.create_session(session).await.ok().id();
        let declined = json!({"payment_method": {"token": "test_decline_soft"}});
        shop.client.complete_session(&session, declined).await.refused(422);
        let query = format!("?customer_id={}&state=incomplete", shop.customer);
        let begun = shop.client.list_subscriptions(&query).await.ok().items()[0].clone();
        match ended {
            "void" => {
                let first = begun["latest_invoice_id"].as_str().unwrap();
                shop.client.void_invoice(first).await.ok();
            }
            "cancel" => drop(shop.cancel(&begun, "none").await),
            _ => {}
        }
        shop.advance("2026-01-03T00:00:00Z").await;
        let session = shop.client.get_session(&session).await.ok().body;
        assert_eq!(session["state"], "expired");
        let coupon = shop.client.get_coupon(&coupon).await.ok().body;
        assert_eq!(coupon["times_redeemed"], 1, "{ended}");
    }
}

#[tokio::test]
async fn a_session_that_ends_with_a_part_paid_gives_that_back_and_its_subscription_ends() {
    let shop = shop("").await;
    let price = shop.monthly(1000).await;
    let session = json!({"customer_id": shop.customer, "line_items": [{"price_id": price}],
        "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart"});
    let session = shop.client.create_session(session).await.ok().id();
    let declined = json!({"payment_method": {"token": "test_decline_soft"}});
    shop.client.complete_session(&session, declined).await.refused(422);
    let invoices = shop.client.list_invoices("").await.ok();
    shop.client.add_payment_method(&shop.customer, json!({"token": "test_success"})).await.ok();
    let part = json!({"amount_atom": 300});
    shop.client.pay_invoice(id(&invoices.items()[0]), part).await.ok();
    shop.advance("2026-01-03T00:00:00Z").await;
    let ended = shop.client.list_subscriptions("").await.ok().items()[0].clone();
    assert_eq!(ended["state"], "cancelled");
    assert_eq!(shop.books().await, [300, 300, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_coupon_for_one_invoice_is_there_again_when_that_invoice_ends_with_its_change() {
    for end in ["taken back", "period ends"] {
        let shop = shop("test_success").await;
        let (sold, large) = (shop.sold(1000).await, shop.monthly(5000).await);
        shop.pays_by("test_decline_soft").await;
        shop.advance(HALF).await;
        let once = json!({"discount_type": "percentage", "percent_off": 50, "duration": "once"});
        shop.put_on(&sold, once).await;
        let change = json!({"new_price_id": large, "pay_before_change": true});
        shop.client.change_plan(id(&sold), change.clone()).await.ok();
        // Again: the one before is replaced, and this one is reduced.
        shop.client.change_plan(id(&sold), change).await.ok();
        assert_eq!(shop.newest(&sold).await["total_amount_atom"], 750, "-5.00 + 25.00 - 12.50");
        if end == "taken back" {
            shop.client.remove_pending_change(id(&sold)).await.ok();
        } else {
            shop.advance("2026-02-01T00:00:00Z").await;
        }
        shop.pays_by("test_success").await;
        shop.advance(FEBRUARY).await;
        assert_eq!(shop.newest(&sold).await["total_amount_atom"], 500, "{end}");
    }
}

#[tokio::test]
async fn the_months_of_a_coupon_begin_with_the_first_bill_and_not_before_it_is_redeemed() {
    let months = |count: i64| {
        json!({"discount_type": "percentage", "percent_off": 50,
        "duration": "repeating", "duration_in_months": count})
    };
    let later = shop("test_success").await;
    let price = later.monthly(1000).await;
    let begins = json!({"period_start": "2026-04-01T00:00:00Z"});
    let sold = later.subscribe(&price, begins).await.ok().body;
    later.put_on(&sold, months(1)).await;
    later.arrive("2026-06-01T02:00:00Z").await;
    let bills: Vec<Value> = later
        .invoices(id(&sold))
        .await
        .iter()
        .map(|one| one["total_amount_atom"].clone())
        .collect();
    assert_eq!(bills, [500, 1000, 1000]);
    let paused = shop("test_success").await;
    let sold = paused.sold(3100).await;
    paused.advance(HALF).await;
    paused.client.pause_subscription(id(&sold), json!({})).await.ok();
    paused.advance("2026-02-20T00:00:00Z").await;
    paused.put_on(&sold, months(2)).await;
    let discount = paused.subscription(id(&sold)).await["discount"].clone();
    assert_eq!(discount["ends_at"], "2026-04-20T00:00:00.000Z");
}

#[tokio::test]
async fn what_a_change_has_credited_keeps_the_discount_that_it_was_credited_with() {
    let fixed = json!({"discount_type": "fixed_amount", "amount_off_atom": 1000, "currency": "usd",
        "duration": "forever"});
    // 20.00 less 8.00, and 5.00 less 2.00; the first is removed 20 minutes into the month.
    for removes_coupon in [true, false] {
        let shop = Shop::open_at(JANUARY, "test_success").await;
        let (large, small) = (shop.monthly(2000).await, shop.monthly(500).await);
        let coupon = shop.client.create_coupon(fixed.clone()).await.ok().id();
        let two = json!({"coupon_id": coupon,
            "items": [{"price_id": large}, {"price_id": small}]});
        let sold = shop.subscribe(&large, two).await.ok().body;
        shop.advance(DRAFT_HOUR).await;
        shop.remove(&sold, 0).await;
        if removes_coupon {
            shop.patch(&sold, json!({"coupon_id": ""})).await;
        }
        shop.advance(FEBRUARY).await;
        let left = if removes_coupon { 500 } else { 300 };
        assert_eq!(shop.books().await, [1500 + left + 1, 0, 0], "{removes_coupon}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn a_redemption_is_held_while_a_bill_that_it_reduces_can_be_paid() {
    for paid in [true, false] {
        let shop = shop("").await;
        let price = shop.monthly(1000).await;
        let once = json!({"discount_type": "percentage", "percent_off": 50, "duration": "once"});
        let coupon = shop.client.create_coupon(once).await.ok().id();
        let sent = json!({"collection_method": "send_invoice", "coupon_id": coupon});
        let sold = shop.subscribe(&price, sent).await.ok().body;
        shop.cancel(&sold, "none").await;
        let bill = sold["latest_invoice_id"].as_str().unwrap();
        match paid {
            true => shop.client.pay_invoice(bill, json!({"paid_out_of_band": true})).await.ok(),
            false => shop.client.void_invoice(bill).await.ok(),
        };
        shop.advance(HALF).await;
        let coupon = shop.client.get_coupon(&coupon).await.ok().body;
        assert_eq!(coupon["times_redeemed"], i64::from(paid));
    }
}

#[tokio::test]
async fn the_contract_that_is_running_is_the_last_when_it_does_not_renew() {
    let shop = shop("test_success").await;
    let sold = shop.sold(1000).await;
    shop.arrive("2026-04-10T00:00:00Z").await;
    // Two months each: the second contract began on 1 March.
    let patched = shop.patch(&sold, json!({"contract_length": 2, "auto_renew": false})).await;
    assert_eq!(patched["cancel_at"], "2026-05-01T00:00:00.000Z");
}

#[tokio::test]
async fn what_nobody_owes_is_not_written_off() {
    let shop = shop("test_success").await;
    let (sold, large) = (shop.sold(1000).await, shop.monthly(4000).await);
    shop.pays_by("test_decline_soft").await;
    shop.advance(HALF).await;
    let change = json!({"new_price_id": large, "pay_before_change": true});
    let waiting = shop.client.change_plan(id(&sold), change).await.ok().body;
    let invoice = waiting["latest_invoice_id"].as_str().unwrap();
    let refused = shop.client.write_off_invoice(invoice).await.refused(422);
    assert_eq!(refused.body["errors"][0]["code"], "not_owed");
    let after = shop.subscription(id(&sold)).await;
    assert_eq!(after["pending_change"]["waits_for_invoice_id"], invoice);
}

#[tokio::test]
async fn a_month_of_a_coupon_on_a_yearly_plan_is_that_of_its_first_bill() {
    let shop = shop("test_success").await;
    let year = |amount: i64| json!({"unit_amount_atom": amount, "billing_interval": "year"});
    let (yearly, more) = (shop.price(year(12_000)).await, shop.price(year(2400)).await);
    let sold = shop.subscribe(&yearly, json!({})).await.ok().body;
    shop.advance("2026-02-01T00:00:00Z").await;
    let month = json!({"discount_type": "percentage", "percent_off": 50, "duration": "repeating",
        "duration_in_months": 1});
    shop.put_on(&sold, month).await;
    for at in ["2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z"] {
        shop.arrive(at).await;
        let edit = json!({"action": "add", "price_id": more});
        let change = json!({"proration_behavior": "always_invoice", "items": [edit]});
        shop.client.change_items(id(&sold), change).await.ok();
    }
    shop.arrive("2027-01-01T02:00:00Z").await;
    let bills = shop.invoices(id(&sold)).await;
    let reduced: Vec<bool> = bills.iter().map(|one| one["discount_amount_atom"] != 0).collect();
    assert_eq!(reduced, [false, true, false, false]);
}

#[tokio::test]
async fn a_customer_with_a_credit_balance_stays() {
    let shop = shop("").await;
    let note = json!({"amount_atom": 400, "currency": "usd"});
    shop.client.create_credit_note(&shop.customer, note).await.ok();
    let refused = shop.client.delete_customer(&shop.customer).await.refused(422);
    assert_eq!(refused.body["errors"][0]["code"], "has_credit_balance");
    let nothing = json!({"currency": "usd", "amount_atom": 0});
    shop.client.set_credit_balance(&shop.customer, nothing).await.ok();
    shop.client.delete_customer(&shop.customer).await.ok();
}
