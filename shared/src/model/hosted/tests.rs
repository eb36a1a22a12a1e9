//! What the page says, state by state.

use super::{
    Occasion, PaymentForm, in_a_header, origin,
    sheet::{HostedPage, closed_page, unknown_page},
};
use crate::model::entity::Representation;
use crate::{
    base::{input::WebAddress, time::TimeZoneName},
    model::{
        checkout::{PublicCheckoutSession, obstacle::Obstacle},
        words::Locale,
    },
};
use serde_json::{Value, json};

fn session(rest: Value) -> PublicCheckoutSession {
    let mut session = PublicCheckoutSession::example();
    session.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    serde_json::from_value(session).unwrap()
}

fn page(rest: Value, problem: Option<Obstacle>, pending: bool) -> HostedPage {
    let form = PaymentForm::read("email=a%22b&token=x");
    let occasion = Occasion {
        problem,
        wrong: &[],
        sent: Some(&form),
        pending,
        takes_address: rest.get("customer_email").is_some(),
        business: None,
        business_wrong: false,
        leads_to: Some("https://example.com"),
    };
    HostedPage::new(&session(rest), &TimeZoneName::utc(), &occasion).unwrap()
}

#[test]
fn each_state_says_what_it_is() {
    let open = page(json!({}), None, false);
    for text in [
        "Subscribe for $12.00",
        "per month",
        "Then $12.00 per month, from 28 February 2026",
        "name=\"token\" value=\"test_success\"",
        "jane@example.com",
    ] {
        assert!(open.text.contains(text), "{text} in {}", open.text);
    }
    assert!(!open.text.contains("type=\"email\""), "whoever is known is not asked");
    for (rest, pending, text) in [
        (json!({"state": "completed", "success_url": "https://a.example/"}), false, "Thank you"),
        (json!({"state": "expired"}), false, "This page has expired"),
        (json!({"payment_methods": []}), false, "Acme cannot take payments yet"),
        (json!({}), true, "One moment"),
        (json!({"mode": "setup", "next_charge": null}), false, "Save the card"),
        (json!({"next_charge": null}), false, "Pay $12.00"),
        (json!({"trial_ends_at": "2026-02-28T09:30:00Z"}), false, "Start the free trial"),
    ] {
        let page = page(rest, None, pending);
        assert!(page.text.contains(text), "{text} in {}", page.text);
        assert_eq!(page.again, pending);
    }
}

#[test]
fn a_payment_that_waits_has_the_way_to_its_bank() {
    let action = json!({"type": "redirect", "url": "https://bank.example/3ds"});
    let elsewhere = page(json!({"payment_methods": [], "next_action": action}), None, false);
    for text in ["href=\"https://bank.example/3ds\"", "value=\"done\"", "wants you to confirm"] {
        assert!(elsewhere.text.contains(text), "{text} in {}", elsewhere.text);
    }
    // The bank of the test processor's cards is on the page.
    let here = page(json!({"next_action": action}), Some(Obstacle::Confirm), false);
    assert!(here.text.contains("value=\"confirms\"") && !here.text.contains("bank.example"));
    assert_eq!(here.text.matches("wants you to confirm").count(), 1);
    let over = page(json!({"next_action": action, "state": "expired"}), None, false);
    assert!(!over.text.contains("bank"), "{}", over.text);
}

#[test]
fn what_went_wrong_is_said_at_the_form_which_is_kept() {
    let unknown = json!({"customer_email": null});
    let declined = page(unknown.clone(), Some(Obstacle::Declined), false);
    assert!(declined.text.contains("role=\"alert\"") && declined.text.contains("was declined"));
    assert!(declined.text.contains("value=\"a&#34;b\""), "{}", declined.text);
    assert_eq!(declined.status, 422);
    let email = page(unknown, Some(Obstacle::EmailNeeded), false);
    assert!(email.text.contains("aria-invalid=\"true\""), "{}", email.text);
    let lost = page(json!({}), Some(Obstacle::Pending), false);
    assert!(lost.again && lost.text.contains("do not pay again") && lost.status == 200);
}

#[test]
fn what_somebody_wrote_is_text_wherever_it_stands() {
    let attack = "</style><script>alert('x')</script>\"><img src=x onerror=alert(1)>{amount}";
    let shown = page(
        json!({
            "seller": {"name": attack, "logo_url": null, "primary_color": null,
                "support_email": attack},
            "line_items": [{
                "name": attack, "description": attack, "quantity": 2, "unit": attack,
                "unit_amount_decimal": null, "amount_atom": 5,
                "billing_interval": null, "billing_interval_count": null,
            }],
            "payment_methods": [],
            "next_action": {"type": "redirect", "url": "https://bank.example/\"><script>"},
        }),
        Some(Obstacle::NotReady),
        false,
    );
    for (tag, count) in [("<script", 0), ("<img", 0), ("<style>", 1), ("</style>", 1)] {
        assert_eq!(shown.text.matches(tag).count(), count, "{tag} in {}", shown.text);
    }
    assert!(!shown.policy.contains("script"));
    assert!(shown.policy.contains("form-action 'self' https:;"));
}

