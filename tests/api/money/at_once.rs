//! Requests at once that draw on the same lines: together they give back no more than was paid, and one that
//! meets too many others is told so (`409`) and has changed nothing.

use std::sync::Arc;

use futures_util::future;
use local::wire::{Call, Fault};
use serde_json::json;

use super::{HALF, id, item, shop};

#[tokio::test(flavor = "multi_thread")]
async fn ways_of_giving_back_at_once_give_back_what_was_paid() {
    for round in 0..4 {
        let shop = shop("test_success").await;
        let sold = shop.sold(2000).await;
        let bill = shop.newest(&sold).await;
        shop.arrive(HALF).await;
        let client = &shop.client;
        let refund = json!({"payment_intent_id": bill["payment_intent_id"], "amount_atom": 700});
        let note = json!({"currency": "usd", "amount_atom": 600, "invoice_id": bill["id"]});
        let none = json!({"proration_behavior": "always_invoice", "items": [{"action": "update",
            "subscription_item_id": item(&sold, 0), "quantity": 0}]});
        let (refunded, noted, changed, ended) = future::join4(
            client.create_refund(refund),
            client.create_credit_note(&shop.customer, note),
            client.change_items(id(&sold), none),
            client.cancel_subscription(id(&sold), json!({"refund_option": "full"})),
        )
        .await;
        for answer in [&refunded, &noted, &changed, &ended] {
            let status = answer.status.as_u16();
            assert!([200, 409, 422].contains(&status), "{round}: {}", answer.body);
        }
        shop.arrive("2026-01-17T00:00:00Z").await;
        let [captured, back, balance] = shop.books().await;
        let kept = captured - back - balance;
        assert!(kept >= 0 && (ended.status != 200 || kept == 0), "{round}: {kept}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn who_meets_too_many_others_is_told_and_has_changed_nothing() {
    let shop = shop("test_success").await;
    let sold = shop.sold(2000).await;
    let bill = shop.newest(&sold).await;
    shop.arrive(HALF).await;
    // Somebody else changes an item of each transaction, before it is made.
    shop.api.stack.wire().set_fault(Some(Arc::new(|call: &Call, _| {
        match call.action == "TransactWriteItems" {
            true => Fault::transaction_cancelled(&["ConditionalCheckFailed", "None", "None"]),
            false => Fault::Pass,
        }
    })));
    let edit = json!({"action": "update", "subscription_item_id": item(&sold, 0), "quantity": 0});
    let change = json!({"proration_behavior": "always_invoice", "items": [edit]});
    let note = json!({"currency": "usd", "amount_atom": 600, "invoice_id": bill["id"]});
    let refund = json!({"payment_intent_id": bill["payment_intent_id"]});
    let end = json!({"refund_option": "prorated"});
    let client = &shop.client;
    let refused = [
        client.change_items(id(&sold), change.clone()).await.refused(409),
        client.create_credit_note(&shop.customer, note).await.refused(409),
        client.create_refund(refund).await.refused(409),
        client.cancel_subscription(id(&sold), end).await.refused(409),
    ];
    assert!(refused.iter().all(|answer| answer.header("retry-after") == Some("1")));
    shop.api.stack.wire().set_fault(None);
    assert_eq!(shop.books().await, [2000, 0, 0]);
    assert_eq!(shop.newest(&sold).await, bill);
    assert_eq!(shop.subscription(id(&sold)).await, sold);
    shop.api.audit().await;
    // Asked again, it is done once.
    client.change_items(id(&sold), change).await.ok();
    assert_eq!(shop.books().await, [2000, 0, 1000]);
    shop.api.audit().await;
}
