//! A change whose invoice is void, and another that came after it: each stretch of time is charged once.

use serde_json::{Value, json};

use super::{Shop, id, item, shop};

const FIRST: &str = "2026-01-11T00:00:00Z";
const SECOND: &str = "2026-01-16T00:00:00Z";
const THIRD: &str = "2026-01-28T00:00:00Z";
const FOURTH: &str = "2026-01-30T00:00:00Z";

impl Shop {
    /// A subscription of 1.00 a day, 2.00 from the 11th on, both paid, and 3.00 from the 16th on, which is
    /// not paid; and the invoice of that.
    async fn changed_twice(&self) -> (Value, Value) {
        let sold = self.sent(3100).await;
        self.card("test_success").await;
        self.pays_in(&sold["latest_invoice_id"], &[3100]).await;
        self.arrive(FIRST).await;
        let first = self.to(&sold, 6200, "always_invoice").await;
        self.pays_in(&first, &[2100]).await;
        self.arrive(SECOND).await;
        let second = self.to(&sold, 9300, "always_invoice").await;
        (sold, second)
    }

    /// The invoice of a change to another price.
    async fn to(&self, sold: &Value, amount: i64, behavior: &str) -> Value {
        let price = self.monthly(amount).await;
        self.update(sold, behavior, json!({"price_id": price})).await["invoice_id"].clone()
    }

    async fn voids_bill(&self, invoice: &Value) {
        let void = self.client.void_invoice(invoice.as_str().unwrap()).await.ok().body;
        assert_eq!(void["state"], "void");
    }
}

#[tokio::test]
async fn the_void_of_a_middle_change_charges_no_time_twice() {
    let shop = shop("").await;
    let (sold, second) = shop.changed_twice().await;
    shop.arrive(THIRD).await;
    let third = shop.to(&sold, 12_400, "always_invoice").await;
    shop.pays_in(&third, &[1600]).await;
    shop.voids_bill(&second).await;
    // 10 days of 1.00, 5 + 12 of 2.00, 4 of 4.00.
    assert_eq!(shop.books().await, [6800, 0, 800]);
    shop.api.audit().await;
    shop.arrive(FOURTH).await;
    shop.cancel(&sold, "prorated").await;
    assert_eq!(shop.books().await, [6800, 800, 800]);
    shop.api.audit().await;
}

#[tokio::test]
async fn void_before_the_next_change_it_comes_to_the_same() {
    let shop = shop("").await;
    let (sold, second) = shop.changed_twice().await;
    shop.voids_bill(&second).await;
    shop.arrive(THIRD).await;
    let third = shop.to(&sold, 12_400, "always_invoice").await;
    shop.pays_in(&third, &[800]).await;
    assert_eq!(shop.books().await, [6000, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_next_change_that_waits_for_the_renewal_has_taken_the_time_too() {
    let shop = shop("").await;
    let (sold, second) = shop.changed_twice().await;
    shop.arrive(THIRD).await;
    shop.to(&sold, 12_400, "create_prorations").await;
    shop.voids_bill(&second).await;
    assert_eq!(shop.books().await, [5200, 0, 800]);
    shop.api.audit().await;
}

#[tokio::test]
async fn time_that_was_given_up_with_its_item_is_not_charged() {
    let shop = shop("").await;
    let (seat, other) = (shop.monthly(3100).await, shop.monthly(310).await);
    let items = json!([{"price_id": seat}, {"price_id": other}]);
    let sent = json!({"items": items, "collection_method": "send_invoice"});
    let sold = shop.subscribe(&seat, sent).await.ok().body;
    shop.card("test_success").await;
    shop.pays_in(&sold["latest_invoice_id"], &[3410]).await;
    shop.arrive(FIRST).await;
    let first = shop.to(&sold, 6200, "always_invoice").await;
    shop.pays_in(&first, &[2100]).await;
    shop.arrive(SECOND).await;
    let second = shop.to(&sold, 9300, "always_invoice").await;
    shop.arrive(THIRD).await;
    let removed = json!({"proration_behavior": "always_invoice",
        "items": [{"action": "delete", "subscription_item_id": item(&sold, 0)}]});
    shop.client.change_items(id(&sold), removed).await.ok();
    shop.voids_bill(&second).await;
    assert_eq!(shop.books().await, [5510, 0, 800]);
    shop.api.audit().await;
}

#[tokio::test]
async fn two_void_changes_give_back_to_the_one_that_counts_again() {
    let shop = shop("").await;
    let (sold, second) = shop.changed_twice().await;
    shop.arrive(THIRD).await;
    let third = shop.to(&sold, 12_400, "always_invoice").await;
    shop.arrive(FOURTH).await;
    let fourth = shop.to(&sold, 15_500, "always_invoice").await;
    shop.pays_in(&fourth, &[1000]).await;
    shop.voids_bill(&third).await;
    shop.voids_bill(&second).await;
    // 10 days of 1.00, 5 + 14 of 2.00, 2 of 5.00.
    assert_eq!(shop.books().await, [6200, 0, 400]);
    shop.api.audit().await;
}

#[tokio::test]
async fn an_end_that_forgives_what_is_open_charges_no_time_twice() {
    for (option, kept) in [("cancel_unpaid", 6000), ("full", 0), ("none", 6800)] {
        let shop = shop("").await;
        let (sold, _) = shop.changed_twice().await;
        shop.arrive(THIRD).await;
        let third = shop.to(&sold, 12_400, "always_invoice").await;
        shop.pays_in(&third, &[1600]).await;
        shop.cancel(&sold, option).await;
        let [captured, refunded, balance] = shop.books().await;
        assert_eq!(captured - refunded - balance, kept, "{option}");
        shop.api.audit().await;
    }
}
