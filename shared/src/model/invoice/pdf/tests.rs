//! The file, read again by another program's library: it says what the page says, on every page that it
//! needs, and is the same whenever it is drawn.

use lopdf::Document;
use serde_json::{Value, json};

use super::*;
use crate::model::{
    customer::Customer,
    entity::Representation,
    invoice::{Invoice, html::Sheet},
};

fn with(mut object: Value, rest: Value) -> Value {
    object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    object
}

fn account() -> Account {
    let mut example = Account::example();
    example["rate_limits"] =
        serde_json::to_value(crate::model::rate_limit::RateLimits::default()).unwrap();
    example["brand"] = json!({
        "display_name": "Ben & Söhne", "logo_url": null, "primary_color": "#5b3df5",
        "support_email": "help@example.com",
    });
    serde_json::from_value(example).unwrap()
}

fn customer(rest: Value) -> Customer {
    serde_json::from_value(with(Customer::example(), rest)).unwrap()
}

fn invoice(count: usize) -> Invoice {
    let line = |place: usize| {
        with(
            Invoice::example()["items"][0].clone(),
            json!({
                "name": format!("Zeile {place} für Łódź"), "amount_atom": 30_000 + place,
                "discount_amount_atom": 465, "discount": {
                    "percent": 20, "fixed_amount_atom": null, "of_amount_atom": 2323,
                    "whole_amount_atom": 465, "carried_amount_atom": 0,
                },
            }),
        )
    };
    let items: Vec<Value> = (1..=count).map(line).collect();
    // As one that became final before its parties were kept: it shows them as they are.
    let rest = json!({"items": items, "seller": null, "billed_to": null});
    serde_json::from_value(with(Invoice::example(), rest)).unwrap()
}

/// A text without its spaces: a reader puts one where the font changes.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The text of each page.
fn read(file: &[u8]) -> Vec<String> {
    let document = Document::load_mem(file).unwrap();
    let count = u32::try_from(document.get_pages().len()).unwrap();
    (1..=count).map(|page| plain(&document.extract_text(&[page]).unwrap())).collect()
}

/// Every text of a sheet that a reader looks for.
fn texts(sheet: &Sheet<'_>) -> Vec<String> {
    let mut texts = vec![sheet.number.to_owned(), sheet.headline.clone(), sheet.note.clone()];
    texts.extend(sheet.billed_to.clone());
    texts.extend(sheet.facts.iter().flat_map(|(name, value)| [(*name).to_owned(), value.clone()]));
    for line in &sheet.lines {
        texts.extend([line.name.clone(), line.quantity.clone(), line.unit.clone()]);
        texts.extend([line.amount.clone()]);
        texts.extend(line.steps.clone());
        texts
            .extend(line.discount.iter().flat_map(|(name, amount)| [name.clone(), amount.clone()]));
    }
    texts.extend(sheet.totals.iter().map(|total| total.amount.clone()));
    texts.retain(|text| !text.is_empty());
    texts
}

#[test]
fn the_file_says_what_the_page_says_in_every_language() {
    let (account, invoice) = (account(), invoice(3));
    for locale in Locale::ALL {
        let customer =
            customer(json!({"locale": locale.as_str(), "name": "山田 太郎", "address": {
                "line1": "丸の内1-1-1", "line2": null, "city": "千代田区", "state": "東京都",
                "postal_code": "100-0005", "country": "JP",
            }}));
        let file = invoice.pdf(&account, Some(&customer), Locale::En).unwrap();
        let text = read(&file).concat();
        let sheet = invoice.sheet(&account, Some(&customer), Locale::En).unwrap();
        for shown in texts(&sheet) {
            assert!(text.contains(&plain(&shown)), "{locale}: {shown} in {text}");
        }
        // Small, whatever the script: of each font the glyphs that are shown.
        assert!(file.len() < 60_000, "{locale}: {} bytes", file.len());
    }
}

