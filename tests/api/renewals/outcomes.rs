//! What a processor answers, does not answer, and what becomes of the subscription.

use serde_json::{Value, json};

use super::{OPENED, Shop, each};
use crate::client::Api;

/// The instants of an account's events of one name, the oldest first.
async fn instants(shop: &Shop, name: &str) -> Vec<String> {
    let (mut instants, mut offset) = (Vec::new(), 0);
    loop {
        let page = shop.client.list_events(&format!("?limit=100&offset={offset}")).await.ok();
        let named = page.items().iter().filter(|event| event["type"] == name);
        instants.extend(named.map(|event| event["created_at"].as_str().unwrap().to_owned()));
        offset += 100;
        if page.body["has_more"] == false {
            instants.reverse();
            return instants;
        }
    }
}

#[tokio::test]
async fn a_charge_whose_answer_is_lost_is_asked_about_and_made_once() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    for (token, at) in [("test_timeout_after_charge", 40), ("test_timeout_before_charge", 50)] {
        let customer = shop.customer(token).await;
        let id = shop.subscribe(&customer, json!({})).await.ok().id();
        let path = format!("/api/subscriptions/{id}");
        assert_eq!(shop.read(&path).await["state"], "incomplete");
        let invoice = shop.invoices(&id).await.remove(0);
        let invoice = invoice["id"].as_str().unwrap();
        let payments = shop.payments(invoice).await;
        assert_eq!(each(&payments, "state"), ["unknown"], "{token}");
        shop.advance(&format!("2026-01-31T09:{at}:00.000Z")).await;
        assert_eq!(shop.read(&path).await["state"], "active");
        let settled = shop.payments(invoice).await;
        assert_eq!(each(&settled, "state"), ["succeeded"], "{token}");
        assert_eq!(settled[0]["id"], payments[0]["id"]);
        let invoice = shop.read(&format!("/api/invoices/{invoice}")).await;
        assert_eq!((&invoice["state"], &invoice["attempt_count"]), (&json!("paid"), &json!(1)));
    }
    api.audit().await;
}

#[tokio::test]
async fn a_payment_that_fails_once_is_tried_again_after_an_hour() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let customer = shop.customer("test_fail_once_then_succeed").await;
    let id = shop.subscribe(&customer, json!({})).await.ok().id();
    let invoice = shop.invoices(&id).await.remove(0);
    assert_eq!(invoice["state"], "past_due");
    assert_eq!(invoice["next_payment_attempt_at"], "2026-01-31T10:30:00.000Z");
    shop.advance("2026-01-31T10:29:59.999Z").await;
    assert_eq!(shop.invoices(&id).await[0]["state"], "past_due");
    shop.advance("2026-01-31T10:30:00.000Z").await;
    let invoice = shop.invoices(&id).await.remove(0);
    assert_eq!((&invoice["state"], &invoice["attempt_count"]), (&json!("paid"), &json!(2)));
    assert_eq!(shop.read(&format!("/api/subscriptions/{id}")).await["state"], "active");
    api.audit().await;
}

#[tokio::test]
async fn a_month_that_is_never_paid_is_retried_as_the_rules_say_and_ends_the_subscription() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let customer = shop.customer("test_success").await;
    let id = shop.subscribe(&customer, json!({})).await.ok().id();
    shop.add_card(&customer, "test_decline_soft").await;
    // The subscription's own method comes first, and the customer's others are tried after it only
    // where it is refused for good.
    shop.advance("2026-03-10T00:00:00.000Z").await;
    let path = format!("/api/subscriptions/{id}");
    assert_eq!(shop.read(&path).await["state"], "past_due");
    shop.advance("2026-05-01T00:00:00.000Z").await;
    // The invoice of 28 February is final an hour later, 31 days before the next but for that hour.
    let failed = instants(&shop, "invoice.payment_failed").await;
    assert_eq!(
        failed,
        [
            "2026-02-28T10:30:00.000Z",
            "2026-02-28T11:30:00.000Z",
            "2026-03-04T10:30:00.000Z",
            "2026-03-08T10:30:00.000Z",
            "2026-03-12T10:30:00.000Z",
            "2026-03-16T10:30:00.000Z",
            "2026-03-20T10:30:00.000Z",
            "2026-03-24T10:30:00.000Z",
            "2026-03-28T10:30:00.000Z",
        ]
    );
    let last = "2026-03-28T10:30:00.000Z";
    assert_eq!(instants(&shop, "invoice.past_due").await, ["2026-02-28T10:30:00.000Z"]);
    assert_eq!(instants(&shop, "invoice.marked_uncollectible").await, [last]);
    assert_eq!(instants(&shop, "customer.subscription.cancelled").await, [last]);
    let subscription = shop.read(&path).await;
    assert_eq!(
        (&subscription["state"], &subscription["cancelled_at"]),
        (&json!("cancelled"), &json!(last),)
    );
    let invoices = shop.invoices(&id).await;
    assert_eq!(each(&invoices, "state"), ["paid", "uncollectible"]);
    assert_eq!(invoices[1]["attempt_count"], 9);
    api.audit().await;
}

#[tokio::test]
async fn a_card_that_is_refused_for_good_is_not_tried_again_until_there_is_another() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let customer = shop.customer("test_decline_hard").await;
    let id = shop.subscribe(&customer, json!({})).await.ok().id();
    let tried = |invoices: &[Value]| invoices[0]["attempt_count"].clone();
    assert_eq!(tried(&shop.invoices(&id).await), 1);
    shop.advance("2026-02-10T00:00:00.000Z").await;
    let invoices = shop.invoices(&id).await;
    assert_eq!((tried(&invoices), each(&invoices, "state")), (json!(1), vec!["past_due"]));
    let payments = shop.payments(invoices[0]["id"].as_str().unwrap()).await;
    assert_eq!(each(&payments, "state"), ["failed"]);
    // Another that is refused, and then one that pays.
    shop.add_card(&customer, "test_decline_hard").await;
    shop.advance("2026-02-10T00:01:00.000Z").await;
    assert_eq!(tried(&shop.invoices(&id).await), 2);
    shop.add_card(&customer, "test_success").await;
    shop.advance("2026-02-10T00:02:00.000Z").await;
    let invoices = shop.invoices(&id).await;
    assert_eq!((tried(&invoices), each(&invoices, "state")), (json!(3), vec!["paid"]));
    assert_eq!(shop.read(&format!("/api/subscriptions/{id}")).await["state"], "active");
    api.audit().await;
}
