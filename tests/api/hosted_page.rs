//! What a payer sees: what a publishable token may read of a session, and the page on which it is paid.

mod asked;
mod buyer;
mod consent;
mod element;
mod states;

use reqwest::{Method, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};

use crate::{
    billing::Shop,
    client::{Answer, exchange},
};

const MARGIN: &str = "our margin is 40 percent";

/// A session that sells a subscription and something beside it, with all that a seller can keep with it.
pub(crate) async fn offered(shop: &Shop, rest: Value) -> Answer {
    let brand = json!({"display_name": "Acme Analytics", "support_email": "help@acme.example"});
    shop.client.update_account(json!({"brand": brand})).await.ok();
    let price = shop.monthly(1200).await;
    let once = shop.price(json!({"unit_amount_atom": 500})).await;
    let mut body = json!({
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/cart",
        "line_items": [{"price_id": price, "quantity": 2}, {"price_id": once}],
        "metadata": {"note": MARGIN},
        "setup_preferences": {"note": MARGIN},
        "card_checkout_settings": {"note": MARGIN},
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    shop.client.create_session(body).await.ok()
}

/// The path and the query of a session's page.
pub(crate) fn page_of(session: &Answer) -> String {
    let url = session.body["url"].as_str().unwrap();
    let (_, rest) = url.split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

/// Sends a payer's form; nobody follows where that leads.
pub(crate) async fn pay(shop: &Shop, path: &str, form: &[(&str, &str)]) -> Answer {
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let url = format!("{}{path}", shop.api.stack.base_url());
    exchange(sent(http.post(url), form)).await
}

/// Sends a payer's form, and reads the page that says what came of it.
pub(crate) async fn told(shop: &Shop, path: &str, form: &[(&str, &str)]) -> Answer {
    let answer = pay(shop, path, form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let to = answer.header("location").unwrap();
    assert!(to.starts_with("?secure_token="), "{to}");
    let (page, _) = path.split_once('?').unwrap();
    look(shop, &format!("{page}{to}"), "en").await.ok()
}

/// A form, as a browser sends it.
pub(crate) fn sent(request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

pub(crate) async fn look(shop: &Shop, path: &str, language: &str) -> Answer {
    let asked = shop.api.raw(Method::GET, path).header("accept-language", language);
    exchange(asked).await
}

pub(crate) fn text(page: &Answer) -> &str {
    page.body.as_str().unwrap()
}

#[tokio::test]
async fn a_publishable_token_sees_what_a_page_needs_and_nothing_of_the_sellers() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({"customer_id": shop.customer})).await;
    let secret = session.body["secure_token"].as_str().unwrap();
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let path = format!("/api/checkout-sessions/{}?secure_token={secret}", session.id());
    let seen = browser.get(&path).await.ok().body;
    let mut fields: Vec<_> = seen.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields.join(" "),
        "allow_promotion_codes amount_discount_atom amount_subtotal_atom amount_tax_atom \
         amount_total_atom currency custom_fields customer_email expires_at id line_items \
         locale mode next_action next_charge payment_methods promotion_code return_url seller \
         state success_url trial_ends_at"
    );
    assert!(!seen.to_string().contains(MARGIN) && !seen.to_string().contains("price_"), "{seen}");
    assert_eq!(seen["seller"]["name"], "Acme Analytics");
    assert_eq!(seen["line_items"][0]["amount_atom"], 2400);
    assert_eq!(seen["line_items"][0]["billing_interval"], "month");
    assert_eq!(seen["line_items"][1]["billing_interval"], Value::Null);
    assert_eq!((&seen["amount_total_atom"], &seen["locale"]), (&json!(2900), &json!("en")));
    assert_eq!(seen["next_charge"]["amount_atom"], 2400);
    assert_eq!(seen["next_charge"]["at"], "2026-02-28T10:00:00.000Z");
    assert_eq!(
        seen["payment_methods"],
        json!([{"type": "card", "processor": "test", "publishable_key": null}])
    );
    // To whoever pays with it, a stolen card is one that was declined.
    let complete = path.replace("?", "/complete?");
    let card = |token: &str| json!({"payment_method": {"token": token}});
    let refused = browser.post(&complete, card("test_decline_hard")).await.refused(422);
    assert_eq!(refused.faults(), [" card_declined"]);
    assert!(!refused.body.to_string().contains("stolen"), "{}", refused.body);
    let german = browser.request(Method::POST, &complete).header("accept-language", "de");
    let refused = exchange(german.json(&card("test_decline_soft"))).await.refused(422);
    assert!(refused.body["detail"].as_str().unwrap().contains("nicht gedeckt"), "{}", refused.body);
    // Also completed, and when the request is repeated.
    for _ in 0..2 {
        let keyed = browser.request(Method::POST, &complete).header("Idempotency-Key", "order");
        let done = exchange(keyed.json(&card("test_success"))).await.ok().body;
        assert_eq!(done["state"], "completed");
        assert_eq!(
            done["success_url"],
            format!("https://example.com/thanks?session={}", session.id())
        );
        assert!(!done.to_string().contains(MARGIN), "{done}");
        assert_eq!(done.get("metadata"), None);
    }
}

#[tokio::test]
async fn the_page_of_a_session_is_paid_without_a_script_and_leads_on_when_it_is() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    let page = look(&shop, &path, "en").await.ok();
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains("form-action 'self' https:;"), "{policy}");
    for said in [
        "Acme Analytics",
        "Subscribe for $29.00",
        "Then $24.00 per month, from 28 February 2026",
        "help@acme.example",
        "type=\"email\"",
    ] {
        assert!(text(&page).contains(said), "{said} in {}", text(&page));
    }
    assert!(!text(&page).contains(MARGIN) && !text(&page).contains("<script"));
    // Nobody pays without saying who they are, or without a card; what was typed in is kept.
    let nameless = pay(&shop, &path, &[("email", ""), ("token", "test_success")]).await;
    assert_eq!(nameless.status, 422);
    assert!(text(&nameless).contains("enter your e-mail address"), "{}", text(&nameless));
    let cardless = pay(&shop, &path, &[("email", "ada@example.com")]).await;
    assert!(cardless.status == 422 && text(&cardless).contains("ada@example.com"));
    for (token, said) in [
        ("test_decline_soft", "not enough money"),
        ("test_decline_hard", "The card was declined"),
        ("test_requires_action", "wants you to confirm"),
    ] {
        let declined = told(&shop, &path, &[("email", "ada@example.com"), ("token", token)]).await;
        assert!(text(&declined).contains(said), "{said} in {}", text(&declined));
    }
    let form = [("email", "ada@example.com"), ("token", "test_success")];
    let paid = pay(&shop, &path, &form).await;
    let to = format!("https://example.com/thanks?session={}", session.id());
    assert_eq!((paid.status.as_u16(), paid.header("location")), (303, Some(to.as_str())));
    let done = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!(
        (&done["state"], &done["customer_email"]),
        (&json!("completed"), &json!("ada@example.com"))
    );
    // Again, or from another tab: the same way on, and nothing is charged.
    let again = pay(&shop, &path, &form).await;
    assert_eq!(again.header("location"), Some(to.as_str()));
    let receipt = look(&shop, &path, "en").await.ok();
    assert!(text(&receipt).contains("Thank you") && text(&receipt).contains(&to));
    let succeeded = shop.client.list_payment_intents("?state=succeeded").await.ok();
    assert_eq!(succeeded.body["total"], 1);
}

