//! Money that is given back, once.

use local::stripe::{Telling, Trouble};
use serde_json::{Value, json};

use super::day;
use crate::stripe::Shop;

/// solidus_stripe #262 and #281, antiwork/gumroad #6193, saleor/apps #2446: one refund is recorded
/// twice, or one of two equal ones is not made.
#[tokio::test]
async fn report_08_refunds_that_are_recorded_twice() {
    let shop = Shop::with("pm_card_visa").await.listening(Telling::First);
    let mut made = 0;
    for (number, trouble) in
        [None, Some(Trouble::LostAfter), Some(Trouble::Broken), Some(Trouble::MadeLater)]
            .into_iter()
            .enumerate()
    {
        let intent = shop.bills(1000).await["payment_intent_id"].clone();
        let body = json!({"payment_intent_id": intent, "amount_atom": 400});
        for trouble in trouble.iter().flat_map(|one| vec![one.clone(); 3]) {
            shop.api.stack.stripe().next("POST /v1/refunds", trouble);
        }
        let first = shop.client.create_refund(body.clone()).await.ok().body;
        let second = shop.client.create_refund(body.clone()).await.ok().body;
        assert_ne!(first["id"], second["id"]);
        shop.client.create_refund(body).await.refused(422);
        shop.api.stack.stripe().catch_up();
        shop.advance(&day(number)).await;
        made += 2;
        for refund in [&first, &second] {
            let id = refund["id"].as_str().unwrap();
            let shown = shop.client.get_refund(id).await.ok().body;
            assert_eq!(shown["state"], "succeeded", "{trouble:?}");
        }
        assert_eq!(shop.api.stack.stripe().refunds().len(), made, "{trouble:?}");
        assert_eq!(shop.api.stack.stripe().charges().last().unwrap().refunded, 800);
    }
    shop.api.audit().await;
}

/// craftcms/commerce-stripe #134, emfcamp/Website #1017: a refund that pends is shown as failed.
#[tokio::test]
async fn report_09_a_refund_that_pends_for_days_and_one_that_fails_after_all() {
    let shop = Shop::with("pm_card_pendingRefund").await.listening(Telling::After);
    let invoice = shop.bills(1000).await;
    let (id, intent) = (invoice["id"].as_str().unwrap(), invoice["payment_intent_id"].clone());
    let refunded = async || {
        shop.api.stack.stripe().all_told().await;
        let invoice = shop.invoice(id).await["refunded_amount_atom"].clone();
        let intent = shop.client.get_payment_intent(intent.as_str().unwrap()).await.ok().body;
        assert_eq!(intent["refunded_amount_atom"], invoice);
        invoice
    };
    let body = json!({"payment_intent_id": intent, "amount_atom": 600});
    let refund = shop.client.create_refund(body.clone()).await.ok().body;
    let (made, reference) = (refund["id"].as_str().unwrap(), refund["processor_reference"].clone());
    let state = async || shop.client.get_refund(made).await.ok().body["state"].clone();
    shop.advance(&day(2)).await;
    assert_eq!((state().await, refunded().await), (json!("pending"), json!(600)));
    shop.api.stack.stripe().change_refund(reference.as_str().unwrap(), "succeeded");
    shop.advance(&day(3)).await;
    assert_eq!((state().await, refunded().await), (json!("succeeded"), json!(600)));
    // The bank sends it back: it was not made, and can be made again.
    shop.api.stack.stripe().change_refund(reference.as_str().unwrap(), "failed");
    assert_eq!(refunded().await, json!(0));
    assert_eq!(state().await, "failed");
    let again: Value = shop.client.create_refund(body).await.ok().body;
    assert_eq!((&again["state"], refunded().await), (&json!("pending"), json!(600)));
    shop.api.audit().await;
}
