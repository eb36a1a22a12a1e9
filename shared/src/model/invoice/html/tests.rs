//! The page of an invoice against its snapshot, and that what a stranger wrote stays text.

use serde_json::{Value, json};

use super::*;
use crate::model::entity::Representation;

const SNAPSHOT: &str = include_str!("../../../../templates/invoice.snapshot.html");

fn with(mut object: Value, rest: Value) -> Value {
    object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    object
}

fn account(brand: Value) -> Account {
    let brand = with(
        json!({"display_name": null, "logo_url": null, "primary_color": null, "support_email": null}),
        brand,
    );
    let mut example = with(Account::example(), json!({"brand": brand}));
    example["rate_limits"] =
        serde_json::to_value(crate::model::rate_limit::RateLimits::default()).unwrap();
    serde_json::from_value(example).unwrap()
}

fn customer(rest: Value) -> Customer {
    serde_json::from_value(with(Customer::example(), rest)).unwrap()
}

/// One that shows its parties as they are.
fn invoice(rest: Value) -> Invoice {
    let never_kept = json!({"seller": null, "billed_to": null});
    serde_json::from_value(with(with(Invoice::example(), never_kept), rest)).unwrap()
}

fn line(name: &str, amount: i64, rest: Value) -> Value {
    let line = json!({
        "id": "ii_prod_0mkz6k3c1a2b3c4d", "name": name, "description": null, "quantity": 1,
        "unit_amount_atom": null, "price_id": null, "subscription_item_id": null,
        "amount_atom": amount, "discount_amount_atom": 0, "tax_amount_atom": 0,
        "period_start": null, "period_end": null, "proration": false, "metadata": {},
    });
    with(line, rest)
}

/// With something in every place.
fn full() -> (Account, Customer, Invoice) {
    let account = account(json!({
        "display_name": "Acme Analytics", "primary_color": "#5b3df5",
        "support_email": "billing@acme.example",
    }));
    let customer = customer(json!({
        "name": "Jane Smith", "business_name": "Smith & Daughters Ltd", "locale": null,
        "address": {
            "line1": "Torstraße 1", "line2": null, "city": "Berlin", "state": null,
            "postal_code": "10119", "country": "Germany",
        },
    }));
    let (start, end) = ("2026-01-30T23:00:00.000Z", "2026-02-27T23:00:00.000Z");
    let period = json!({"period_start": start, "period_end": end});
    let invoice = invoice(json!({
        "state": "open", "collection_method": "send_invoice", "paid_at": null,
        "description": "Thank you for working with us.\nYour team grew this month.",
        "due_date": "2026-03-02T09:30:00.000Z", "period_start": start, "period_end": end,
        "items": [
            line("Team plan", 4800, with(
                period.clone(), json!({"quantity": 4, "unit_amount_atom": 1200, "taxes": [{
                    "tax_rate_id": "txr_prod_0mkz6k3ct1a2x3r4", "display_name": "VAT",
                    "percentage": "19", "inclusive": false,
                    "taxable_amount_atom": 69333, "amount_atom": 13173,
                }]}),
            )),
            line("Events", 70000, with(
                period.clone(), json!({"quantity": 150_000, "description": "20,000 included"}),
            )),
            line("Unused time on Starter", -667, with(period, json!({"proration": true}))),
        ],
        "subtotal_amount_atom": 74133, "discount_amount_atom": 4800,
        "tax_amount_atom": 13173, "total_amount_atom": 82506,
        "credit_applied_amount_atom": 500, "paid_amount_atom": 20000,
        "due_amount_atom": 62006,
    }));
    (account, customer, invoice)
}

#[test]
fn the_page_is_this() {
    let (account, customer, invoice) = full();
    let page = invoice.page(&account, Some(&customer), Locale::En).unwrap().text;
    if std::env::var_os("WRITE_SNAPSHOT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/invoice.snapshot.html");
        std::fs::write(path, &page).unwrap();
        return;
    }
    assert_eq!(page, SNAPSHOT, "WRITE_SNAPSHOT=1 writes it again");
}