#[tokio::test]
async fn a_payer_confirms_at_the_test_bank_or_refuses_and_is_told() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    let confirmable = [("email", "ada@example.com"), ("token", "test_requires_action")];
    // Where nothing waits, the bank has nothing to say.
    told(&shop, &path, &[("email", "ada@example.com"), ("bank", "confirms")]).await;
    let waiting = told(&shop, &path, &confirmable).await;
    for said in ["Your bank wants you to confirm", "value=\"confirms\"", "value=\"refuses\""] {
        assert!(text(&waiting).contains(said), "{said} in {}", text(&waiting));
    }
    // Coming back without having done it leads to the same place.
    let undone = told(&shop, &path, &[("bank", "done")]).await;
    assert!(text(&undone).contains("wants you to confirm"));
    let refused = told(&shop, &path, &[("bank", "refuses")]).await;
    assert!(text(&refused).contains("The card was declined"), "{}", text(&refused));
    assert!(!text(&refused).contains("value=\"confirms\""));
    told(&shop, &path, &confirmable).await;
    let paid = pay(&shop, &path, &[("bank", "confirms")]).await;
    assert_eq!(paid.status, 303, "{}", text(&paid));
    let again = pay(&shop, &path, &[("bank", "confirms")]).await;
    assert_eq!(again.status, 303);
    let states = shop.client.list_payment_intents("").await.ok();
    let states: Vec<&Value> = states.items().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["succeeded", "failed"]);
    shop.api.audit().await;
}

