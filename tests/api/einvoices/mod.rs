//! Electronic invoices and credit notes: what is in them, what is missing for them, and that the official
//! rules find them valid.

mod written;

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use self::written::{All, Seller};
use crate::{billing::Shop, client::root};

const JANUARY: &str = "2026-01-01T00:00:00Z";

/// What stands in the first element of this name.
fn first<'a>(xml: &'a str, name: &str) -> &'a str {
    all(xml, name).first().unwrap_or_else(|| panic!("no {name} in {xml}"))
}

/// What stands in each element of this name.
fn all<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let inside = |rest: &'a str| {
        let (attributes, rest) = rest.split_once('>')?;
        let (text, _) = rest.split_once(&close)?;
        (attributes.is_empty() || attributes.starts_with(' ')).then_some(text)
    };
    xml.split(&open).skip(1).filter_map(inside).collect()
}

#[tokio::test]
async fn an_invoice_is_a_document_that_says_what_it_says() {
    let seller = Seller::german(JANUARY).await;
    let invoice = seller
        .billed(
            "eur",
            json!([
                {"name": "Use & care <b>", "quantity": 3, "unit_amount": "20.00"},
                {"name": "Back", "quantity": 2, "unit_amount": "-5.00"},
                {"name": "A third", "amount": "33.33", "quantity": 3},
            ]),
        )
        .await;
    let answer = seller.ubl(&invoice, "").await.ok();
    assert_eq!(answer.header("content-type"), Some("application/xml"));
    let xml = answer.body.as_str().unwrap();
    let is = |name: &str, text: &str| assert_eq!(first(xml, name), text, "{name} in {xml}");
    is("cbc:ID", invoice["number"].as_str().unwrap());
    is("cbc:IssueDate", "2026-01-01");
    is("cbc:DueDate", "2026-01-31");
    is("cbc:DocumentCurrencyCode", "EUR");
    is("cbc:BuyerReference", "04011000-12345-03");
    is("cbc:RegistrationName", "Acme Analytics GmbH");
    is("cbc:EndpointID", "DE136695976");
    is("cbc:PayableAmount", "99.16");
    is("cbc:TaxableAmount", "83.33");
    is("cbc:TaxAmount", "15.83");
    let of = |name: &str| all(xml, name);
    assert_eq!(of("cbc:InvoicedQuantity"), ["3", "-2", "1"]);
    assert_eq!(of("cbc:PriceAmount"), ["20.00", "5.00", "33.33"]);
    assert_eq!(of("cbc:LineExtensionAmount"), ["83.33", "60.00", "-10.00", "33.33"]);
    assert!(xml.contains("<cbc:Name>Use &amp; care &lt;b&gt;</cbc:Name>"), "{xml}");
    assert!(xml.contains("<cbc:Note>Quantity: 3</cbc:Note>"), "{xml}");
    let german = seller.ubl(&invoice, "?profile=xrechnung").await.ok();
    let german = german.body.as_str().unwrap();
    assert_eq!(first(german, "cbc:EndpointID"), "billing@acme.example");
    assert!(first(german, "cbc:CustomizationID").ends_with("xrechnung_3.0"));
    seller.shop.api.audit().await;
}

#[tokio::test]
async fn what_is_missing_is_named_field_by_field() {
    let shop = Shop::open_at(JANUARY, "").await;
    let body = json!({
        "customer_id": shop.customer, "currency": "eur",
        "items": [{"name": "Use", "amount": "10"}], "collection_method": "send_invoice",
    });
    let draft = shop.client.create_invoice(body).await.ok();
    let refused = shop.client.show_invoice_ubl(&draft.id(), "").await.refused(422);
    assert_eq!(refused.faults(), [" illegal_state"]);
    shop.client.finalize_invoice(&draft.id()).await.ok();
    let refused = shop.client.show_invoice_ubl(&draft.id(), "").await.refused(422);
    assert_eq!(
        refused.faults(),
        [
            "/account/address/country required",
            "/customer/address/country required",
            "/account/legal_id required",
            "/account/tax_ids required",
            "/customer/tax_ids required",
        ]
    );
    assert_eq!(
        refused.body["detail"],
        "Account address.country is needed on an electronic invoice: two letters of ISO 3166-1 (and 4 more \
         faults: see errors)"
    );
    shop.client.show_invoice_ubl(&draft.id(), "?profile=zugferd").await.refused(400);
    // What was not known when it became final is taken as it is now.
    let customer = json!({
        "address": {"country": "AT"}, "tax_ids": [{"type": "eu_vat", "value": "ATU13585627"}],
    });
    shop.client.update_customer(&shop.customer, customer).await.ok();
    let account = json!({
        "address": {"country": "DE", "city": "Berlin"},
        "tax_ids": [{"type": "eu_vat", "value": "DE 136 695 976"}],
    });
    shop.client.update_account(account).await.ok();
    shop.client.show_invoice_ubl(&draft.id(), "").await.ok();
    let refused =
        shop.client.show_invoice_ubl(&draft.id(), "?profile=xrechnung").await.refused(422);
    assert_eq!(
        refused.faults(),
        [
            "/account/address/postal_code required",
            "/customer/address/city required",
            "/customer/address/postal_code required",
            "/account/phone required",
            "/account/brand/support_email required",
        ]
    );
    shop.client.void_invoice(&draft.id()).await.ok();
    let refused = shop.client.show_invoice_ubl(&draft.id(), "").await.refused(422);
    assert_eq!(refused.faults(), [" illegal_state"]);
}