#[test]
fn what_somebody_wrote_is_text_wherever_it_stands() {
    let attack = "</style><script>alert('x')</script>\"><img src=x onerror=alert(1)>&";
    let (mut account, mut customer, mut invoice) = full();
    account = serde_json::from_value(with(
        serde_json::to_value(account).unwrap(),
        json!({"name": attack, "brand": {
            "display_name": attack, "logo_url": format!("https://a.example/{}", "\"><script>"),
            "primary_color": "red}*{", "support_email": "a\"b@example.com",
        }}),
    ))
    .unwrap();
    customer = serde_json::from_value(with(
        serde_json::to_value(customer).unwrap(),
        json!({"name": attack, "business_name": format!("{attack}{attack}")}),
    ))
    .unwrap();
    invoice = serde_json::from_value(with(
        serde_json::to_value(invoice).unwrap(),
        json!({"number": attack, "description": attack,
            "items": [line(attack, 1, json!({"description": attack}))]}),
    ))
    .unwrap();
    let page = invoice.page(&account, Some(&customer), Locale::En).unwrap();
    // The tags are those of the template and no others.
    let tags = |text: &str, tag: &str| text.matches(tag).count();
    for (tag, count) in [("<script", 0), ("<img", 1), ("<style>", 1), ("</style>", 1)] {
        assert_eq!(tags(&page.text, tag), count, "{tag} in {}", page.text);
    }
    assert!(page.text.contains("src=\"https://a.example/&#34;&#62;&#60;script&#62;\""));
    assert!(page.text.contains(&format!("--brand:{NO_COLOR}}}")));
    assert!(!page.text.contains("mailto:"));
    assert!(page.policy.contains("img-src https://a.example;"), "{}", page.policy);
}

