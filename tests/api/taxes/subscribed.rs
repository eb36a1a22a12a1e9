//! The taxes of what is subscribed to: renewals, changes, and what comes back at an end.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_renewal_is_taxed_and_a_full_cancellation_returns_the_tax() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let sold = shop.subscribe(&shop.monthly(1000).await, json!({})).await.ok().body;
    assert_eq!(sums(&shop.newest_of(&sold).await), [0, 190, 1190]);
    let preview = json!({"items": [{"action": "update", "quantity": 2,
        "subscription_item_id": sold["items"][0]["id"]}]});
    let preview = shop.client.preview_items(id(&sold), preview).await.ok().body;
    assert_eq!(number(&preview, "next_renewal_amount_atom"), 2000);
    assert_eq!(number(&preview, "next_renewal_tax_amount_atom"), 380);
    shop.advance("2026-02-01T02:00:00Z").await;
    let renewal = shop.newest_of(&sold).await;
    assert_eq!((sums(&renewal), &renewal["state"]), ([0, 190, 1190], &json!("paid")));
    assert_eq!(shop.kept().await, [2380, 0, 0]);
    let request = json!({"refund_option": "full"});
    shop.client.cancel_subscription(id(&sold), request).await.ok();
    assert_eq!(shop.kept().await, [2380, 1190, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_cancellation_in_the_middle_returns_the_tax_of_the_time_that_is_left() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let sold = shop.subscribe(&shop.monthly(1000).await, json!({})).await.ok().body;
    shop.advance(HALF).await;
    let request = json!({"refund_option": "prorated"});
    shop.client.cancel_subscription(id(&sold), request).await.ok();
    assert_eq!(shop.kept().await, [1190, 595, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn an_upgrade_and_back_is_taxed_to_the_cent() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let (small, large) = (shop.monthly(1000).await, shop.monthly(2000).await);
    let sold = shop.subscribe(&small, json!({})).await.ok().body;
    shop.advance(HALF).await;
    let item = &sold["items"][0]["id"];
    let edit = json!({"action": "update", "subscription_item_id": item, "price_id": large});
    let preview = shop.client.preview_items(id(&sold), json!({"items": [edit]})).await.ok().body;
    let shown =
        ["proration_amount_atom", "proration_tax_amount_atom"].map(|name| number(&preview, name));
    assert_eq!(shown, [500, 95]);
    shop.change(&sold, "always_invoice", &large).await;
    let up = shop.newest_of(&sold).await;
    assert_eq!((sums(&up), taxes(&up)), ([0, 95, 595], vec![[500, 95]]));
    for (shown, billed) in
        preview["items"].as_array().unwrap().iter().zip(up["items"].as_array().unwrap())
    {
        assert_eq!((&shown["amount_atom"], taxes(shown)), (&billed["amount_atom"], taxes(billed)));
    }
    assert_eq!(shop.kept().await, [1785, 0, 0]);
    shop.change(&sold, "always_invoice", &small).await;
    let down = shop.newest_of(&sold).await;
    assert_eq!(taxes(&down), [[-500, -95]]);
    assert_eq!(shop.kept().await, [1785, 0, 595]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_that_waits_is_taxed_with_the_renewal_once() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let (small, large, most) =
        (shop.monthly(1000).await, shop.monthly(2000).await, shop.monthly(3000).await);
    let sold = shop.subscribe(&small, json!({})).await.ok().body;
    shop.advance(HALF).await;
    shop.change(&sold, "create_prorations", &large).await;
    shop.advance(THREE_QUARTERS).await;
    shop.change(&sold, "create_prorations", &most).await;
    shop.advance("2026-02-01T02:00:00Z").await;
    // −5.00 of the first line with its 0.95; 10.00 − 5.00 + 7.50 + 30.00 are taxed as one.
    let renewal = shop.newest_of(&sold).await;
    assert_eq!(sums(&renewal), [0, 808 - 95, 4250 - 500 + 808 - 95]);
    shop.api.audit().await;
    // In the hour before a renewal is final it is credited too.
    shop.client.cancel_subscription(id(&sold), json!({"refund_option": "full"})).await.ok();
    shop.api.audit().await;
}

#[tokio::test]
async fn a_subscription_that_ends_while_lines_wait_returns_their_tax() {
    for option in ["full", "prorated", "none"] {
        let shop = shop().await;
        let canada =
            [shop.rate("GST", "5", json!({})).await, shop.rate("QST", "9.975", json!({})).await];
        shop.taxed_by(&[&canada[0], &canada[1]]).await;
        let (small, large) = (shop.monthly(999).await, shop.monthly(1999).await);
        let sold = shop.subscribe(&small, json!({})).await.ok().body;
        shop.advance(HALF).await;
        shop.change(&sold, "create_prorations", &large).await;
        shop.advance(THREE_QUARTERS).await;
        shop.client.cancel_subscription(id(&sold), json!({"refund_option": option})).await.ok();
        shop.api.audit().await;
        let [captured, refunded, balance] = shop.kept().await;
        if option == "full" {
            assert_eq!((captured - refunded - balance, balance), (0, 0));
        }
    }
}

#[tokio::test]
async fn two_changes_that_wait_are_taken_back_to_the_atom() {
    for (percentage, first, second, third) in
        [("21", 4060, 825, 2918), ("8.1", 3050, 1233, 3194), ("33.3333", 1999, 1342, 4385)]
    {
        let shop = Shop::open_at("2026-01-31T10:07:03Z", "test_success").await;
        let rate = shop.rate("VAT", percentage, json!({})).await;
        shop.taxed_by(&[&rate]).await;
        let price = shop.monthly(first).await;
        let sold = shop.subscribe(&price, json!({})).await.ok().body;
        for (at, amount) in [("2026-02-03T12:03:16Z", second), ("2026-02-06T11:05:41Z", third)] {
            shop.advance(at).await;
            let price = shop.monthly(amount).await;
            shop.change(&sold, "create_prorations", &price).await;
        }
        shop.advance("2026-02-14T06:07:02Z").await;
        let full = json!({"refund_option": "full"});
        shop.client.cancel_subscription(id(&sold), full).await.ok();
        let [captured, refunded, balance] = shop.kept().await;
        assert_eq!((captured - refunded, balance), (0, 0), "{percentage}");
        let last = shop.newest_of(&sold).await;
        for line in last["items"].as_array().unwrap() {
            let billed = number(line, "amount_atom") + number(line, "tax_amount_atom");
            assert!(number(line, "given_back_amount_atom") <= billed.max(0), "{line}");
        }
        shop.api.audit().await;
    }
}