#[tokio::test]
async fn whoever_is_told_to_confirm_is_led_to_a_page_that_is_there() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({"customer_id": shop.customer})).await;
    let (url, secret) = (&session.body["url"], session.body["secure_token"].as_str().unwrap());
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let path = format!("/api/checkout-sessions/{}?secure_token={secret}", session.id());
    let card = json!({"payment_method": {"token": "test_requires_action"}});
    // Asked once and again: the same place, in the answer and in the session.
    for _ in 0..2 {
        let asked = browser.post(&path.replace("?", "/complete?"), card.clone()).await.refused(422);
        assert_eq!(asked.body["next_action"]["url"], *url);
    }
    assert_eq!(browser.get(&path).await.ok().body["next_action"]["url"], *url);
    let page = page_of(&session);
    assert!(text(&look(&shop, &page, "en").await.ok()).contains("value=\"confirms\""));
    assert_eq!(pay(&shop, &page, &[("bank", "confirms")]).await.status, 303);
    assert_eq!(browser.get(&path).await.ok().body["state"], "completed");
}

#[tokio::test]
async fn an_address_that_was_mistyped_is_corrected_after_a_decline() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    let form = [("email", "ada@exmaple.com"), ("token", "test_decline_soft")];
    let declined = told(&shop, &path, &form).await;
    assert!(text(&declined).contains("value=\"ada@exmaple.com\""), "{}", text(&declined));
    let form = [("email", "ada@example.com"), ("token", "test_success")];
    assert_eq!(pay(&shop, &path, &form).await.status, 303);
    let done = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!((&done["state"], &done["customer_email"]), (&json!("completed"), &json!(form[0].1)));
    let customer = shop.client.get_customer(done["customer_id"].as_str().unwrap()).await.ok();
    assert_eq!(customer.body["email"], "ada@example.com");
    let invoice = shop.client.get_invoice(done["invoice_id"].as_str().unwrap()).await.ok().body;
    assert_eq!(invoice["billed_to"]["email"], "ada@example.com");
    // The one of a customer whom the seller named stays what it is.
    let named = offered(&shop, json!({"customer_id": shop.customer})).await;
    let asked =
        json!({"customer_email": "else@example.com", "payment_method": {"token": "test_success"}});
    let refused = shop.client.complete_session(&named.id(), asked).await.refused(422);
    assert_eq!(refused.faults(), ["/customer_email not_allowed"]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_after_a_decline_presents_no_card_anew() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({"customer_id": shop.customer})).await;
    let path = format!("{}&locale=de", page_of(&session));
    for word in ["insufficient_funds", "card_declined"] {
        let token = if word == "card_declined" { "test_decline_hard" } else { "test_decline_soft" };
        // What was said before is said no more.
        let answer = pay(&shop, &format!("{path}&said=card_declined"), &[("token", token)]).await;
        let to = answer.header("location").unwrap();
        assert!(to.contains("&locale=de") && to.ends_with(&format!("&said={word}")), "{to}");
        assert_eq!(to.matches("said=").count(), 1);
    }
    assert!(text(&look(&shop, &path, "en").await.ok()).contains("<html lang=\"de\">"));
    let before = shop.client.list_payment_intents("").await.ok().body["total"].clone();
    let page = format!("{path}&said=insufficient_funds");
    for _ in 0..2 {
        assert!(text(&look(&shop, &page, "en").await.ok()).contains("nicht gedeckt"));
    }
    assert_eq!(shop.client.list_payment_intents("").await.ok().body["total"], before);
    // Words that nobody says are not said.
    let page = look(&shop, &format!("{path}&said=%3Cb%3E"), "en").await.ok();
    assert!(!text(&page).contains("role=\"alert\""));
}