#[test]
fn a_logo_is_loaded_from_its_own_https_origin_or_not_at_all() {
    let (_, _, invoice) = full();
    for (url, origin) in [
        ("https://cdn.acme.example/logo.svg?v=2", Some("https://cdn.acme.example")),
        ("https://localhost:8443#x", Some("https://localhost:8443")),
        ("http://acme.example/logo.png", None),
        ("//acme.example/logo.png", None),
        ("data:image/svg+xml,<svg/>", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https:///logo.png", None),
        ("https://a.example; script-src *", None),
        ("https://user@a.example/logo.png", None),
        ("https://a.example/lo go.png", None),
        ("https://*/logo.png", None),
    ] {
        assert_eq!(Logo::of(url).map(|logo| logo.origin), origin, "{url}");
        let page = invoice.page(&account(json!({"logo_url": url})), None, Locale::En).unwrap();
        let images = format!("img-src {};", origin.unwrap_or("'none'"));
        assert!(page.policy.contains(&images), "{url}: {}", page.policy);
        assert_eq!(page.text.contains("<img"), origin.is_some(), "{url}");
    }
}

#[test]
fn the_policy_names_the_style_by_its_hash() {
    let (account, customer, invoice) = full();
    let page = invoice.page(&account, Some(&customer), Locale::En).unwrap();
    let style = page.text.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = data_encoding::BASE64.encode(digest(&SHA256, style.as_bytes()).as_ref());
    assert!(page.policy.contains(&format!("style-src 'sha256-{hash}';")));
}

#[test]
fn a_draft_says_so_and_has_no_number() {
    let draft = invoice(json!({
        "state": "draft", "number": null, "issued_at": null, "items": [], "paid_at": null,
    }));
    let page = draft.page(&account(json!({})), None, Locale::En).unwrap().text;
    assert!(page.contains("<p class=\"number\">Draft</p>") && page.contains("Nothing yet"));
    assert!(!page.contains("Invoice number"));
}

#[test]
fn every_state_has_a_page() {
    for state in InvoiceState::ALL {
        let invoice = invoice(json!({"state": state.as_str()}));
        let page = invoice.page(&account(json!({})), None, Locale::En).unwrap().text;
        assert!(
            page.contains(&format!("<span class=\"state\">{}</span>", state.label(Locale::En)))
        );
    }
}

#[test]
fn days_are_those_of_the_customers_calendar_and_words_in_the_customers_language() {
    let (account, _, invoice) = full();
    let page = |locale: &str| {
        let customer = customer(json!({"timezone": "Europe/Berlin", "locale": locale}));
        invoice.page(&account, Some(&customer), Locale::En).unwrap().text
    };
    let german = page("de");
    for text in ["<html lang=\"de\">", "Rechnung", "31. Januar 2026", "48,00\u{a0}$", "19 % auf"] {
        assert!(german.contains(text), "{text} in {german}");
    }
    assert!(page("ja").contains("2026年1月31日") && page("ja").contains("請求書"));
    // The language of who reads counts where that of the customer is not known.
    let unknown = customer(json!({"locale": null}));
    let text = invoice.page(&account, Some(&unknown), Locale::Fr).unwrap().text;
    assert!(text.contains("<html lang=\"fr\">") && text.contains("Facture"));
}

/// The line as a reader sees it: steps, amount, discount.
fn read(calculation: Value, rest: Value) -> (Vec<String>, String, Option<(String, String)>) {
    let whole = json!({
        "quantity": "3", "unit_amount_decimal": null, "quantity_divisor": 1, "tiers_mode": null,
        "tiers": null, "full_amount_atom": 0, "part": null, "rounding": "half_down",
        "earlier_amount_atom": 0, "most_amount_atom": null,
    });
    let line = line("Team", 0, with(rest, json!({"calculation": with(whole, calculation)})));
    let item: crate::model::invoice::InvoiceItem = serde_json::from_value(line).unwrap();
    let (locale, currency) = (Locale::En, "usd".parse().unwrap());
    let pen = Pen { locale, currency, zone: &TimeZone::UTC, coded: false };
    let shown = item.line(pen);
    (shown.steps, shown.amount, shown.discount)
}

#[test]
fn a_reader_can_follow_each_line() {
    let days = json!({"seconds": 12 * 86_400, "of_seconds": 31 * 86_400});
    let (steps, amount, discount) = read(
        json!({"unit_amount_decimal": "2000", "full_amount_atom": 6000, "part": days}),
        json!({"amount_atom": 2323, "discount_amount_atom": 465, "discount": {
            "percent": 20, "fixed_amount_atom": null, "of_amount_atom": 2323,
            "whole_amount_atom": 465, "carried_amount_atom": 0,
        }}),
    );
    assert_eq!((steps, amount.as_str()), (vec!["$60.00 × 12 of 31 days".to_owned()], "$23.23"));
    assert_eq!(discount, Some(("Discount 20 %".to_owned(), "-$4.65".to_owned())));
    let hours = json!({"seconds": 36 * 3600, "of_seconds": 743 * 3600});
    let of = json!({"invoice_id": "in_prod_0mkz6k3cq1r2s3t4", "invoice_item_id": "ii_prod_0mkz6k3c1a2b3c4d"});
    let credit = json!({
        "full_amount_atom": -4800, "part": hours, "earlier_amount_atom": 50, "most_amount_atom": 100,
    });
    let (steps, ..) = read(credit, json!({"amount_atom": -100, "credit_of": of}));
    assert_eq!(
        steps,
        [
            "Billed for the whole period, after discount: $48.00 × 36 of 743 hours",
            "− $0.50 was given back before",
            "At most $1.00, which was paid or is open",
        ]
    );
    let tiers = json!([
        {"up_to": 10, "quantity": "10", "unit_amount_decimal": "0.25", "flat_amount_atom": 100},
        {"up_to": null, "quantity": "2.5", "unit_amount_decimal": "0.2", "flat_amount_atom": 0},
    ]);
    let (steps, ..) = read(json!({"tiers_mode": "graduated", "tiers": tiers}), json!({}));
    assert_eq!(steps, ["10 × $0.0025 + $1.00 once", "2.5 × $0.002"]);
    let packages =
        json!({"unit_amount_decimal": "4", "quantity": "15001", "quantity_divisor": 100});
    assert_eq!(read(packages, json!({})).0, ["151 packages of 100 units"]);
}

#[test]
fn a_line_that_the_program_named_is_named_in_the_customers_language() {
    let (account, _, _) = full();
    let invoice = invoice(json!({"items": [
        line("Unused time on Starter", -667, json!({})),
        line("Taken off what is open of INV-0007", 667, json!({"settles": true})),
        line("Unusual", 1, json!({})),
    ]}));
    let page = invoice.page(&account, None, Locale::De).unwrap().text;
    for name in
        ["Nicht genutzte Zeit: Starter", "Abgezogen vom offenen Betrag: INV-0007", "Unusual"]
    {
        assert!(page.contains(&format!("<span class=\"name\">{name}</span>")), "{name}");
    }
}

#[test]
fn colors_are_hexadecimal() {
    assert!(["#abc", "#1A2b3C"].into_iter().all(is_color));
    assert!(!["abc", "#abcd", "#12345g", "red", "", "#ab}"].into_iter().any(is_color));
}