#[test]
fn a_credit_note_is_on_the_sheet_of_its_invoice_in_every_language() {
    let (account, invoice) = (account(), invoice(3));
    let (after, parts) = invoice.credited(crate::base::money::Atoms::new(29_000)).unwrap();
    let items = after.credited_items(&parts).unwrap();
    let note = Credited {
        number: "INV-0001-CN-01",
        at: "2026-02-03T09:30:00Z".parse().unwrap(),
        amount: crate::base::money::Atoms::new(29_000),
        description: Some("Two hours too many"),
        items: after.lines_credited(&items).unwrap(),
    };
    assert_eq!(note.file_name(), "INV-0001-CN-01.pdf");
    for locale in Locale::ALL {
        let customer = customer(json!({"locale": locale.as_str()}));
        let file = after.credit_pdf(&note, &account, Some(&customer), Locale::En).unwrap();
        let text = read(&file).concat();
        let sheet = after.credit_sheet(&note, &account, Some(&customer), Locale::En).unwrap();
        let words = locale.invoice_words();
        let own = [words.credit_note, words.credit_number, words.to_balance, "Two hours too many"];
        let own = own.into_iter().map(str::to_owned);
        for shown in texts(&sheet).into_iter().chain(own).chain(["INV-0001 ·".to_owned()]) {
            assert!(text.contains(&plain(&shown)), "{locale}: {shown} in {text}");
        }
        assert_eq!(sheet.totals.last().unwrap().amount, sheet.headline);
        // What is not for what it gives back stands on the invoice alone.
        assert!(!text.contains(&plain(words.amount_due)), "{locale}: {text}");
    }
}

#[test]
fn a_hundred_lines_go_over_several_pages_and_none_is_lost() {
    let (account, invoice) = (account(), invoice(100));
    let customer = customer(json!({"locale": "de"}));
    let pages = read(&invoice.pdf(&account, Some(&customer), Locale::En).unwrap());
    assert!((4..=9).contains(&pages.len()), "{} pages", pages.len());
    for (place, page) in pages.iter().enumerate() {
        let number = format!("Seite {} von {}", place + 1, pages.len());
        assert!(page.contains(&plain(&number)), "{number} in {page}");
    }
    let text = pages.concat();
    for place in 1..=100 {
        let line = format!("Zeile {place} für Łódź");
        assert_eq!(text.matches(&plain(&line)).count(), 1, "{line}");
    }
    // Each page on which lines stand names their columns.
    let rows = pages.iter().filter(|page| page.contains("Zeile"));
    assert!(rows.into_iter().all(|page| page.contains("Beschreibung")));
}

#[test]
fn the_same_invoice_is_the_same_file() {
    let (account, invoice, customer) = (account(), invoice(5), customer(json!({})));
    let draw = || invoice.pdf(&account, Some(&customer), Locale::En).unwrap();
    assert_eq!(draw(), draw());
    assert!(!draw().windows(8).any(|bytes| bytes == b"Creation"));
}

#[test]
fn what_no_font_has_is_a_box_that_can_still_be_copied() {
    let fonts = font::Fonts::read().unwrap();
    for c in "Łódź ñ ß € ₺ Ж Ω 株式会社〒￥".chars() {
        assert!(fonts.glyph(c, false).is_known, "{c}");
        assert!(fonts.glyph(c, true).is_known, "{c}");
    }
    assert!(!fonts.glyph('ع', false).is_known);
    let box_of = fonts.glyph('□', false);
    assert_eq!(
        (fonts.glyph('ع', false).id, fonts.glyph('ع', false).font),
        (box_of.id, box_of.font)
    );
    let file = invoice(1).pdf(&account(), Some(&customer(json!({"name": "عمر X"}))), Locale::En);
    let document = Document::load_mem(&file.unwrap()).unwrap();
    let page = document.get_pages()[&1];
    let content = document.get_page_content(page);
    let utf16: Vec<u8> = "عمر".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let holds = |bytes: &[u8]| content.windows(bytes.len()).any(|part| part == bytes);
    let hex: String = utf16.iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(holds(&utf16) || holds(hex.as_bytes()), "{}", String::from_utf8_lossy(&content));
}

#[test]
fn every_currency_has_its_sign_or_its_code() {
    let fonts = font::Fonts::read().unwrap();
    for locale in Locale::ALL {
        for currency in crate::base::money::Currency::current() {
            let text = locale.amount(crate::base::money::Atoms::new(-1_234_567), currency);
            assert!(text.chars().all(|c| fonts.glyph(c, true).is_known), "{text}");
        }
    }
}

#[test]
fn a_draft_has_no_file() {
    let draft = with(Invoice::example(), json!({"state": "draft", "number": null}));
    let draft: Invoice = serde_json::from_value(draft).unwrap();
    assert_eq!(draft.file_name().unwrap_err().status(), 422);
    assert_eq!(invoice(1).file_name().unwrap(), "INV-0001.pdf");
}
