//! What a processor did not do is no decline of the card.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn what_a_processor_did_not_do_is_no_decline() {
    let api = Api::start().await;
    let account = api.account("stg").await;
    let client = api.client_of(&account);
    client.stop_clock("2026-01-31T10:00:00Z").await.ok();
    for (token, code) in
        [("test_rejected", "amount_too_small"), ("test_key_refused", "processor_unavailable")]
    {
        let (customer, method) = payer(&client, token).await;
        let body = json!({
            "customer_id": customer, "currency": "usd",
            "collection_method": "charge_automatically",
            "items": [{"name": "Work", "amount_atom": 1000}],
        });
        let id = client.create_invoice(body).await.ok().id();
        let invoice = client.finalize_invoice(&id).await.ok().body;
        assert_eq!(
            (&invoice["state"], &invoice["last_payment_error"]["code"]),
            (&json!("open"), &json!(code))
        );
        let again = invoice["next_payment_attempt_at"].is_string();
        assert_eq!(again, code == "processor_unavailable");
        let processor = method["processor_id"].as_str().unwrap();
        let refused = client.get_processor(processor).await.ok().body["state"] == "refused";
        assert_eq!(refused, again);
    }
    let (customer, _) = payer(&client, "test_processing").await;
    let body = json!({
        "customer_id": customer, "currency": "usd", "collection_method": "charge_automatically",
        "items": [{"name": "Work", "amount_atom": 1000}],
    });
    let id = client.create_invoice(body).await.ok().id();
    let invoice = client.finalize_invoice(&id).await.ok().body;
    assert_eq!((&invoice["state"], &invoice["last_payment_error"]), (&json!("open"), &Value::Null));
    client.advance_clock("2026-01-31T11:00:00Z").await.ok();
    assert_eq!(client.get_invoice(&id).await.ok().body["state"], "paid");
}

#[tokio::test]
async fn what_a_processor_did_not_do_is_told_as_no_decline() {
    let api = Api::start().await;
    let client = api.client_of(&api.account("stg").await);
    for (token, code) in
        [("test_rejected", "amount_too_small"), ("test_key_refused", "processor_unavailable")]
    {
        let (customer, _) = payer(&client, token).await;
        let body = json!({
            "customer_id": customer, "currency": "usd", "collection_method": "send_invoice",
            "items": [{"name": "Work", "amount_atom": 1000}],
        });
        let id = client.create_invoice(body).await.ok().id();
        client.finalize_invoice(&id).await.ok();
        let told = client.pay_invoice(&id, json!({})).await.refused(422);
        assert_eq!(told.body["errors"][0]["code"], code);
        let detail = told.body["detail"].as_str().unwrap();
        assert!(detail.contains("could not be made") && !detail.contains("declined"), "{detail}");
    }
}
