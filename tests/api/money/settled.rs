//! An invoice that a later change took something off, and that is paid by now; then that change is void.
//! What it took off is owed again: an invoice that is paid stays so, and the next bill says what is lacking.

mod any;

use fastrand::Rng;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{Shop, id, item, shop};

const FIRST: &str = "2026-01-11T00:00:00Z";
const SECOND: &str = "2026-01-21T00:00:00Z";
const THIRD: &str = "2026-01-26T00:00:00Z";
const RENEWED: &str = "2026-02-01T01:00:00Z";

impl Shop {
    /// What lines that wait for the next bill come to.
    pub(super) async fn waits(&self, sold: &Value) -> i64 {
        let same =
            json!({"action": "update", "subscription_item_id": item(sold, 0), "quantity": 1});
        let preview = self.client.preview_items(id(sold), json!({"items": [same]})).await.ok().body;
        let lines = preview["next_renewal_items"].as_array().unwrap();
        let of = |line: &Value, name: &str| line[name].as_i64().unwrap();
        let waiting = lines.iter().filter(|line| line["proration"] == true);
        let sums = waiting.map(|line| {
            of(line, "amount_atom") - of(line, "discount_amount_atom") + of(line, "tax_amount_atom")
        });
        sums.sum()
    }

    /// What the time comes to so far: what was kept of it, is due, and waits.
    pub(super) async fn owed(&self, sold: &Value) -> i64 {
        let [captured, refunded, balance] = self.books().await;
        captured - refunded - balance + self.due(sold).await + self.waits(sold).await
    }

    /// 1.00 a day, sent and not paid; 2.00 from the 11th on, which takes off what is not used; then the
    /// first ten days are paid. And the invoice of the change.
    async fn settled_by_a_change(&self) -> (Value, Value) {
        let sold = self.sent(3100).await;
        self.card("test_success").await;
        self.arrive(FIRST).await;
        let bill = self.to(&sold, 6200, "always_invoice").await;
        self.pays_in(&sold["latest_invoice_id"], &[1000]).await;
        (sold, bill)
    }

    async fn due_of(&self, invoice: &Value) -> i64 {
        let invoice = self.client.get_invoice(invoice.as_str().unwrap()).await.ok().body;
        invoice["due_amount_atom"].as_i64().unwrap()
    }

    async fn state_of(&self, invoice: &Value) -> Value {
        self.client.get_invoice(invoice.as_str().unwrap()).await.ok().body["state"].clone()
    }
}

#[tokio::test]
async fn what_a_void_change_had_settled_wholly_is_on_the_next_bill() {
    let shop = shop("").await;
    let sold = shop.sent(3100).await;
    let bill = shop.to(&sold, 6200, "always_invoice").await;
    let first = &sold["latest_invoice_id"];
    assert_eq!((shop.state_of(first).await, shop.owed(&sold).await), (json!("paid"), 6200));
    shop.voids_bill(&bill).await;
    // What is paid is final.
    assert_eq!(shop.state_of(first).await, "paid");
    assert_eq!((shop.due(&sold).await, shop.waits(&sold).await), (0, 3100));
    shop.api.audit().await;
    shop.arrive(RENEWED).await;
    let renewal = shop.newest(&sold).await;
    assert_eq!(renewal["total_amount_atom"], 6200 + 3100);
    let lines = renewal["items"].as_array().unwrap();
    let again = lines.iter().find(|line| line["amount_atom"] == 3100).unwrap();
    assert!(again["name"].as_str().unwrap().starts_with("Counts again, because "), "{again}");
    assert_eq!(again["period_start"], "2026-01-01T00:00:00.000Z");
    assert_eq!(again["period_end"], "2026-02-01T00:00:00.000Z");
    shop.api.audit().await;
}