#[tokio::test]
async fn what_the_norm_cannot_say_is_refused_with_the_reason() {
    let seller = Seller::german(JANUARY).await;
    let fine = seller.billed("kwd", json!([{"name": "Use", "amount": "10.000"}])).await;
    let xml = seller.ubl(&fine, "").await.ok().body;
    assert_eq!(first(xml.as_str().unwrap(), "cbc:PayableAmount"), "11.90");
    let finer = seller.billed("kwd", json!([{"name": "Use", "amount": "10.001"}])).await;
    let refused = seller.ubl(&finer, "").await.refused(422);
    assert_eq!(refused.faults(), ["/invoice/currency too_many_decimals"]);
    let dobras = seller.billed("stn", json!([{"name": "Use", "amount": "10"}])).await;
    let refused = seller.ubl(&dobras, "").await.refused(422);
    assert_eq!(refused.faults(), ["/invoice/currency unknown_currency"]);
    let rates = [seller.rate("5").await, seller.rate("7").await];
    let two = json!([{"name": "Use", "amount": "10", "tax_rate_ids": rates}]);
    let two = seller.billed("eur", two).await;
    let refused = seller.ubl(&two, "").await.refused(422);
    assert_eq!(refused.faults(), ["/invoice/items/0 several_taxes"]);
    let reverse = seller.reverse_charged().await;
    let customer = json!({"tax_ids": []});
    seller.shop.client.update_customer(&seller.shop.customer, customer).await.ok();
    seller.ubl(&reverse, "").await.ok();
}

