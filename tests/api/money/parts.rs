//! What is measured, paid or given back in parts comes to the whole: usage of a period that was paused,
//! payments of one invoice, drafts of periods that are over, a refund that was not made after all.

mod rounded;

use serde_json::{Value, json};

use super::{HALF, JANUARY, Shop, id, shop};
use crate::billing::fields;

pub(super) const AFTER_HALF: &str = "2026-01-16T12:02:00Z";
const TENTH: &str = "2026-01-10T00:00:00Z";

/// A price of what a meter of its own counts, subscribed to.
pub(super) struct Measured {
    pub(super) event: String,
    pub(super) sold: Value,
}

impl Shop {
    pub(super) async fn measured(&self, event: &str, formula: &str, terms: Value) -> Measured {
        let meter =
            json!({"display_name": "T", "event_name": event, "aggregation_formula": formula});
        let meter = self.client.create_meter(meter).await.ok().id();
        let price = self.metered(&meter, terms).await;
        let sold = self.subscribe(&price, json!({})).await.ok().body;
        Measured { event: event.to_owned(), sold }
    }

    pub(super) async fn metered(&self, meter: &str, terms: Value) -> String {
        let mut price =
            json!({"usage_type": "metered", "meter_id": meter, "billing_interval": "month"});
        price.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        self.price(price).await
    }

    pub(super) async fn uses(&self, of: &Measured, at: &str, value: i64) {
        let event = json!({"event_name": of.event, "identifier": at, "timestamp": at,
            "payload": {"customer_id": self.customer, "value": value}});
        self.client.record_usage(event).await.ok();
    }

    pub(super) async fn pauses(&self, subscription: &Value) {
        self.client.pause_subscription(id(subscription), json!({})).await.ok();
    }

    pub(super) async fn pays_in(&self, invoice: &Value, parts: &[i64]) {
        for amount in parts {
            let part = json!({"amount_atom": amount});
            self.client.pay_invoice(invoice.as_str().unwrap(), part).await.ok();
        }
    }

    /// A subscription whose invoices are sent, and a card that somebody may pay them with.
    pub(super) async fn sent(&self, amount: i64) -> Value {
        let price = self.monthly(amount).await;
        let sold = self.subscribe(&price, json!({"collection_method": "send_invoice"})).await;
        sold.ok().body
    }

    pub(super) async fn card(&self, token: &str) {
        self.client.add_payment_method(&self.customer, json!({"token": token})).await.ok();
    }

    pub(super) async fn waiting_change(&self, sold: &Value, price: &str) -> Value {
        let change = json!({"new_price_id": price, "pay_before_change": true});
        let changed = self.client.change_plan(id(sold), change).await.ok().body;
        changed["latest_invoice_id"].clone()
    }
}