#[tokio::test]
async fn where_stripe_is_next_the_page_takes_the_test_processors_cards_in_staging() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let stripe = json!({"name": "Cards", "type": "stripe", "secret_key": "sk_test_1"});
    let stripe = shop.client.create_processor(stripe).await.ok().id();
    shop.client.update_account(json!({"default_processor_id": stripe})).await.ok();
    let session = offered(&shop, json!({"customer_id": shop.customer})).await;
    let path = page_of(&session);
    assert!(text(&look(&shop, &path, "en").await.ok()).contains("value=\"test_success\""));
    assert_eq!(pay(&shop, &path, &[("token", "test_success")]).await.status, 303);
    assert_eq!(shop.client.get_session(&session.id()).await.ok().body["state"], "completed");
    // Without one nobody is asked for a card that cannot be taken.
    let all = shop.client.get("/api/processors").await.ok();
    for processor in all.items().iter().filter(|one| one["type"] == "test") {
        let path = format!("/api/processors/{}", processor["id"].as_str().unwrap());
        shop.client.patch(&path, json!({"active": false})).await.ok();
    }
    let session = offered(&shop, json!({"customer_id": shop.customer})).await;
    let page = look(&shop, &page_of(&session), "en").await.ok();
    assert!(text(&page).contains("Acme Analytics cannot take payments yet"), "{}", text(&page));
}

#[tokio::test]
async fn whoever_buys_for_a_company_says_so_where_taxes_are_charged_and_the_invoice_has_it() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({})).await;
    let asked = "name=\"tax_id\"";
    assert!(!text(&look(&shop, &page_of(&session), "en").await.ok()).contains(asked));
    let rate = json!({"display_name": "VAT", "percentage": "19", "inclusive": false});
    shop.client.create_tax_rate(rate).await.ok();
    let known = offered(&shop, json!({"customer_id": shop.customer})).await;
    assert!(!text(&look(&shop, &page_of(&known), "en").await.ok()).contains(asked));
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    assert!(text(&look(&shop, &path, "de").await.ok()).contains("Ich kaufe für eine Firma"));
    let form = |name, id, token| {
        [
            ("email", "ada@example.com"),
            ("business_name", name),
            ("tax_type", "eu_vat"),
            ("tax_id", id),
            ("token", token),
        ]
    };
    // What is no number of an office is said before anything is charged, and kept.
    let wrong = pay(&shop, &path, &form("A <b> GmbH", "DE1", "test_success")).await;
    assert_eq!(wrong.status, 422);
    for said in [
        "id=\"tax-wrong\"",
        "value=\"DE1\"",
        "value=\"A &#60;b&#62; GmbH\"",
        "class=\"business\" open",
    ] {
        assert!(text(&wrong).contains(said), "{said} in {}", text(&wrong));
    }
    assert_eq!(shop.client.list_payment_intents("").await.ok().body["total"], 0);
    // After a decline it is still there, and may be corrected.
    let declined = told(&shop, &path, &form("Acme GmbH", "DE136695976", "test_decline_soft")).await;
    assert!(text(&declined).contains("value=\"Acme GmbH\""), "{}", text(&declined));
    let customer = shop.client.get_session(&session.id()).await.ok().body["customer_id"].clone();
    let customer = async || shop.client.get_customer(customer.as_str().unwrap()).await.ok().body;
    let ids = json!([{"type": "eu_vat", "value": "DE136695976", "status": "unverified"}]);
    assert_eq!(
        (&customer().await["business_name"], &customer().await["tax_ids"]),
        (&json!("Acme GmbH"), &ids)
    );
    assert_eq!(pay(&shop, &path, &form("Acme AG", "", "test_success")).await.status, 303);
    assert_eq!(
        (&customer().await["business_name"], &customer().await["tax_ids"]),
        (&json!("Acme AG"), &json!([]))
    );
    // The invoice of the first attempt was final: it stays as it was, void, and another says who bought.
    let sold = shop.client.get_session(&session.id()).await.ok().body["invoice_id"].clone();
    let invoices = shop.client.list_invoices("").await.ok();
    let said = |invoice: &Value| {
        let buyer = &invoice["billed_to"];
        json!([invoice["number"], invoice["state"], buyer["legal_name"], buyer["tax_ids"]])
    };
    let all: Vec<Value> = invoices.items().iter().map(said).collect();
    let was = json!(["INV-0001", "void", "Acme GmbH", ids]);
    assert_eq!(all, [json!(["INV-0002", "paid", "Acme AG", []]), was]);
    assert_eq!(sold, invoices.items()[0]["id"]);
    // Where it is said at once, the invoice has it.
    let session = offered(&shop, json!({})).await;
    let bought = form("Acme GmbH", "DE136695976", "test_success");
    assert_eq!(pay(&shop, &page_of(&session), &bought).await.status, 303);
    let invoice = shop.client.get_session(&session.id()).await.ok().body["invoice_id"].clone();
    let invoice = shop.client.get_invoice(invoice.as_str().unwrap()).await.ok().body;
    assert_eq!(invoice["billed_to"]["tax_ids"][0]["value"], "DE136695976");
}
