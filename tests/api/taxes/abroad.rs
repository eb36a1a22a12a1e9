//! Who is taxed by which rules: customers abroad, those who are exempt, sellers in other countries.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_customer_across_the_border_a_consumer_there_and_one_who_is_exempt() {
    let shop = shop().await;
    let german = shop.rate("VAT", "19", json!({"country": "DE"})).await;
    let dutch = shop.rate("BTW", "21", json!({"country": "NL"})).await;
    shop.taxed_by(&[&german]).await;
    // A business in another member state accounts for the tax itself.
    shop.treats_customer(json!({"tax_exempt": "reverse"})).await;
    let draft = shop.wrote("eur", consulting("100.00")).await.ok().body;
    assert!(shop.page_of(&draft).await.contains(SENTENCE));
    let invoice = shop.billed("eur", consulting("100.00")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 0, 10000], vec![]));
    assert_eq!(invoice["tax_exempt"], "reverse");
    // What is final says what it said, whatever becomes of the customer.
    shop.treats_customer(json!({"tax_exempt": "none", "tax_rate_ids": [dutch]})).await;
    assert!(shop.page_of(&invoice).await.contains(SENTENCE));
    let invoice = shop.billed("eur", consulting("100.00")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 2100, 12100], vec![[10000, 2100]]));
    assert_eq!(invoice["taxes"][0]["tax_rate_id"], dutch);
    let page = shop.page_of(&invoice).await;
    assert!(page.contains("BTW 21 % on EUR 100.00") && page.contains("EUR 21.00"), "{page}");
    assert!(!page.contains(SENTENCE));
    shop.treats_customer(json!({"tax_exempt": "exempt"})).await;
    let invoice = shop.billed("eur", consulting("100.00")).await;
    assert_eq!((sums(&invoice), &invoice["tax_exempt"]), ([0, 0, 10000], &json!("exempt")));
    assert!(!shop.page_of(&invoice).await.contains(SENTENCE));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_draft_keeps_why_it_has_no_tax() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let sold = shop.subscribe(&shop.monthly(1000).await, json!({})).await.ok().body;
    shop.treats_customer(json!({"tax_exempt": "reverse"})).await;
    let draft = || async { shop.wrote("eur", consulting("100.00")).await.ok().body };
    let (kept, anew) = (draft().await, draft().await);
    assert_eq!(kept["tax_exempt"], "reverse");
    shop.advance("2026-02-01T00:30:00Z").await;
    shop.treats_customer(json!({"tax_exempt": "none"})).await;
    // Its lines were made without tax, so it goes on saying who accounts for it.
    assert!(shop.page_of(&kept).await.contains(SENTENCE));
    let kept = shop.client.finalize_invoice(id(&kept)).await.ok().body;
    assert_eq!((sums(&kept), &kept["tax_exempt"]), ([0, 0, 10000], &json!("reverse")));
    assert!(shop.page_of(&kept).await.contains(SENTENCE));
    // Lines that are made anew are made for the customer as it is.
    let items = json!({"items": consulting("100.00")});
    let anew = shop.client.update_invoice(id(&anew), items).await.ok().body;
    assert_eq!((sums(&anew), &anew["tax_exempt"]), ([0, 1900, 11900], &json!("none")));
    assert!(!shop.page_of(&anew).await.contains(SENTENCE));
    // A renewal's draft likewise, and the next one is taxed again.
    shop.advance("2026-02-01T02:00:00Z").await;
    let renewal = shop.newest_of(&sold).await;
    assert_eq!((sums(&renewal), &renewal["tax_exempt"]), ([0, 0, 1000], &json!("reverse")));
    shop.advance("2026-03-01T02:00:00Z").await;
    let renewal = shop.newest_of(&sold).await;
    assert_eq!((sums(&renewal), &renewal["tax_exempt"]), ([0, 190, 1190], &json!("none")));
    shop.api.audit().await;
}

#[tokio::test]
async fn switzerland_canada_and_japan() {
    let shop = shop().await;
    let swiss = shop.rate("MWST", "8.1", json!({"country": "CH"})).await;
    let (gst, pst) = (
        shop.rate("GST", "5", json!({"country": "CA"})).await,
        shop.rate("PST", "7", json!({"country": "CA", "region": "BC"})).await,
    );
    let japan = shop.rate("消費税", "10", json!({"country": "JP"})).await;
    shop.taxed_by(&[&swiss]).await;
    let invoice = shop.billed("chf", consulting("99.95")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 810, 10805], vec![[9995, 810]]));
    shop.taxed_by(&[&gst, &pst]).await;
    let invoice = shop.billed("cad", consulting("19.99")).await;
    assert_eq!(sums(&invoice), [0, 240, 2239]);
    assert_eq!(taxes(&invoice), [[1999, 100], [1999, 140]]);
    shop.taxed_by(&[&japan]).await;
    let tea = json!({"name": "お茶", "amount": "105"});
    let invoice = shop.billed("jpy", json!([tea, tea])).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 21, 231], vec![[210, 21]]));
    assert_eq!(
        invoice["items"].as_array().unwrap().iter().map(taxes).collect::<Vec<_>>(),
        [[[105, 10]], [[105, 11]]]
    );
    shop.api.audit().await;
}

#[tokio::test]
async fn britain_and_a_small_business_that_charges_no_tax() {
    let shop = shop().await;
    let rate = shop.rate("VAT", "20", json!({"country": "UK"})).await;
    shop.taxed_by(&[&rate]).await;
    let invoice = shop.billed("gbp", consulting("99.99")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 2000, 11999], vec![[9999, 2000]]));
    // A small business is known to the tax office, and has no rates: nothing is taxed, nothing says so on a
    // line, and the electronic invoice gives the reason.
    let seller = json!({
        "default_tax_rate_ids": [], "legal_name": "Kleine GmbH", "legal_id": "HRB 1",
        "address": {"line1": "Torstraße 1", "city": "Berlin", "postal_code": "10119", "country": "DE"},
        "tax_ids": [{"type": "de_stn", "value": "21/815/08150"}], "phone": "+49 30 1",
        "brand": {"support_email": "small@example.com"},
    });
    shop.client.update_account(seller).await.ok();
    let address =
        json!({"line1": "Weg 1", "city": "Bonn", "postal_code": "53111", "country": "DE"});
    shop.treats_customer(json!({"address": address})).await;
    let invoice = shop.billed("eur", consulting("100.00")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 0, 10000], vec![]));
    let ubl = shop.client.show_invoice_ubl(id(&invoice), "?profile=xrechnung").await.ok().body;
    let ubl = ubl.as_str().unwrap();
    let category = ubl.split_once("<cac:TaxCategory>").unwrap().1;
    assert!(category.starts_with("<cbc:ID>E</cbc:ID>"), "{category}");
    assert!(category.contains("<cbc:TaxExemptionReason>"), "{category}");
    shop.api.audit().await;
}