#[tokio::test]
async fn a_credit_note_is_a_document_that_names_its_invoice() {
    let seller = Seller::german(JANUARY).await;
    let lines = json!([
        {"name": "Use", "quantity": 2, "unit_amount": "50.00"},
        {"name": "Books", "amount": "10.00", "tax_rate_ids": [seller.rate("7").await]},
    ]);
    let invoice = seller.billed("eur", lines).await;
    let part = seller.credited(&invoice, 3000).await;
    assert_eq!(part["number"], "INV-0001-CN-01");
    let sum = |name: &str, of: &Value| -> i64 {
        of["items"].as_array().unwrap().iter().map(|item| item[name].as_i64().unwrap()).sum()
    };
    assert_eq!(sum("amount_atom", &part), 3000);
    let answer = seller.credit_ubl(&part, "").await.ok();
    assert_eq!(answer.header("content-type"), Some("application/xml"));
    let xml = answer.body.as_str().unwrap();
    let is = |name: &str, text: &str| assert_eq!(first(xml, name), text, "{name} in {xml}");
    is("cbc:ID", "INV-0001-CN-01");
    is("cbc:CreditNoteTypeCode", "381");
    is("cbc:IssueDate", "2026-01-01");
    is("cbc:Note", "Too much was counted.");
    is("cbc:PayableAmount", "30.00");
    is("cbc:PaymentMeansCode", "97");
    assert!(xml.contains(
        "<CreditNote xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2\""
    ));
    let reference =
        "<cac:InvoiceDocumentReference><cbc:ID>INV-0001</cbc:ID><cbc:IssueDate>2026-01-01<";
    assert!(xml.contains(reference), "{xml}");
    assert_eq!(all(xml, "cbc:CreditedQuantity"), ["1", "1"]);
    assert!(!xml.contains("DueDate") && !xml.contains("Invoiced"), "{xml}");
    // The rest gives back the rest of the tax, to the cent.
    let whole = invoice["total_amount_atom"].as_i64().unwrap();
    let rest = seller.credited(&invoice, whole - 3000).await;
    assert_eq!(rest["number"], "INV-0001-CN-02");
    let tax = sum("tax_amount_atom", &part) + sum("tax_amount_atom", &rest);
    assert_eq!(tax, invoice["tax_amount_atom"].as_i64().unwrap());
    // All of an invoice is its own lines.
    let again =
        seller.billed("eur", json!([{"name": "Use", "quantity": 2, "unit_amount": "50.00"}]));
    let note = seller.credited(&again.await, 11_900).await;
    let xml = seller.credit_ubl(&note, "?profile=xrechnung").await.ok().body;
    let xml = xml.as_str().unwrap();
    assert_eq!(all(xml, "cbc:CreditedQuantity"), ["2"]);
    assert_eq!(all(xml, "cbc:PriceAmount"), ["50.00"]);
    // Both documents are between the parties of the invoice, whatever becomes of them.
    let moved = json!({"name": "Other", "address": {"country": "AT"}, "tax_ids": []});
    seller.shop.client.update_customer(&seller.shop.customer, moved).await.ok();
    assert_eq!(seller.credit_ubl(&note, "?profile=xrechnung").await.ok().body, xml);
    let id = note["id"].as_str().unwrap();
    let page = seller.shop.client.show_credit_note(id).await.ok();
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let page = page.body.as_str().unwrap();
    for shown in [
        "<h1>Credit note</h1>",
        "<p class=\"number\">INV-0002-CN-01</p>",
        "<p class=\"amount\">EUR 119.00</p>",
        "Added to the credit balance</span> on 1 January 2026",
        "<dd>INV-0002 · 1 January 2026</dd>",
        "Too much was counted.",
        "VAT 19 % on EUR 100.00",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert!(!page.contains("<script") && !page.contains("Amount due"), "{page}");
    let file = seller.shop.client.draw_credit_note(id).await.ok();
    assert_eq!(file.header("content-type"), Some("application/pdf"));
    let name = "inline; filename=\"INV-0002-CN-01.pdf\"";
    assert_eq!(file.header("content-disposition"), Some(name));
    assert!(file.body.as_str().unwrap().starts_with("%PDF-"));
    seller.shop.api.audit().await;
}

#[tokio::test]
async fn of_what_is_no_correction_of_an_invoice_there_is_no_document() {
    let seller = Seller::german(JANUARY).await;
    let client = &seller.shop.client;
    let gift = json!({"currency": "eur", "amount_atom": 500});
    let gift = client.create_credit_note(&seller.shop.customer, gift).await.ok();
    assert_eq!((&gift.body["number"], &gift.body["items"]), (&Value::Null, &json!([])));
    seller.billed("eur", json!([{"name": "Use", "amount": "10"}])).await;
    let notes = client.list_credit_notes(&seller.shop.customer, "").await.ok();
    let applied = notes.items().iter().find(|note| note["reason"] == "applied").unwrap();
    for (note, code) in [(&gift.body, " no_invoice"), (applied, " no_document")] {
        let id = note["id"].as_str().unwrap();
        assert_eq!(client.draw_credit_note(id).await.refused(422).faults(), [code]);
        assert_eq!(client.show_credit_note(id).await.refused(422).faults(), [code]);
        assert_eq!(seller.credit_ubl(note, "").await.refused(422).faults(), [code]);
    }
    // What the norm cannot say is refused as it is of the invoice.
    let fine = seller.billed("kwd", json!([{"name": "Use", "amount": "10.000"}])).await;
    let finer = seller.credited(&fine, 1001).await;
    let refused = seller.credit_ubl(&finer, "").await.refused(422);
    assert_eq!(refused.faults(), ["/credit_note/currency too_many_decimals"]);
    client.draw_credit_note(finer["id"].as_str().unwrap()).await.ok();
    let shop = Shop::open_at(JANUARY, "").await;
    let bill = json!({
        "customer_id": shop.customer, "currency": "eur", "collection_method": "send_invoice",
        "items": [{"name": "Use", "amount": "10"}],
    });
    let bill = shop.client.create_invoice(bill).await.ok().id();
    shop.client.finalize_invoice(&bill).await.ok();
    shop.client.pay_invoice(&bill, json!({"paid_out_of_band": true})).await.ok();
    let note = json!({"currency": "eur", "amount_atom": 500, "invoice_id": bill});
    let note = shop.client.create_credit_note(&shop.customer, note).await.ok().id();
    let refused = shop.client.show_credit_note_ubl(&note, "").await.refused(422);
    assert_eq!(
        refused.faults(),
        [
            "/account/address/country required",
            "/customer/address/country required",
            "/account/legal_id required",
            "/account/tax_ids required",
            "/customer/tax_ids required",
        ]
    );
}

#[tokio::test]
async fn a_final_invoice_says_the_same_whatever_becomes_of_its_parties() {
    let seller = Seller::german(JANUARY).await;
    let invoice = seller.billed("eur", json!([{"name": "Use", "amount": "10"}])).await;
    assert_eq!(invoice["seller"]["legal_name"], "Acme Analytics GmbH");
    assert_eq!(invoice["billed_to"]["tax_ids"][0]["value"], "DE 129274202");
    let read = async || {
        let id = invoice["id"].as_str().unwrap();
        let page = seller.shop.client.show_invoice(id).await.ok().body;
        (page, seller.ubl(&invoice, "").await.ok().body)
    };
    let before = read().await;
    let page = before.0.as_str().unwrap();
    for said in ["Acme Analytics GmbH", "HRB 123456 B", "VAT DE136695976", "VAT DE 129274202"] {
        assert!(page.contains(said), "{said} in {page}");
    }
    let client = &seller.shop.client;
    let moved = json!({
        "name": "Other", "address": {"city": "Graz", "country": "AT"}, "timezone": "Pacific/Apia",
        "tax_ids": [], "business_name": "Other AG",
    });
    client.update_customer(&seller.shop.customer, moved).await.ok();
    let renamed = json!({
        "legal_name": "Other AG", "address": null, "tax_ids": [], "timezone": "Pacific/Apia",
        "legal_id": null,
    });
    client.update_account(renamed).await.ok();
    assert_eq!(read().await, before);
}

#[tokio::test]
async fn who_accounts_for_the_tax_stands_beside_the_sentence() {
    let seller = Seller::german(JANUARY).await;
    let invoice = seller.reverse_charged().await;
    let page = seller.shop.client.show_invoice(invoice["id"].as_str().unwrap()).await.ok().body;
    let said = "Reverse charge: the customer accounts for the tax. VAT NL004495445B01";
    assert!(page.as_str().unwrap().contains(said), "{page}");
}

/// What `tools/einvoice.py` says of the files in a folder, by their names.
fn judged(folder: &Path) -> Value {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let output =
        Command::new("python3").arg(root().join("tools/einvoice.py")).args(paths).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8_lossy(&output.stderr);
    println!("{said}{complained}");
    let verdicts = said.lines().filter_map(|line| line.split_once(": "));
    verdicts.map(|(name, verdict)| (name.to_owned(), Value::from(verdict))).collect()
}

/// Saxon and the rules have to be there.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it needs the official rules: `make einvoice-check`"]
async fn the_official_rules_find_them_valid() {
    let all = All::written().await;
    let folder = tempfile::tempdir().unwrap();
    for (name, xml) in &all.0 {
        std::fs::write(folder.path().join(name), xml).unwrap();
    }
    let plain = &all.0["plain.xml"];
    let broken = [
        ("broken-payable.xml", "<cbc:PayableAmount currencyID=\"EUR\">", "BR-CO-16"),
        ("broken-line.xml", "<cbc:LineExtensionAmount currencyID=\"EUR\">", "BR-CO-13"),
        ("broken-tax.xml", "<cbc:Percent>", "BR-S-08"),
    ];
    let credit = &all.0["credit-two-rates.xml"];
    let broken_credit = [
        ("broken-credit-payable.xml", "<cbc:PayableAmount currencyID=\"EUR\">", "BR-CO-16"),
        ("broken-credit-line.xml", "<cbc:LineExtensionAmount currencyID=\"EUR\">", "BR-CO-13"),
        ("broken-credit-type.xml", "<cbc:CreditNoteTypeCode>", "BR-CL-01"),
    ];
    let of = broken.iter().map(|one| (one, plain));
    let of = of.chain(broken_credit.iter().map(|one| (one, credit)));
    for ((name, before, _), whole) in of {
        let text = whole.replacen(before, &format!("{before}1"), 1);
        assert_ne!(&text, whole);
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let broken = [broken, broken_credit].concat();
    let verdicts = judged(folder.path());
    assert_eq!(verdicts.as_object().unwrap().len(), all.0.len() + broken.len());
    for name in all.0.keys() {
        assert_eq!(verdicts[name], "valid", "{name}: {}", all.0[name]);
    }
    for (name, _, rule) in broken {
        assert!(verdicts[name].as_str().unwrap().contains(rule), "{name}: {}", verdicts[name]);
    }
}
