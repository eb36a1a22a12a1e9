//! What refunds and credit notes return is what was charged.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_rate_that_is_archived_stays_on_what_it_is_on_and_is_returned_as_it_was_charged() {
    let shop = shop().await;
    let (old, new) =
        (shop.rate("VAT", "19", json!({})).await, shop.rate("VAT", "20", json!({})).await);
    shop.taxed_by(&[&old]).await;
    let draft = shop.wrote("usd", consulting("100.00")).await.ok().body;
    let (small, large) = (shop.monthly(1000).await, shop.monthly(2000).await);
    let sold = shop.subscribe(&small, json!({})).await.ok().body;
    shop.client.update_tax_rate(&old, json!({"active": false})).await.ok();
    shop.taxed_by(&[&new]).await;
    let kept = json!({"description": "As agreed"});
    let draft = shop.client.update_invoice(id(&draft), kept).await.ok().body;
    assert_eq!(sums(&draft), [0, 1900, 11900]);
    let written = json!({"items": consulting("100.00")});
    let again = shop.wrote("usd", consulting("1.00")).await.ok().body;
    let again = shop.client.update_invoice(id(&again), written).await.ok().body;
    assert_eq!(sums(&again), [0, 2000, 12000]);
    assert_eq!(sums(&shop.client.finalize_invoice(id(&draft)).await.ok().body), [0, 1900, 11900]);
    shop.advance(HALF).await;
    shop.change(&sold, "always_invoice", &large).await;
    let change = shop.newest_of(&sold).await;
    assert_eq!(taxes(&change), [[-500, -95], [1000, 200]]);
    assert_eq!(sums(&change), [0, 105, 605]);
    shop.api.audit().await;
}

#[tokio::test]
async fn refunds_and_notes_return_what_was_charged_and_no_more() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let sold = shop.subscribe(&shop.monthly(1000).await, json!({})).await.ok().body;
    let invoice = shop.newest_of(&sold).await;
    let note =
        |amount| json!({"currency": "usd", "amount_atom": amount, "invoice_id": invoice["id"]});
    shop.client.create_credit_note(&shop.customer, note(400)).await.ok();
    shop.client.create_credit_note(&shop.customer, note(791)).await.refused(422);
    shop.client.create_credit_note(&shop.customer, note(790)).await.ok();
    assert_eq!(shop.kept().await, [1190, 0, 1190]);
    shop.api.audit().await;
}

/// Whatever an invoice is given back in: the taxes of the parts come to what was charged, at any rate, added or
/// contained, with a discount or without.
#[tokio::test]
async fn partial_credit_notes_sum_to_the_whole() {
    let shop = shop().await;
    for (percentage, inclusive) in [("19", false), ("8.1", false), ("21", true), ("5.5", true)] {
        let rate = shop.rate("VAT", percentage, json!({"inclusive": inclusive})).await;
        shop.taxed_by(&[&rate]).await;
        let items = json!([
            {"name": CONSULTING, "amount_atom": 9999}, {"name": "Travel", "amount_atom": 777},
            {"name": "Taken back", "amount_atom": -101},
        ]);
        let customer = shop.client.create_customer(json!({"email": "parts@example.com"})).await;
        let customer = customer.ok().id();
        let body = json!({
            "customer_id": customer, "currency": "eur", "items": items,
            "collection_method": "send_invoice",
        });
        let invoice = shop.client.create_invoice(body).await.ok().id();
        let invoice = shop.client.finalize_invoice(&invoice).await.ok().body;
        let paid = json!({"paid_out_of_band": true});
        shop.client.pay_invoice(id(&invoice), paid).await.ok();
        let whole = number(&invoice, "total_amount_atom");
        let note = |amount: i64| {
            let about =
                json!({"currency": "eur", "amount_atom": amount, "invoice_id": invoice["id"]});
            shop.client.create_credit_note(&customer, about)
        };
        let (mut left, mut tax) = (whole, 0);
        for amount in [1, 333, whole / 2, whole - 334 - whole / 2] {
            let made = note(amount).await.ok().body;
            let parts = made["items"].as_array().unwrap();
            let sum = |name| parts.iter().map(|one| number(one, name)).sum::<i64>();
            assert_eq!(sum("amount_atom"), amount);
            tax += sum("tax_amount_atom");
            left -= amount;
        }
        assert_eq!((left, tax), (0, number(&invoice, "tax_amount_atom")), "{percentage}");
        note(1).await.refused(422);
    }
    shop.api.audit().await;
}
