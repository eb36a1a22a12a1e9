//! One story that goes the same with the stand-in and with Stripe itself: `make stripe-check` tells it
//! with a test key of whoever runs it. No money moves there.

use local::Options;
use serde_json::{Value, json};

use crate::{client::Api, stripe::KEY};

/// A card is saved, charged, declined and let go, money is given back, and the record agrees.
async fn story(api: &Api, key: &str) {
    let client = api.client_of(&api.account("stg").await);
    let body = json!({"name": "Cards", "type": "stripe", "secret_key": key});
    let processor = client.create_processor(body).await.ok();
    assert_eq!(processor.body["state"], "ready");
    client.update_account(json!({"default_processor_id": processor.id()})).await.ok();
    let wrong = json!({"secret_key": "sk_test_2"});
    if key != KEY {
        client.update_processor(&processor.id(), wrong).await.refused(422);
    }
    let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    let card = |token: &str| json!({"token": token, "make_default": true});
    let bills = async |amount: i64, currency: &str| {
        let body = json!({
            "customer_id": customer, "currency": currency,
            "collection_method": "charge_automatically",
            "items": [{"name": "Work", "amount_atom": amount}],
        });
        let id = client.create_invoice(body).await.ok().id();
        client.finalize_invoice(&id).await.ok().body
    };

    let refused = client.add_payment_method(&customer, card("pm_card_chargeDeclined")).await;
    refused.refused(422);
    client.add_payment_method(&customer, card("pm_card_unheardOf")).await.refused(422);
    let visa = client.add_payment_method(&customer, card("pm_card_visa")).await.ok();
    assert_eq!(visa.body["card"]["last_four"], "4242");
    // Each of these amounts is another number there.
    for (amount, currency) in [(1099, "usd"), (500, "jpy"), (1000, "isk")] {
        let invoice = bills(amount, currency).await;
        assert_eq!(invoice["state"], "paid", "{currency} {invoice}");
        let refund = |amount: i64| json!({"payment_intent_id": invoice["payment_intent_id"], "amount_atom": amount});
        for amount in [200, amount - 200] {
            let made = client.create_refund(refund(amount)).await.ok().body;
            assert_eq!(made["state"], "succeeded", "{currency} {made}");
        }
        client.create_refund(refund(1)).await.refused(422);
    }
    let small = bills(30, "usd").await;
    let error = |invoice: &Value| invoice["last_payment_error"]["code"].clone();
    assert_eq!((&small["state"], error(&small)), (&json!("open"), json!("amount_too_small")));
    client.add_payment_method(&customer, card("pm_card_chargeCustomerFail")).await.ok();
    let declined = bills(1000, "usd").await;
    assert_eq!(
        (&declined["state"], error(&declined)),
        (&json!("past_due"), json!("generic_decline"))
    );
    client.delete_payment_method(&customer, &visa.id()).await.ok();
    api.audit().await;
}

#[tokio::test]
async fn the_stand_in_does_as_stripe_itself() {
    story(&Api::start().await, KEY).await;
}

#[tokio::test]
#[ignore = "it needs a key of somebody's: `make stripe-check`"]
#[expect(clippy::disallowed_methods, reason = "what a person asks of a test comes in no other way")]
async fn stripe_itself_does_as_the_stand_in() {
    let asked = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let key = asked("STRIPE_KEY").expect("STRIPE_KEY is the secret key of a test mode");
    assert!(!key.contains("_live_"), "this is for a test key");
    let url = asked("STRIPE_URL").unwrap_or_else(|| "https://api.stripe.com".to_owned());
    let mut options = Options { workers: false, ..Options::default() };
    options.environment.insert("STRIPE_URL".to_owned(), url);
    options.environment.insert("STRIPE_RATE".to_owned(), "20".to_owned());
    story(&Api::start_with(options).await, &key).await;
}
