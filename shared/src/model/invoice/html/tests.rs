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
        "name": "Jane Smith", "business_name": "Smith & Daughters Ltd",
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
    let page = invoice.page(&account, Some(&customer)).unwrap().text;
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
    let page = invoice.page(&account, Some(&customer)).unwrap();
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
        let page = invoice.page(&account(json!({"logo_url": url})), None).unwrap();
        let images = format!("img-src {};", origin.unwrap_or("'none'"));
        assert!(page.policy.contains(&images), "{url}: {}", page.policy);
        assert_eq!(page.text.contains("<img"), origin.is_some(), "{url}");
    }
}

#[test]
fn the_policy_names_the_style_by_its_hash() {
    let (account, customer, invoice) = full();
    let page = invoice.page(&account, Some(&customer)).unwrap();
    let style = page.text.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = data_encoding::BASE64.encode(digest(&SHA256, style.as_bytes()).as_ref());
    assert!(page.policy.contains(&format!("style-src 'sha256-{hash}';")));
}

#[test]
fn a_draft_says_so_and_has_no_number() {
    let draft = invoice(json!({
        "state": "draft", "number": null, "issued_at": null, "items": [], "paid_at": null,
    }));
    let page = draft.page(&account(json!({})), None).unwrap().text;
    assert!(page.contains("<p class=\"number\">Draft</p>") && page.contains("Nothing yet"));
    assert!(!page.contains("Invoice number"));
}

#[test]
fn every_state_has_a_page() {
    for state in InvoiceState::ALL {
        let invoice = invoice(json!({"state": state.as_str()}));
        let page = invoice.page(&account(json!({})), None).unwrap().text;
        assert!(page.contains(&format!("<span class=\"state\">{}</span>", state.label())));
    }
}

#[test]
fn days_are_those_of_the_customers_calendar() {
    let zone = crate::base::time::zone_named("Europe/Berlin").unwrap();
    let at = "2026-01-31T23:30:00Z".parse().unwrap();
    assert_eq!(
        (day(at, &zone), day(at, &TimeZone::UTC)),
        ("1 February 2026".to_owned(), "31 January 2026".to_owned())
    );
}

#[test]
fn thousands_stand_apart() {
    let texts = [0, 12, 123, 1234, -123_456, 1_000_000].map(grouped);
    assert_eq!(texts, ["0", "12", "123", "1,234", "-123,456", "1,000,000"]);
}

#[test]
fn colors_are_hexadecimal() {
    assert!(["#abc", "#1A2b3C"].into_iter().all(is_color));
    assert!(!["abc", "#abcd", "#12345g", "red", "", "#ab}"].into_iter().any(is_color));
}
