//! Ends: what waits is settled, what is recovered recovers, and what ends stays ended.

use serde_json::{Value, json};

use super::{Shop, id, shop};
use crate::billing::fields;

impl Shop {
    async fn dunning(&self, subscription: &str, invoice: &str) {
        let dunning = json!({"subscription": subscription, "invoice": invoice, "window_days": 8});
        self.client.update_account(json!({"dunning": dunning})).await.ok();
    }
}

#[tokio::test]
async fn credit_that_waits_is_not_lost_when_dunning_cancels() {
    let shop = shop("test_success").await;
    let (large, small) = (shop.monthly(9000).await, shop.monthly(500).await);
    let items = json!({"items": [{"price_id": large, "quantity": 2}]});
    let sold = shop.subscribe(&large, items).await.ok().body;
    shop.pays_by("test_decline_soft").await;
    shop.advance("2026-01-02T00:00:00Z").await;
    let added = json!({"proration_behavior": "always_invoice", "items": [
        {"action": "add", "price_id": small}]});
    shop.client.change_items(id(&sold), added).await.ok();
    shop.update(&sold, "create_prorations", json!({"quantity": 1})).await;
    shop.advance("2026-02-05T00:00:00Z").await;
    assert_eq!(shop.subscription(id(&sold)).await["state"], "cancelled");
    assert_eq!(shop.books().await, [18_000, 0, 8709]);
}

#[tokio::test]
async fn credit_that_waits_is_not_lost_at_a_scheduled_end() {
    let shop = shop("test_success").await;
    let sold = shop.sold(1000).await;
    shop.update(&sold, "create_prorations", json!({"quantity": 3})).await;
    shop.update(&sold, "create_prorations", json!({"quantity": 0})).await;
    shop.client.schedule_cancellation(id(&sold), json!({})).await.ok();
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.books().await, [1000, 0, 1000]);
    assert_eq!(shop.due(&sold).await, 0);
}

#[tokio::test]
async fn a_subscription_recovers_when_what_it_owes_is_settled() {
    for (invoice, state) in [("mark_uncollectible", "active"), ("leave_open", "past_due")] {
        let shop = shop("test_success").await;
        shop.dunning("keep_past_due", invoice).await;
        let sold = shop.sold(1000).await;
        shop.pays_by("test_decline_soft").await;
        shop.advance("2026-02-15T00:00:00Z").await;
        assert_eq!(shop.subscription(id(&sold)).await["state"], "past_due");
        shop.pays_by("test_success").await;
        shop.advance("2026-04-01T02:00:00Z").await;
        assert_eq!(shop.newest(&sold).await["state"], "paid");
        assert_eq!(shop.subscription(id(&sold)).await["state"], state, "{invoice}");
    }
}

#[tokio::test]
async fn a_first_invoice_that_is_given_up_ends_what_never_began() {
    for void in [true, false] {
        let shop = shop("test_decline_soft").await;
        let sold = shop.sold(1000).await;
        assert_eq!(sold["state"], "incomplete");
        let first = sold["latest_invoice_id"].as_str().unwrap();
        match void {
            true => shop.client.void_invoice(first).await.ok(),
            false => shop.client.write_off_invoice(first).await.ok(),
        };
        assert_eq!(shop.subscription(id(&sold)).await["state"], "cancelled");
        shop.advance("2026-04-01T00:00:00Z").await;
        assert_eq!(shop.invoices(id(&sold)).await.len(), 1);
    }
}

#[tokio::test]
async fn a_pause_keeps_the_end_of_the_contract() {
    let shop = shop("test_success").await;
    let price = shop.monthly(3100).await;
    let contract = json!({"contract_length": 3, "auto_renew": false});
    let sold = shop.subscribe(&price, contract).await.ok().body;
    shop.advance("2026-01-10T00:00:00Z").await;
    shop.client.pause_subscription(id(&sold), json!({})).await.ok();
    shop.advance("2026-01-12T00:00:00Z").await;
    shop.client.resume_subscription(id(&sold)).await.ok();
    shop.advance("2026-06-02T00:00:00Z").await;
    let ended = shop.subscription(id(&sold)).await;
    assert_eq!(ended["state"], "cancelled");
    assert_eq!(ended["cancelled_at"], "2026-04-01T00:00:00.000Z");
    assert_eq!(shop.invoices(id(&sold)).await.len(), 3);
}

