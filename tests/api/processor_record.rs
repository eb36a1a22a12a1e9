//! The audit against the processor's record: it finds nothing where nothing is wrong, and each thing
//! that is.

use local::{audit::audit_with_processors, stripe::Telling};
use serde_json::json;

use crate::stripe::{KEY, Shop};

/// What the audit finds.
async fn found(shop: &Shop) -> Vec<String> {
    let (url, table) = (shop.api.stack.dynamodb_url(), shop.api.stack.table_name());
    let outside = shop.api.stack.outside();
    audit_with_processors(url, table, &outside, |_| {}).await.unwrap().findings()
}

/// Prepares a charge that no function has asked for; its name.
async fn prepared(shop: &Shop, form: &[(&str, &str)]) -> String {
    let outside = shop.api.stack.outside();
    let request = reqwest::Client::new()
        .post(format!("{}/v1/payment_intents", outside.stripe_url()))
        .bearer_auth(KEY)
        .header("Stripe-Version", "2026-08-26.dahlia")
        .header("Idempotency-Key", format!("by-hand-{}", form.len()))
        .body(
            form.iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join("&"),
        );
    let made: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

#[tokio::test]
async fn what_the_processor_has_on_record_is_compared_with_our_books() {
    let shop = Shop::with("pm_card_visa").await.listening(Telling::ByHand);
    let stripe = shop.api.stack.stripe();
    let mut charges = Vec::new();
    for _ in 0..3 {
        let intent = shop.bills(1000).await["payment_intent_id"].as_str().unwrap().to_owned();
        let shown = shop.client.get_payment_intent(&intent).await.ok().body;
        charges.push((intent, shown["processor_reference"].as_str().unwrap().to_owned()));
    }
    let body = json!({"payment_intent_id": charges[0].0, "amount_atom": 400});
    let refund = shop.client.create_refund(body).await.ok().body;
    let refund = refund["processor_reference"].as_str().unwrap();
    let dispute = stripe.dispute(&charges[1].1, "fraudulent").unwrap();
    let unheard = found(&shop).await;
    assert_eq!(unheard, [format!("contested: {dispute} is not known here")]);
    assert_eq!(stripe.tell(&shop.last_event()).await, [200]);
    assert_eq!(found(&shop).await, [""; 0]);

    // What is made at Stripe with no key of ours is no business of ours.
    let (source, payer) = (stripe.cards().pop().unwrap(), stripe.customers().pop().unwrap());
    let strange =
        [("amount", "900"), ("currency", "usd"), ("payment_method", &source), ("customer", &payer)];
    prepared(&shop, &strange).await;
    assert_eq!(found(&shop).await, [""; 0]);

    // A charge that we believe in and that did not happen; a refund that came back; a dispute that went on.
    stripe.force(&charges[2].1, "requires_payment_method", Some("insufficient_funds"));
    stripe.change_refund(refund, "failed");
    stripe.change_dispute(&dispute, "lost");
    let wrong = found(&shop).await;
    let checks: Vec<&str> = wrong.iter().map(|one| one.split(':').next().unwrap()).collect();
    assert_eq!(checks, ["taken", "returned", "contested"], "{wrong:?}");
    stripe.force(&charges[2].1, "succeeded", None);
    stripe.change_refund(refund, "succeeded");
    stripe.change_dispute(&dispute, "needs_response");
    assert_eq!(found(&shop).await, [""; 0]);

    // The same invoice, charged once more under another key, and an open one beside it.
    let account = shop.client.account.clone();
    let key = format!("{account}:{}:9", shop.invoice_of(&charges[0].0).await);
    let again = [strange.as_slice(), &[("metadata[key]", key.as_str())]].concat();
    let twice = prepared(&shop, &again).await;
    assert_eq!(found(&shop).await, [""; 0], "only prepared: it took nothing");
    stripe.force(&twice, "succeeded", None);
    assert_eq!(found(&shop).await, [format!("taken: {twice} took for no payment")]);
    stripe.force(&twice, "canceled", None);

    stripe.revoke(KEY, true);
    let unread = found(&shop).await;
    assert!(unread.len() == 1 && unread[0].starts_with("records: proc_stg_"), "{unread:?}");
}

impl Shop {
    async fn invoice_of(&self, intent: &str) -> String {
        let intent = self.client.get_payment_intent(intent).await.ok().body;
        intent["invoice_id"].as_str().unwrap().to_owned()
    }
}
