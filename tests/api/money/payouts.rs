//! What an end gives back goes where it came from: money to the payments that can take it, first.

use serde_json::json;

use super::{HALF, Shop, THREE_QUARTERS, id, shop};

impl Shop {
    /// 10.00 a month, of which the balance paid so much, and 20.00 from the half on.
    async fn raised(&self, balance: i64) -> serde_json::Value {
        let credit = json!({"currency": "usd", "amount_atom": balance});
        self.client.set_credit_balance(&self.customer, credit).await.ok();
        let sold = self.sold(1000).await;
        self.arrive(HALF).await;
        let price = self.monthly(2000).await;
        self.update(&sold, "always_invoice", json!({"price_id": price})).await;
        sold
    }
}

#[tokio::test]
async fn money_that_a_change_carried_on_goes_back_to_its_payment() {
    let shop = shop("test_success").await;
    let sold = shop.raised(400).await;
    let ended = shop.cancel(&sold, "full").await;
    assert_eq!(ended["cancellation"]["refunded_amount_atom"], 1100);
    assert_eq!(ended["cancellation"]["credited_amount_atom"], 400);
    assert_eq!(shop.books().await, [1100, 1100, 400]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_payment_takes_what_the_end_gives_back_and_no_more_is_kept_for_later() {
    let shop = shop("test_success").await;
    let sold = shop.raised(900).await;
    shop.arrive(THREE_QUARTERS).await;
    shop.cancel(&sold, "prorated").await;
    // Of the 5.00 that are left, 2.50 came from the first invoice, of which 1.00 is money.
    assert_eq!(shop.books().await, [600, 350, 150]);
    shop.api.audit().await;
}

#[tokio::test]
async fn through_several_changes_each_payment_takes_its_part() {
    let shop = shop("test_success").await;
    let sold = shop.raised(400).await;
    shop.arrive(THREE_QUARTERS).await;
    let price = shop.monthly(4000).await;
    shop.update(&sold, "always_invoice", json!({"price_id": price})).await;
    // 6.00, 5.00 and 5.00 were paid by card.
    shop.cancel(&sold, "full").await;
    assert_eq!(shop.books().await, [1600, 1600, 400]);
    assert_eq!(shop.due(&sold).await, 0);
    assert_eq!(shop.subscription(id(&sold)).await["state"], "cancelled");
    shop.api.audit().await;
}