#[tokio::test]
async fn a_pause_in_a_draft_s_hour_holds_the_draft() {
    for (resumed, states) in [
        ("2026-02-10T00:00:00Z", vec![json!([1000, "paid"]), json!([1000, "paid"])]),
        ("2026-03-16T12:00:00Z", vec![json!([1000, "paid"]), json!([500, "paid"])]),
    ] {
        let shop = shop("test_success").await;
        let sold = shop.sold(1000).await;
        shop.advance("2026-02-01T00:10:00Z").await;
        shop.client.pause_subscription(id(&sold), json!({})).await.ok();
        shop.advance("2026-02-05T00:00:00Z").await;
        assert_eq!(shop.books().await, [1000, 0, 0]);
        shop.advance(resumed).await;
        shop.client.resume_subscription(id(&sold)).await.ok();
        shop.advance(&resumed.replace("T00:00", "T00:05").replace("T12:00", "T12:05")).await;
        let bills = fields(&shop.invoices(id(&sold)).await, &["total_amount_atom", "state"]);
        assert_eq!(bills, states, "{resumed}");
    }
}

#[tokio::test]
async fn days_are_those_of_the_customer_s_calendar() {
    let shop = shop("test_success").await;
    let zone = json!({"timezone": "America/New_York"});
    shop.client.update_customer(&shop.customer, zone).await.ok();
    let price = shop.monthly(1000).await;
    // Clocks are moved on 8 March 2026.
    let body = json!({"period_start": "2026-03-01T17:00:00Z", "trial_period_days": 10});
    let sold = shop.subscribe(&price, body).await.ok().body;
    assert_eq!(sold["trial_end"], "2026-03-11T16:00:00.000Z");
    shop.advance("2026-03-01T17:00:00Z").await;
    let sent = json!({"collection_method": "send_invoice", "net_d": 10});
    let sold = shop.subscribe(&price, sent).await.ok().body;
    assert_eq!(shop.newest(&sold).await["due_date"], "2026-03-11T16:00:00.000Z");
}

#[tokio::test]
async fn faults_point_at_what_was_sent_and_what_is_gone_is_gone() {
    let shop = shop("test_success").await;
    let invoice = json!({"customer_id": shop.customer, "currency": "usd"});
    let other = shop.client.create_customer(json!({"email": "b@example.com"})).await.ok().id();
    let draft = json!({"customer_id": other, "currency": "usd"});
    let draft = shop.client.create_invoice(draft).await.ok().id();
    shop.client.delete_customer(&other).await.refused(422);
    shop.client.delete_invoice(&draft).await.ok();
    shop.client.delete_customer(&other).await.ok();
    // What is made after such a draft keeps its customer.
    let gone = shop.client.create_invoice(invoice.clone()).await.ok().id();
    shop.client.delete_invoice(&gone).await.ok();
    shop.client.create_invoice(invoice).await.ok();
    shop.client.delete_customer(&shop.customer).await.refused(422);
    let price = shop.monthly(1000).await;
    let trial = json!({"trial_period_days": 30});
    let sold = shop.subscribe(&price, trial).await.ok().body;
    shop.advance("2026-01-20T00:00:00Z").await;
    for (patch, fault) in [
        (json!({"trial_period_days": 5}), "/trial_period_days out_of_range"),
        (json!({"trial_end": "2026-01-10T00:00:00Z"}), "/trial_end out_of_range"),
    ] {
        let refused = shop.client.update_subscription(id(&sold), patch).await.refused(422);
        assert_eq!(refused.faults(), [fault]);
    }
}

#[tokio::test]
async fn a_session_that_could_not_be_sold_is_refused_when_it_is_made() {
    let shop = shop("test_success").await;
    let (month, once) =
        (shop.monthly(1000).await, shop.price(json!({"unit_amount_atom": 1500})).await);
    shop.client.update_account(json!({"default_processor_id": null})).await.ok();
    let session = |lines: Value| {
        json!({
            "success_url": "https://e.example/s", "return_url": "https://e.example/r",
            "customer_id": shop.customer, "line_items": lines,
        })
    };
    let mixed = session(json!([{"price_id": once}, {"price_id": month}]));
    let refused = shop.client.create_session(mixed).await.refused(422);
    assert_eq!(refused.faults(), ["/line_items/1/price_id no_processor"]);
    shop.client.create_session(session(json!([{"price_id": once}]))).await.ok();
}

#[tokio::test]
async fn the_first_tier_s_flat_amount_is_billed_at_quantity_0() {
    for mode in ["graduated", "volume"] {
        let shop = shop("test_success").await;
        let price = shop
            .price(json!({"billing_interval": "month", "tiers_mode": mode, "tiers": [
            {"up_to": 10, "unit_amount_atom": 100, "flat_amount_atom": 700},
            {"up_to": null, "unit_amount_atom": 90}]}))
            .await;
        let idle = json!({"items": [{"price_id": price, "quantity": 0}]});
        shop.subscribe(&price, idle).await.ok();
        assert_eq!(shop.books().await, [700, 0, 0], "{mode}");
    }
}