pub(super) fn amounts(invoice: &Value) -> Vec<i64> {
    let lines = invoice["items"].as_array().unwrap().iter();
    lines.map(|line| line["amount_atom"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_period_that_was_paused_has_one_price() {
    let shop = shop("test_success").await;
    let flat = json!({"tiers_mode": "graduated", "tiers": [
        {"up_to": null, "unit_amount_atom": 0, "flat_amount_atom": 2000}]});
    let included = json!({"tiers_mode": "graduated", "tiers": [
        {"up_to": 100, "unit_amount_atom": 0}, {"unit_amount_atom": 10}]});
    let cheaper = json!({"tiers_mode": "volume", "tiers": [
        {"up_to": 100, "unit_amount_atom": 10}, {"unit_amount_atom": 5}]});
    let each = json!({"unit_amount_atom": 10});
    let mut all = Vec::new();
    for (event, formula, terms, uses, january) in [
        ("flat", "sum", flat, [80, 80], vec![2000, 0]),
        ("included", "sum", included, [80, 80], vec![0, 600]),
        ("volume", "sum", cheaper, [80, 80], vec![800, 0]),
        ("largest", "max", each.clone(), [5, 8], vec![50, 30]),
        ("last", "last", each.clone(), [8, 5], vec![50, 0]),
        ("none_since", "last", each, [8, 0], vec![80, 0]),
    ] {
        let measured = shop.measured(event, formula, terms).await;
        shop.uses(&measured, JANUARY, uses[0]).await;
        all.push((measured, uses[1], january));
    }
    shop.advance(TENTH).await;
    for (measured, ..) in &all {
        shop.pauses(&measured.sold).await;
    }
    shop.advance("2026-01-10T01:00:00Z").await;
    for (measured, ..) in &all {
        shop.client.resume_subscription(id(&measured.sold)).await.ok();
    }
    shop.advance("2026-01-20T00:00:00Z").await;
    for (measured, value, _) in all.iter().filter(|(_, value, _)| *value > 0) {
        shop.uses(measured, "2026-01-20T00:00:00Z", *value).await;
    }
    shop.arrive("2026-02-01T02:00:00Z").await;
    for (measured, _, january) in &all {
        let bills = shop.invoices(id(&measured.sold)).await;
        assert_eq!(&amounts(&bills[1])[..2], january, "{}", measured.event);
    }
    // What comes late is priced with all of January; what was not used, with the rest of it.
    let included = &all[1].0;
    shop.uses(included, "2026-01-05T00:00:00Z", 20).await;
    let void = json!({"event_name": "included", "identifier": JANUARY});
    let voided = shop.client.void_usage(void).await.ok().body;
    let proposed = fields(voided["proposed_credit_notes"].as_array().unwrap(), &["amount_atom"]);
    assert_eq!(proposed, [json!([600])]);
    shop.uses(included, "2026-01-06T00:00:00Z", 100).await;
    shop.arrive("2026-03-01T02:00:00Z").await;
    let bills = shop.invoices(id(&included.sold)).await;
    // 20 + 100 + 80 are 200: 1000, of which 600 are billed.
    assert_eq!(amounts(&bills[2])[0], 400);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_price_there_and_back_is_one_price_of_a_period() {
    let shop = shop("test_success").await;
    let flat = json!({"tiers_mode": "graduated", "minimum_amount_atom": 2480, "tiers": [
        {"up_to": null, "unit_amount_atom": 0, "flat_amount_atom": 2000}]});
    let measured = shop.measured("t", "sum", flat).await;
    let first = measured.sold["items"][0]["price_id"].as_str().unwrap();
    let other = json!({"unit_amount_atom": 7});
    let meter = measured.sold["items"][0]["meter_id"].as_str().unwrap();
    let other = shop.metered(meter, other).await;
    shop.advance("2026-01-11T00:00:00Z").await;
    shop.update(&measured.sold, "none", json!({"price_id": other})).await;
    shop.uses(&measured, "2026-01-11T00:00:00Z", 3).await;
    shop.advance("2026-01-12T00:00:00Z").await;
    shop.update(&measured.sold, "none", json!({"price_id": first})).await;
    shop.arrive("2026-02-01T02:00:00Z").await;
    // 30 of 31 days at the first: at least 2400.
    let bill = shop.newest(&measured.sold).await;
    assert_eq!(amounts(&bill)[..3], [2000, 21, 400]);
    shop.api.audit().await;
}

#[tokio::test]
async fn what_was_paid_of_a_change_that_never_happened_goes_back() {
    for (option, books) in [
        ("full", [1300, 1300, 300]),
        ("prorated", [1300, 1300, 300]),
        ("none", [1300, 0, 600]),
        ("cancel_unpaid", [1300, 0, 600]),
    ] {
        let shop = shop("").await;
        let (sold, large) = (shop.sent(1000).await, shop.monthly(4000).await);
        shop.card("test_success").await;
        shop.pays_in(&sold["latest_invoice_id"], &[1000]).await;
        // Of 30.00: 2.00 from the balance, 3.00 by card and 1.00 in cash.
        let balance = json!({"amount_atom": 200, "currency": "usd"});
        shop.client.create_credit_note(&shop.customer, balance).await.ok();
        let waits = shop.waiting_change(&sold, &large).await;
        shop.pays_in(&waits, &[300]).await;
        let cash = json!({"amount_atom": 100, "paid_out_of_band": true});
        shop.client.pay_invoice(waits.as_str().unwrap(), cash).await.ok();
        let ended = shop.cancel(&sold, option).await;
        assert_eq!(shop.books().await, books, "{option}");
        let said = &ended["cancellation"];
        match option {
            "none" => assert_eq!(*said, Value::Null),
            "cancel_unpaid" => assert_eq!(said["credited_amount_atom"], 600),
            _ => assert_eq!(
                (&said["refunded_amount_atom"], &said["credited_amount_atom"]),
                (&json!(1300), &json!(300))
            ),
        }
        let void = shop.client.get_invoice(waits.as_str().unwrap()).await.ok().body;
        assert_eq!(void["state"], "void", "{option}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_a_processor_does_not_give_back_of_such_a_change_is_on_the_balance() {
    let shop = shop("").await;
    let (sold, large) = (shop.sent(1000).await, shop.monthly(4000).await);
    let first = sold["latest_invoice_id"].as_str().unwrap();
    shop.client.pay_invoice(first, json!({"paid_out_of_band": true})).await.ok();
    shop.card("test_refund_declined").await;
    let waits = shop.waiting_change(&sold, &large).await;
    shop.pays_in(&waits, &[300]).await;
    let ended = shop.cancel(&sold, "full").await;
    assert_eq!(shop.books().await, [300, 0, 1300]);
    let said = &ended["cancellation"];
    let said = (&said["refunded_amount_atom"], &said["credited_amount_atom"]);
    assert_eq!(said, (&json!(0), &json!(1300)));
    shop.api.audit().await;
}

#[tokio::test]
async fn what_was_carried_goes_to_whichever_payment_could_take_it() {
    let many = [1400, 100, 100, 100, 100, 100, 100];
    let parts: [&[i64]; 4] = [&[1700, 300], &[300, 1700], &[700, 700, 600], &many];
    for parts in parts {
        let shop = shop("").await;
        let (sold, large) = (shop.sent(2000).await, shop.monthly(4000).await);
        shop.card("test_success").await;
        shop.pays_in(&sold["latest_invoice_id"], parts).await;
        shop.advance(HALF).await;
        let changed = shop.update(&sold, "always_invoice", json!({"price_id": large})).await;
        shop.pays_in(&changed["invoice_id"], &[1000]).await;
        let ended = shop.cancel(&sold, "full").await;
        assert_eq!(shop.books().await, [3000, 3000, 0], "{parts:?}");
        assert_eq!(ended["cancellation"]["refunded_amount_atom"], 3000, "{parts:?}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn many_payments_and_the_balance_get_back_what_each_paid() {
    let shop = shop("").await;
    let balance = json!({"amount_atom": 400, "currency": "usd"});
    shop.client.create_credit_note(&shop.customer, balance).await.ok();
    let sold = shop.sent(1000).await;
    shop.card("test_success").await;
    shop.pays_in(&sold["latest_invoice_id"], &[100; 6]).await;
    let ended = shop.cancel(&sold, "full").await;
    assert_eq!(shop.books().await, [600, 600, 400]);
    let said = &ended["cancellation"];
    let said = (&said["refunded_amount_atom"], &said["credited_amount_atom"]);
    assert_eq!(said, (&json!(600), &json!(400)));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_contract_that_is_over_already_is_billed_for_all_of_its_time() {
    let shop = shop("test_success").await;
    let price = shop.monthly(1000).await;
    let contract = json!({"period_start": "2025-08-15T00:00:00Z", "contract_length": 4,
        "auto_renew": false});
    let sold = shop.subscribe(&price, contract).await.ok().body;
    shop.arrive("2026-01-02T00:00:00Z").await;
    let ended = shop.subscription(id(&sold)).await;
    assert_eq!(ended["state"], "cancelled");
    assert_eq!(ended["cancelled_at"], "2025-12-15T00:00:00.000Z");
    assert_eq!(shop.books().await, [4000, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn drafts_go_at_a_cancellation_and_what_is_over_is_owed_where_its_time_had_come() {
    let paid = |count: usize| vec![json!(["paid", 0]); count];
    // On the third day, of which the second and the third are drafts.
    for (ended, bills) in [
        ("none", paid(1)),
        ("prorated", paid(1)),
        ("full", paid(1)),
        ("cancel_unpaid", paid(1)),
        ("period end", paid(3)),
        ("paused", paid(1)),
    ] {
        let shop = shop("test_success").await;
        shop.client.update_account(json!({"finalization_delay_hours": 72})).await.ok();
        let price = shop.price(json!({"unit_amount_atom": 1000, "billing_interval": "day"})).await;
        let sold = shop.subscribe(&price, json!({})).await.ok().body;
        if ended == "paused" {
            shop.advance("2026-01-02T00:10:00Z").await;
            shop.pauses(&sold).await;
        }
        shop.advance("2026-01-03T12:00:00Z").await;
        match ended {
            "period end" => {
                shop.client.schedule_cancellation(id(&sold), json!({})).await.ok();
            }
            "paused" => drop(shop.cancel(&sold, "none").await),
            option => drop(shop.cancel(&sold, option).await),
        }
        shop.arrive("2026-01-12T00:00:00Z").await;
        let left = fields(&shop.invoices(id(&sold)).await, &["state", "due_amount_atom"]);
        assert_eq!(left, bills, "{ended}");
        let captured = bills.iter().filter(|bill| bill[0] == "paid").count();
        let captured = 1000 * i64::try_from(captured).unwrap();
        // Of the day that is running nothing was paid.
        assert_eq!(shop.books().await, [captured, 0, 0], "{ended}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn an_end_by_hand_counts_again_when_the_contract_goes_on() {
    let shop = shop("test_success").await;
    let price = shop.monthly(1000).await;
    let contract = json!({"contract_length": 3, "auto_renew": false});
    let sold = shop.subscribe(&price, contract).await.ok().body;
    let end = |at: &str| json!({"cancel_at": at});
    let (june, april) = ("2026-06-10T00:00:00.000Z", "2026-04-01T00:00:00.000Z");
    let scheduled = shop.client.schedule_cancellation(id(&sold), end(june)).await.ok().body;
    assert_eq!(scheduled["cancel_at"], april);
    let patch = async |patch: Value| {
        let patched = shop.client.update_subscription(id(&sold), patch).await.ok().body;
        patched["cancel_at"].clone()
    };
    assert_eq!(patch(json!({"auto_renew": true})).await, june);
    assert_eq!(patch(json!({"auto_renew": false})).await, april);
    assert_eq!(patch(json!({"contract_length": 12})).await, june);
    // The contract's own end, by hand: it stays when the contract is longer.
    shop.client.schedule_cancellation(id(&sold), end("2027-01-01T00:00:00.000Z")).await.ok();
    assert_eq!(patch(json!({"contract_length": 24})).await, "2027-01-01T00:00:00.000Z");
    let none = json!({"cancel_at_period_end": false});
    shop.client.schedule_cancellation(id(&sold), none).await.ok();
    assert_eq!(patch(json!({"auto_renew": true})).await, Value::Null);
}

#[tokio::test]
async fn what_a_change_could_not_credit_is_made_up_when_the_refund_fails() {
    // 10.00, to 20.00 at the half, of which a refund is on its way: 15.00 are kept, as if there was none.
    for (refund, void, books) in
        [(1000, false, [2000, 0, 500]), (200, false, [1700, 0, 200]), (1000, true, [1000, 0, 0])]
    {
        let shop = shop("test_refund_pending_fails").await;
        let (sold, large) = (shop.sold(1000).await, shop.monthly(2000).await);
        shop.advance(HALF).await;
        let payment = shop.newest(&sold).await["payment_intent_id"].clone();
        let refund = json!({"payment_intent_id": payment, "amount_atom": refund});
        shop.client.create_refund(refund).await.ok();
        if void {
            shop.pays_by("test_decline_soft").await;
        }
        let changed = shop.update(&sold, "always_invoice", json!({"price_id": large})).await;
        if void {
            shop.client.void_invoice(changed["invoice_id"].as_str().unwrap()).await.ok();
        }
        shop.advance(AFTER_HALF).await;
        assert_eq!(shop.books().await, books, "void: {void}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn an_end_gives_back_what_it_did_not_because_of_a_refund_that_fails() {
    let shop = shop("").await;
    let sold = shop.sent(1000).await;
    let first = sold["latest_invoice_id"].clone();
    shop.card("test_refund_pending_fails").await;
    shop.pays_in(&first, &[400]).await;
    let refunded = shop.client.get_invoice(first.as_str().unwrap()).await.ok().body;
    shop.pays_by("test_success").await;
    shop.pays_in(&first, &[600]).await;
    shop.advance(HALF).await;
    let refund = json!({"payment_intent_id": refunded["payment_intent_id"]});
    shop.client.create_refund(refund).await.ok();
    let ended = shop.cancel(&sold, "prorated").await;
    assert_eq!(ended["cancellation"]["refunded_amount_atom"], 100);
    shop.advance(AFTER_HALF).await;
    assert_eq!(shop.books().await, [1000, 500, 0]);
    let ended = shop.subscription(id(&sold)).await;
    assert_eq!(ended["cancellation"]["refunded_amount_atom"], 500);
    shop.api.audit().await;
}
