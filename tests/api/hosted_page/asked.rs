//! What a payer is asked for beside the card: the seller's own fields.

use reqwest::Method;
use serde_json::{Value, json};

use super::{look, offered, page_of, pay, sent, text, told};
use crate::{billing::Shop, client::exchange};

/// Defines fields of checkout sessions that a payer is asked for, and one that is the seller's own.
async fn asking(shop: &Shop) {
    for (key, rest) in [
        (
            "order_number",
            json!({"data_type": "text", "at_checkout": "required", "description": "On your order."}),
        ),
        (
            "seats_left",
            json!({"data_type": "number", "min": 0.5, "max": 10.5, "at_checkout": "optional"}),
        ),
        (
            "color",
            json!({"data_type": "select", "options": ["red", "blue"], "at_checkout": "optional"}),
        ),
        ("terms", json!({"data_type": "boolean", "at_checkout": "required"})),
        ("margin", json!({"data_type": "text"})),
    ] {
        let mut body = json!({"entity_type": "checkout_session", "key": key, "display_name": format!("The {key}")});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        shop.client.define_field(body).await.ok();
    }
}

async fn answers_of(shop: &Shop, session: &str) -> Value {
    let path = format!("/api/checkout-sessions/{session}?expand=custom_fields");
    shop.client.get(&path).await.ok().body["custom_fields"].clone()
}

#[tokio::test]
async fn a_payer_is_asked_for_the_fields_that_say_so_and_what_is_answered_is_kept() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    asking(&shop).await;
    let own =
        json!({"customer_id": shop.customer, "custom_fields": {"margin": "40", "color": "red"}});
    let session = offered(&shop, own).await;
    let (path, id) = (page_of(&session), session.id());
    let shown = look(&shop, &path, "en").await.ok();
    for part in [
        "name=\"field_order_number\" type=\"text\" maxlength=\"500\"",
        "name=\"field_seats_left\" type=\"number\" step=\"any\" min=\"0.5\" max=\"10.5\"",
        "<option selected>red</option>",
        "name=\"field_terms\" type=\"checkbox\"",
        "On your order.",
    ] {
        assert!(text(&shown).contains(part), "{part} in {}", text(&shown));
    }
    assert!(!text(&shown).contains("field_margin"), "what is not asked for is not there");
    // What is wrong is said field by field, in the payer's language; nothing is kept, or charged.
    let wrong = [
        ("field_order_number", " "),
        ("field_seats_left", "11"),
        ("field_color", "green"),
        ("token", "test_success"),
    ];
    let german = shop.api.raw(Method::POST, &path).header("accept-language", "de");
    let refused = exchange(sent(german, &wrong)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    for part in
        ["Bitte füllen Sie das aus.", "von 0.5 bis 10.5", "Das geht hier nicht.", "value=\"11\""]
    {
        assert!(text(&refused).contains(part), "{part} in {}", text(&refused));
    }
    assert_eq!(text(&refused).matches("aria-invalid=").count(), 4);
    assert_eq!(answers_of(&shop, &id).await, json!({"margin": "40", "color": "red"}));
    let paid =
        shop.client.get(&format!("/api/payments/intents?customer_id={}", shop.customer)).await;
    assert_eq!(paid.ok().body["total"], 0);
    // What is right is kept, also where the card is declined, and shown again.
    let right = [
        ("field_order_number", "PO-7"),
        ("field_seats_left", "2,5"),
        ("field_color", ""),
        ("field_terms", "on"),
        ("field_margin", "0"),
    ];
    let with = |token: &'static str| [right.as_slice(), &[("token", token)]].concat();
    let declined = told(&shop, &path, &with("test_decline_soft")).await;
    for part in ["value=\"PO-7\"", "value=\"2.5\"", "value=\"on\" checked"] {
        assert!(text(&declined).contains(part), "{part} in {}", text(&declined));
    }
    assert_eq!(pay(&shop, &path, &with("test_success")).await.status, 303);
    let kept = json!({"margin": "40", "order_number": "PO-7", "seats_left": 2.5, "terms": true});
    assert_eq!(answers_of(&shop, &id).await, kept);
    // What is paid keeps its answers.
    let late = [("field_order_number", "PO-8"), ("field_terms", "on"), ("token", "test_success")];
    assert_eq!(pay(&shop, &path, &late).await.status, 303);
    assert_eq!(answers_of(&shop, &id).await, kept);
    shop.api.audit().await;
}

#[tokio::test]
async fn what_a_seller_does_not_ask_for_is_no_part_of_the_page() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let text_field = json!({"entity_type": "checkout_session", "key": "note", "data_type": "text"});
    let field = shop.client.define_field(text_field).await.ok();
    assert_eq!(field.body["at_checkout"], "not_asked");
    let path = page_of(&offered(&shop, json!({})).await);
    assert!(!text(&look(&shop, &path, "en").await.ok()).contains("field_note"));
    let change = format!("/api/custom-field-definitions/{}", field.id());
    shop.client.patch(&change, json!({"at_checkout": "optional"})).await.ok();
    assert!(text(&look(&shop, &path, "en").await.ok()).contains("field_note"));
    let other = json!({"entity_type": "customer", "key": "note", "data_type": "text", "at_checkout": "optional"});
    assert_eq!(
        shop.client.define_field(other).await.refused(422).faults(),
        ["/at_checkout not_allowed"]
    );
}