#[tokio::test]
async fn what_it_had_taken_off_before_the_rest_was_paid_is_on_the_next_bill() {
    for void_at in [FIRST, SECOND] {
        let shop = shop("").await;
        let (sold, bill) = shop.settled_by_a_change().await;
        shop.arrive(void_at).await;
        shop.voids_bill(&bill).await;
        assert_eq!((shop.due(&sold).await, shop.waits(&sold).await), (0, 2100));
        shop.arrive(RENEWED).await;
        assert_eq!(shop.newest(&sold).await["total_amount_atom"], 6200 + 2100, "{void_at}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_is_void_after_the_period_is_on_the_bill_after_that() {
    let shop = shop("").await;
    let (sold, bill) = shop.settled_by_a_change().await;
    shop.arrive(RENEWED).await;
    shop.voids_bill(&bill).await;
    assert_eq!(shop.waits(&sold).await, 2100);
    shop.arrive("2026-03-01T01:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 6200 + 2100);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_next_change_credits_what_is_billed_again() {
    for behavior in ["always_invoice", "create_prorations"] {
        let shop = shop("").await;
        let (sold, bill) = shop.settled_by_a_change().await;
        shop.voids_bill(&bill).await;
        shop.arrive(SECOND).await;
        let next = shop.to(&sold, 9300, behavior).await;
        // 20 days of 1.00, 11 of 3.00.
        assert_eq!(shop.owed(&sold).await, 2000 + 3300, "{behavior}");
        shop.api.audit().await;
        if next.is_null() {
            continue;
        }
        // It took along what waited. Void, it leaves the month as it was, until another change.
        shop.voids_bill(&next).await;
        assert_eq!((shop.due(&sold).await, shop.waits(&sold).await), (0, 2100));
        shop.arrive(THIRD).await;
        let last = shop.to(&sold, 6200, behavior).await;
        assert_eq!(shop.owed(&sold).await, 2500 + 1200);
        shop.voids_bill(&last).await;
        assert_eq!(shop.owed(&sold).await, 3100);
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn an_end_reckons_with_what_is_billed_again() {
    // On the 21st, of a month of 31.00 of which 10.00 were paid.
    let kept = [("none", 3100), ("prorated", 1000), ("full", 0), ("cancel_unpaid", 1000)];
    for (option, kept) in kept {
        let shop = shop("").await;
        let (sold, bill) = shop.settled_by_a_change().await;
        shop.voids_bill(&bill).await;
        shop.arrive(SECOND).await;
        shop.cancel(&sold, option).await;
        let [captured, refunded, balance] = shop.books().await;
        // What an end forgives is due of what is written off, and collected no more.
        let due = if option == "none" { shop.due(&sold).await } else { 0 };
        assert_eq!(captured - refunded - balance + due, kept, "{option}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_was_paid_for_the_same_time_moves_with_it() {
    // 20.00 of 31.00 are paid; a change on the 11th takes 11.00 off and gives 10.00 back.
    let shop = shop("").await;
    let sold = shop.sent(3100).await;
    shop.card("test_success").await;
    shop.pays_in(&sold["latest_invoice_id"], &[2000]).await;
    shop.arrive(FIRST).await;
    let bill = shop.to(&sold, 6200, "always_invoice").await;
    assert_eq!(shop.owed(&sold).await, 1000 + 4200);
    shop.voids_bill(&bill).await;
    assert_eq!((shop.owed(&sold).await, shop.waits(&sold).await), (3100, 1100));
    shop.arrive(SECOND).await;
    shop.to(&sold, 9300, "create_prorations").await;
    assert_eq!(shop.owed(&sold).await, 2000 + 3300);
    shop.cancel(&sold, "prorated").await;
    // All that was paid was used.
    assert_eq!(shop.books().await, [2000, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_that_follows_has_its_time_and_is_void_in_its_turn() {
    for paid in [1000, 1500] {
        let shop = shop("").await;
        let sold = shop.sent(3100).await;
        shop.card("test_success").await;
        if paid > 1000 {
            shop.pays_in(&sold["latest_invoice_id"], &[paid]).await;
        }
        shop.arrive(FIRST).await;
        let first = shop.to(&sold, 31_000, "always_invoice").await;
        if paid == 1000 {
            shop.pays_in(&sold["latest_invoice_id"], &[paid]).await;
        }
        shop.arrive(SECOND).await;
        let second = shop.to(&sold, 34_100, "always_invoice").await;
        shop.arrive(THIRD).await;
        shop.voids_bill(&first).await;
        // 20 days of 1.00, 11 of 11.00.
        assert_eq!(shop.owed(&sold).await, 2000 + 12_100, "{paid}");
        shop.voids_bill(&second).await;
        assert_eq!(shop.owed(&sold).await, 3100, "{paid}");
        shop.to(&sold, 6200, "always_invoice").await;
        assert_eq!(shop.owed(&sold).await, 2500 + 1200, "{paid}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_the_balance_has_spent_is_not_charged_twice_by_a_later_change() {
    let shop = shop("").await;
    let sold = shop.sent(3100).await;
    shop.card("test_success").await;
    shop.pays_in(&sold["latest_invoice_id"], &[3100]).await;
    shop.arrive(FIRST).await;
    let first = shop.to(&sold, 31_000, "always_invoice").await;
    shop.arrive(SECOND).await;
    let second = shop.to(&sold, 34_100, "always_invoice").await;
    shop.voids_bill(&first).await;
    // Eleven days of 1.00, of which another invoice takes 4.00.
    assert_eq!(shop.books().await, [3100, 0, 1100]);
    let other = json!({"customer_id": shop.customer, "currency": "usd",
        "collection_method": "send_invoice", "items": [{"name": "Setup", "amount": "4.00"}]});
    let other = shop.client.create_invoice(other).await.ok().id();
    shop.client.finalize_invoice(&other).await.ok();
    shop.voids_bill(&second).await;
    let month = shop.owed(&sold).await - 400;
    assert_eq!((month, shop.waits(&sold).await), (3100, 400));
    shop.arrive(THIRD).await;
    let next = shop.to(&sold, 6200, "always_invoice").await;
    assert_eq!(shop.owed(&sold).await - 400, 2500 + 1200);
    shop.voids_bill(&next).await;
    assert_eq!(shop.owed(&sold).await - 400, 3100);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_renewal_that_is_void_forgives_what_it_bills_again() {
    let shop = shop("").await;
    let (sold, bill) = shop.settled_by_a_change().await;
    shop.voids_bill(&bill).await;
    shop.arrive(RENEWED).await;
    let renewal = shop.newest(&sold).await;
    shop.voids_bill(&renewal["id"]).await;
    assert_eq!((shop.due(&sold).await, shop.waits(&sold).await), (0, 0));
    shop.arrive("2026-03-01T01:00:00Z").await;
    assert_eq!(shop.newest(&sold).await["total_amount_atom"], 6200);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_discount_and_a_balance_are_reckoned_with() {
    for (off, month) in [
        (json!({"discount_type": "percentage", "percent_off": 50}), 1550),
        (json!({"discount_type": "fixed_amount", "amount_off_atom": 310, "currency": "usd"}), 2790),
    ] {
        let shop = shop("").await;
        let credit = json!({"currency": "usd", "amount_atom": 200});
        shop.client.set_credit_balance(&shop.customer, credit).await.ok();
        let mut coupon = json!({"duration": "forever"});
        coupon.as_object_mut().unwrap().extend(off.as_object().unwrap().clone());
        let coupon = shop.client.create_coupon(coupon).await.ok().id();
        let price = shop.monthly(3100).await;
        let sent = json!({"collection_method": "send_invoice", "coupon_id": coupon});
        let sold = shop.subscribe(&price, sent).await.ok().body;
        shop.card("test_success").await;
        let owed = shop.owed(&sold).await;
        assert_eq!(owed, month - 200, "2.00 were given");
        shop.arrive(FIRST).await;
        let bill = shop.to(&sold, 6200, "always_invoice").await;
        let rest = shop.due_of(&sold["latest_invoice_id"]).await;
        shop.pays_in(&sold["latest_invoice_id"], &[rest]).await;
        shop.voids_bill(&bill).await;
        assert_eq!(shop.owed(&sold).await, owed, "{off}");
        shop.api.audit().await;
        // A change to the same price for what is left costs nothing.
        shop.arrive(SECOND).await;
        shop.to(&sold, 3100, "create_prorations").await;
        assert_eq!(shop.owed(&sold).await, owed, "{off}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn it_is_taxed_as_it_was() {
    for inclusive in [false, true] {
        let shop = shop("").await;
        let rate = json!({"display_name": "VAT", "percentage": "20", "inclusive": inclusive});
        let rate = shop.client.create_tax_rate(rate).await.ok().id();
        let rates = json!({"default_tax_rate_ids": [rate]});
        shop.client.update_account(rates).await.ok();
        let month = if inclusive { 3100 } else { 3720 };
        let sold = shop.sent(3100).await;
        shop.card("test_success").await;
        shop.arrive(FIRST).await;
        let bill = shop.to(&sold, 6200, "always_invoice").await;
        let rest = shop.due_of(&sold["latest_invoice_id"]).await;
        shop.pays_in(&sold["latest_invoice_id"], &[rest]).await;
        shop.voids_bill(&bill).await;
        shop.arrive(RENEWED).await;
        let [captured, ..] = shop.books().await;
        let renewal = shop.newest(&sold).await;
        let total = renewal["total_amount_atom"].as_i64().unwrap();
        let due = shop.due(&sold).await;
        // The renewal is at the price that the change left.
        assert_eq!(
            (captured + due, total > 2 * month),
            (3 * month, true),
            "{inclusive}: {renewal}"
        );
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn a_card_that_declined_meanwhile_changes_nothing_of_it() {
    let shop = shop("test_decline_soft").await;
    let price = shop.monthly(3100).await;
    let sold = shop.subscribe(&price, json!({})).await.ok().body;
    assert_eq!(sold["state"], "incomplete");
    shop.pays_by("test_success").await;
    assert_eq!(shop.state_of(&sold["latest_invoice_id"]).await, "paid");
    shop.arrive(FIRST).await;
    shop.pays_by("test_decline_soft").await;
    // 21.00 of 210.00 are credited; the rest is not paid.
    let first = shop.to(&sold, 31_000, "always_invoice").await;
    let second = shop.to(&sold, 62_000, "always_invoice").await;
    // All that was open of the first change was taken off it.
    assert_eq!(shop.state_of(&first).await, "paid");
    shop.voids_bill(&second).await;
    assert_eq!(shop.owed(&sold).await, 1000 + 21_000);
    shop.pays_by("test_success").await;
    shop.arrive(SECOND).await;
    shop.to(&sold, 3100, "always_invoice").await;
    assert_eq!(shop.owed(&sold).await, 1000 + 10_000 + 1100);
    assert_eq!(shop.client.get_subscription(id(&sold)).await.ok().body["state"], "active");
    shop.api.audit().await;
}

#[tokio::test]
async fn an_item_that_is_gone_is_billed_for_its_time() {
    let shop = shop("").await;
    let (seat, other) = (shop.monthly(3100).await, shop.monthly(310).await);
    let items = json!([{"price_id": seat}, {"price_id": other}]);
    let sent = json!({"items": items, "collection_method": "send_invoice"});
    let sold = shop.subscribe(&seat, sent).await.ok().body;
    shop.card("test_success").await;
    shop.arrive(FIRST).await;
    let dear = shop.monthly(62_000).await;
    let change = json!({"proration_behavior": "always_invoice", "items": [
        {"action": "delete", "subscription_item_id": item(&sold, 0)},
        {"action": "update", "subscription_item_id": item(&sold, 1), "price_id": dear}]});
    let bill = shop.client.change_items(id(&sold), change).await.ok().body["invoice_id"].clone();
    shop.pays_in(&sold["latest_invoice_id"], &[1100]).await;
    shop.voids_bill(&bill).await;
    shop.arrive(RENEWED).await;
    let renewal = shop.newest(&sold).await;
    assert_eq!(renewal["total_amount_atom"], 62_000 + 2310);
    shop.api.audit().await;
}

#[tokio::test]
async fn an_end_that_forgives_bills_nothing_again() {
    let shop = shop("").await;
    let (sold, bill) = shop.settled_by_a_change().await;
    let first = sold["latest_invoice_id"].as_str().unwrap();
    assert_eq!(shop.client.void_invoice(first).await.status, 422);
    shop.cancel(&sold, "cancel_unpaid").await;
    // The end voids the change; nobody is going to pay for the rest.
    assert_eq!(shop.state_of(&bill).await, "void");
    assert_eq!(shop.books().await, [1000, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn what_a_void_change_took_along_is_void_with_it() {
    for paid in [3100, 1000] {
        let shop = shop("").await;
        let sold = shop.sent(3100).await;
        shop.card("test_success").await;
        shop.pays_in(&sold["latest_invoice_id"], &[paid]).await;
        shop.arrive(FIRST).await;
        shop.to(&sold, 6200, "create_prorations").await;
        assert_eq!(shop.owed(&sold).await, 1000 + 4200, "{paid}");
        shop.arrive(SECOND).await;
        let bill = shop.to(&sold, 9300, "always_invoice").await;
        assert_eq!(shop.owed(&sold).await, 1000 + 2000 + 3300, "{paid}");
        shop.voids_bill(&bill).await;
        assert_eq!(shop.owed(&sold).await, 3100, "{paid}");
        shop.arrive(THIRD).await;
        shop.to(&sold, 12_400, "always_invoice").await;
        assert_eq!(shop.owed(&sold).await, 2500 + 2400, "{paid}");
        shop.api.audit().await;
    }
}