#[test]
fn every_language_has_the_page_and_its_errors() {
    for locale in Locale::ALL {
        let of = json!({"locale": locale.as_str(), "state": "open"});
        let page = page(of, Some(Obstacle::Declined), false);
        let words = locale.words();
        assert!(page.text.contains(&format!("<html lang=\"{locale}\">")), "{}", page.text);
        assert!(page.text.contains(words.declined.split('’').next().unwrap()), "{locale}");
        let unknown = unknown_page(*locale, 404).unwrap();
        assert!(unknown.text.contains(words.unknown.split('’').next().unwrap()), "{locale}");
        let closed = closed_page(*locale).unwrap();
        assert!(closed.text.contains(words.closed) && closed.status == 422, "{locale}");
        let often = unknown_page(*locale, 429).unwrap();
        assert!(often.text.contains(words.too_often), "{locale}");
    }
}

fn address(text: &str) -> WebAddress {
    serde_json::from_value(text.into()).unwrap()
}

#[test]
fn a_form_is_read_as_browsers_send_it() {
    let form = PaymentForm::read("email=+jane%40example.com+&token=test_success&x=1&token");
    assert_eq!((form.email.as_str(), form.token.as_str()), ("jane@example.com", ""));
    assert!(form.completion(true, None).is_err(), "without a card nothing is completed");
    let form = PaymentForm::read("email=jane&token=test_success");
    assert!(form.completion(true, None).is_err(), "no address");
    assert!(form.completion(false, None).is_ok(), "whoever is known is not asked");
    let number = PaymentForm::read("token=4242+4242+4242+4242");
    assert!(number.completion(false, None).is_err(), "a card number is refused");
}

#[test]
fn an_address_is_followed_where_a_header_can_hold_it() {
    for (text, to, from) in [
        (
            "https://a.example/ü?x={y}",
            Some("https://a.example/%C3%BC?x={y}"),
            Some("https://a.example"),
        ),
        (
            "http://localhost:3000?a=b",
            Some("http://localhost:3000?a=b"),
            Some("http://localhost:3000"),
        ),
        ("https://[::1]:8080#top", Some("https://[::1]:8080#top"), Some("https://[::1]:8080")),
        ("https://bücher.example/", None, None),
    ] {
        assert_eq!(in_a_header(&address(text)).as_deref(), to, "{text}");
        assert_eq!(origin(&address(text)), from, "{text}");
    }
}

#[test]
fn a_discount_that_ends_says_until_when_and_what_follows_in_every_language() {
    let next = json!({
        "amount_atom": 600, "at": "2026-02-28T09:30:00Z", "billing_interval": "month",
        "billing_interval_count": 1, "then": {"amount_atom": 1200, "at": "2026-04-30T09:30:00Z"},
    });
    for (language, says) in [
        (
            "en",
            "charge $6.00 per month from 28 February 2026 (then $12.00 per month, from 30 April \
                2026), until you cancel.",
        ),
        (
            "de",
            "darf Acme ab dem 28. Februar 2026 6,00\u{a0}$ pro Monat (danach 12,00\u{a0}$ pro Monat, ab \
                dem 30. April 2026) abbuchen, bis Sie kündigen.",
        ),
        (
            "fr",
            "à partir du 28 février 2026 (puis 12,00\u{a0}$US par mois, à partir du 30 avril 2026), \
                jusqu’à votre résiliation.",
        ),
        (
            "es",
            "desde el 28 de febrero de 2026 (después 12,00\u{a0}US$ al mes, desde el 30 de abril de \
                2026), hasta que cancele.",
        ),
        (
            "nl",
            "vanaf 28 februari 2026 US$\u{a0}6,00 per maand (daarna US$\u{a0}12,00 per maand, vanaf 30 \
                april 2026) afschrijven, totdat u opzegt.",
        ),
        (
            "it",
            "dal 28 febbraio 2026 (poi 12,00\u{a0}USD al mese, dal 30 aprile 2026), finché non disdici.",
        ),
        (
            "pt",
            "a partir de 28 de fevereiro de 2026 (depois US$\u{a0}12,00 por mês, a partir de 30 de \
                abril de 2026), até cancelar.",
        ),
        ("ja", "2026年2月28日から毎月$6.00 (その後、2026年4月30日から毎月$12.00)をAcmeが請求する"),
    ] {
        let page = page(json!({"locale": language, "next_charge": next}), None, false);
        let text = page.text.replace("&#36;", "$").replace("&#x27;", "'");
        assert!(text.contains(says), "{language}: {says} in {text}");
        assert_eq!(
            text.matches(says.split('(').nth(1).unwrap().split(')').next().unwrap()).count(),
            2
        );
    }
}
