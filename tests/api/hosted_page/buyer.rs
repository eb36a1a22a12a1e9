//! A buyer who says otherwise who they are while a payment of theirs waits at their bank.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn a_company_that_is_corrected_while_its_bank_asks_is_on_the_invoice_that_is_paid() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let rate = json!({"display_name": "VAT", "percentage": "19", "inclusive": false});
    shop.client.create_tax_rate(rate).await.ok();
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    let form = |name, id, token| {
        let buyer = [("email", "ada@example.com"), ("business_name", name)];
        let rest = [("tax_type", "eu_vat"), ("tax_id", id), ("token", token)];
        [buyer.as_slice(), &rest].concat()
    };
    pay(&shop, &path, &form("Acme GmbH", "DE136695976", "test_requires_action")).await;
    // The same said once more is nothing new.
    pay(&shop, &path, &form("Acme GmbH", "DE136695976", "test_decline_soft")).await;
    assert_eq!(shop.client.list_invoices("").await.ok().body["total"], 1);
    let waits = form("Acme GmbH", "DE136695976", "test_requires_action");
    pay(&shop, &path, &waits).await;
    assert_eq!(pay(&shop, &path, &form("Acme AG", "", "test_success")).await.status, 303);
    let invoices = shop.client.list_invoices("").await.ok();
    let said = |one: &Value| json!([one["state"], one["billed_to"]["legal_name"]]);
    let said: Vec<Value> = invoices.items().iter().map(said).collect();
    assert_eq!(said, [json!(["paid", "Acme AG"]), json!(["void", "Acme GmbH"])]);
    let done = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!(
        (&done["state"], &done["invoice_id"]),
        (&json!("completed"), &invoices.items()[0]["id"])
    );
    assert_eq!(shop.client.list_subscriptions("?state=active").await.ok().body["total"], 1);
    shop.api.audit().await;
}
