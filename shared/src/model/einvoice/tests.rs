//! Amounts, days and parties as the document writes them.

use serde_json::{Value, json};

use super::*;
use crate::model::{entity::Representation, rate_limit::RateLimits};

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn with(mut object: Value, rest: Value) -> Value {
    object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    object
}

fn account(rest: Value) -> Account {
    let mut account = with(Account::example(), rest);
    account["rate_limits"] = serde_json::to_value(RateLimits::default()).unwrap();
    serde_json::from_value(account).unwrap()
}

fn customer(rest: Value) -> Customer {
    let known = json!({
        "address": {"city": "Wien", "country": "AT"},
        "tax_ids": [{"type": "eu_vat", "value": "ATU13585627"}],
    });
    serde_json::from_value(with(with(Customer::example(), known), rest)).unwrap()
}

fn invoice(rest: Value) -> Invoice {
    let never_kept = json!({"seller": null, "billed_to": null});
    serde_json::from_value(with(with(Invoice::example(), never_kept), rest)).unwrap()
}

/// The document, or the places of what is missing.
fn ubl(invoice: &Invoice, account: &Account, customer: &Customer) -> Result<String, Vec<String>> {
    invoice.ubl(account, Some(customer), Profile::Peppol).map_err(|error| match error {
        Error::Faulty(faults) => faults.iter().map(|fault| fault.pointer.clone()).collect(),
        other => panic!("{other:?}"),
    })
}

#[test]
fn an_amount_has_the_decimals_of_its_currency_and_at_most_two() {
    let table = [
        ("eur", 1250, Some("12.50")),
        ("eur", -5, Some("-0.05")),
        ("jpy", 500, Some("500")),
        ("kwd", 1230, Some("1.23")),
        ("kwd", -1230, Some("-1.23")),
        ("kwd", 1234, None),
    ];
    for (code, atoms, written) in table {
        let of = Atoms::new(atoms);
        assert_eq!(amount(of, currency(code)).as_deref(), written, "{code} {atoms}");
    }
    assert_eq!(price(Atoms::new(1234), currency("kwd")), "1.234");
}

#[test]
fn a_period_ends_on_its_last_day_in_the_customers_calendar() {
    let berlin = crate::base::time::zone_named("Europe/Berlin").unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (start, end) = (at("2026-01-31T23:00:00Z"), at("2026-02-28T23:00:00Z"));
    let days_of = |zone: &TimeZone| days(start, end, zone);
    assert_eq!(days_of(&berlin), ("2026-02-01".to_owned(), "2026-02-28".to_owned()));
    assert_eq!(days_of(&TimeZone::UTC), ("2026-01-31".to_owned(), "2026-02-28".to_owned()));
    assert_eq!(days(start, start, &berlin), ("2026-02-01".to_owned(), "2026-02-01".to_owned()));
}

#[test]
fn what_was_known_is_completed_and_never_replaced() {
    let (account, customer) = (account(json!({})), customer(json!({})));
    let kept = |address: Value| {
        let mut of = Invoice::example()["billed_to"].clone();
        of["address"] = address;
        invoice(json!({"billed_to": of}))
    };
    let city = |country: Value| json!({"city": "Wien", "country": country});
    assert!(ubl(&invoice(json!({})), &account, &customer).is_ok());
    for before in [Value::Null, city(Value::Null), city("Austria".into()), city("AT".into())] {
        let written = ubl(&kept(before), &account, &customer).unwrap();
        assert!(written.contains("<cbc:IdentificationCode>AT<"), "{written}");
    }
    let elsewhere = json!({"city": "Bern", "country": "CH"});
    let written = ubl(&kept(elsewhere), &account, &customer).unwrap();
    assert!(written.contains("<cbc:IdentificationCode>CH<") && written.contains(">Bern<"));
    let in_words = json!({"city": "Bern", "country": "Switzerland"});
    let missing = ubl(&kept(in_words), &account, &customer);
    assert_eq!(missing, Err(vec!["/customer/address/country".to_owned()]));
}

#[test]
fn an_id_that_an_office_does_not_know_is_on_no_document() {
    let account = account(json!({}));
    let ids = json!([
        {"type": "eu_vat", "value": "DE129274202", "status": "invalid"},
        {"type": "eu_vat", "value": "ATU13585627", "status": "verified"},
    ]);
    let written = ubl(&invoice(json!({})), &account, &customer(json!({"tax_ids": ids}))).unwrap();
    assert!(written.contains("ATU13585627") && !written.contains("DE129274202"), "{written}");
}

#[test]
fn a_tax_a_whole_unit_off_its_rate_is_refused() {
    let (account, customer) = (account(json!({})), customer(json!({})));
    let taxed = |tax: i64| {
        let mut example = Invoice::example();
        let levied = json!({
            "tax_rate_id": "txr_prod_0mkz6k3ct1a2x3r4", "display_name": "VAT", "percentage": "10",
            "inclusive": false, "taxable_amount_atom": 210, "amount_atom": tax,
        });
        let line = &mut example["items"][0];
        line["amount_atom"] = 210.into();
        line["tax_amount_atom"] = tax.into();
        line["taxes"] = json!([levied]);
        let items = example["items"].clone();
        invoice(json!({"currency": "jpy", "items": items, "total_amount_atom": 210 + tax}))
    };
    assert!(ubl(&taxed(21), &account, &customer).is_ok());
    for tax in [20, 22] {
        let missing = ubl(&taxed(tax), &account, &customer);
        assert_eq!(missing, Err(vec!["/invoice/taxes".to_owned()]), "{tax}");
    }
}

#[test]
fn what_may_not_stand_in_xml_is_left_out() {
    let (account, customer) = (account(json!({})), customer(json!({})));
    let odd = invoice(json!({"description": "a\u{ffff}<b>&\"\u{1f4a1}]]>"}));
    let written = ubl(&odd, &account, &customer).unwrap();
    assert!(
        written.contains("<cbc:Note>a&lt;b&gt;&amp;&quot;\u{1f4a1}]]&gt;</cbc:Note>"),
        "{written}"
    );
}
