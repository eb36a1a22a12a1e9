//! Promotion codes that a payer types in on the hosted page, where the seller lets them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    billing::Shop,
    client::{Answer, exchange},
    hosted_page::{look, offered, page_of, pay, text, told},
};

/// A shop with the code `WELCOME` for half of everything, and a session that takes codes: two seats at
/// 12.00 a month, and 5.00 once.
async fn half_off() -> (Shop, Answer, String) {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    code(
        &shop,
        json!({"discount_type": "percentage", "percent_off": 50}),
        json!({"code": "WELCOME"}),
    )
    .await;
    let session = offered(&shop, json!({"allow_promotion_codes": true})).await;
    let path = page_of(&session);
    (shop, session, path)
}

/// A coupon, and a code for it.
async fn code(shop: &Shop, coupon: Value, code: Value) -> String {
    let coupon = shop.client.create_coupon(coupon).await.ok().id();
    let mut body = json!({"coupon_id": coupon});
    body.as_object_mut().unwrap().extend(code.as_object().unwrap().clone());
    shop.client.create_promotion_code(body).await.ok();
    coupon
}

#[tokio::test]
async fn a_payer_types_a_code_in_sees_it_taken_off_and_pays_what_is_left() {
    let (shop, session, path) = half_off().await;
    let page = look(&shop, &path, "en").await.ok();
    assert!(text(&page).contains("Subscribe for $29.00") && text(&page).contains("Promotion code"));
    let page = told(&shop, &path, &[("code", " welcome ")]).await;
    for said in ["Subscribe for $14.50", "-$14.50", "welcome", "Remove"] {
        assert!(text(&page).contains(said), "{said} in {}", text(&page));
    }
    let kept = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!(
        (&kept["promotion_code"], &kept["amount_discount_atom"], &kept["amount_total_atom"]),
        (&json!("welcome"), &json!(1450), &json!(1450))
    );
    // Taken back, everything is as it was; and taken again.
    let page = told(&shop, &path, &[("code", "")]).await;
    assert!(text(&page).contains("Subscribe for $29.00"), "{}", text(&page));
    assert_eq!(
        shop.client.get_session(&session.id()).await.ok().body["promotion_code"],
        Value::Null
    );
    told(&shop, &path, &[("code", "WELCOME")]).await;
    let paid = pay(&shop, &path, &[("email", "ada@example.com"), ("token", "test_success")]).await;
    assert_eq!(paid.status, 303, "{}", paid.body);
    let done = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!(done["state"], "completed");
    let invoice = shop.client.get_invoice(done["invoice_id"].as_str().unwrap()).await.ok().body;
    assert_eq!(
        (&invoice["total_amount_atom"], &invoice["discount_amount_atom"]),
        (&json!(1450), &json!(1450)),
        "what was shown is what was charged"
    );
    let codes = shop.client.list_promotion_codes("?code=welcome").await.ok();
    assert_eq!(codes.items()[0]["times_redeemed"], 1);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_code_that_cannot_be_used_is_refused_in_place_and_changes_nothing() {
    let (shop, session, path) = half_off().await;
    let euro = json!({"discount_type": "fixed_amount", "amount_off_atom": 500, "currency": "eur"});
    code(&shop, euro, json!({"code": "EURO"})).await;
    code(
        &shop,
        json!({"discount_type": "percentage", "percent_off": 10}),
        json!({"code": "OFF", "active": false}),
    )
    .await;
    let before = shop.client.get_session(&session.id()).await.ok().body;
    for wrong in ["NOBODY", "EURO", "OFF", "x", "<b>bold</b>", &"A".repeat(41)] {
        let refused = pay(&shop, &path, &[("code", wrong)]).await;
        assert_eq!(refused.status, 422, "{wrong}");
        let said = text(&refused);
        assert!(said.contains("This code cannot be used here"), "{said}");
        assert!(said.contains("aria-invalid") && !said.contains("<b>bold"), "{said}");
    }
    assert_eq!(shop.client.get_session(&session.id()).await.ok().body, before);
}

#[tokio::test]
async fn where_the_seller_does_not_let_them_nobody_types_a_code_in() {
    let (shop, _, _) = half_off().await;
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    assert!(!text(&look(&shop, &path, "en").await.ok()).contains("Promotion code"));
    assert_eq!(pay(&shop, &path, &[("code", "WELCOME")]).await.status, 422);
    let kept = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!((&kept["promotion_code"], &kept["version"]), (&Value::Null, &json!(1)));
    // A code of the seller's own is not the payer's to take back.
    let own = offered(&shop, json!({"promotion_code": "WELCOME"})).await;
    assert_eq!(pay(&shop, &page_of(&own), &[("code", "")]).await.status, 422);
    let kept = shop.client.get_session(&own.id()).await.ok().body;
    assert_eq!(kept["amount_total_atom"], 1450);
    let body = json!({
        "success_url": "https://example.com/", "return_url": "https://example.com/",
        "line_items": [{"price_id": shop.monthly(100).await}],
        "promotion_code": "WELCOME", "allow_promotion_codes": true,
    });
    let refused = shop.client.create_session(body).await.refused(422);
    assert_eq!(refused.faults(), ["/allow_promotion_codes not_allowed"]);
}

#[tokio::test]
async fn nobody_is_charged_what_another_tab_has_changed() {
    let (shop, session, path) = half_off().await;
    let shown = told(&shop, &path, &[("code", "WELCOME")]).await;
    assert!(text(&shown).contains("name=\"total\" value=\"1450\""), "{}", text(&shown));
    // In another tab the code is taken back.
    told(&shop, &path, &[("code", "")]).await;
    let form = |total| [("email", "ada@example.com"), ("token", "test_success"), ("total", total)];
    let page = told(&shop, &path, &form("1450")).await;
    assert!(text(&page).contains("The amount has changed"), "{}", text(&page));
    assert!(text(&page).contains("Subscribe for $29.00"), "{}", text(&page));
    assert_eq!(shop.client.list_payment_intents("").await.ok().body["total"], 0);
    assert_eq!(pay(&shop, &path, &form("2900")).await.status, 303);
    let done = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!((&done["state"], &done["amount_total_atom"]), (&json!("completed"), &json!(2900)));
}

#[tokio::test]
async fn taxes_that_change_while_the_page_is_open_are_shown_before_they_are_charged() {
    let (shop, ..) = half_off().await;
    let vat = |percentage: &str| json!({"display_name": "VAT", "percentage": percentage, "inclusive": false});
    let rate = shop.client.create_tax_rate(vat("19")).await.ok().id();
    shop.client.update_account(json!({"default_tax_rate_ids": [rate]})).await.ok();
    let session = offered(&shop, json!({"allow_promotion_codes": true})).await;
    let path = page_of(&session);
    told(&shop, &path, &[("code", "WELCOME")]).await;
    let rate = shop.client.create_tax_rate(vat("25")).await.ok().id();
    shop.client.update_account(json!({"default_tax_rate_ids": [rate]})).await.ok();
    let form = |total| [("email", "ada@example.com"), ("token", "test_success"), ("total", total)];
    // 14.50 and 19 %, by now 25 %.
    let page = told(&shop, &path, &form("1726")).await;
    assert!(text(&page).contains("The amount has changed"), "{}", text(&page));
    assert!(text(&page).contains("Subscribe for $18.13"), "{}", text(&page));
    assert_eq!(pay(&shop, &path, &form("1813")).await.status, 303);
    let done = shop.client.get_session(&session.id()).await.ok().body;
    let invoice = shop.client.get_invoice(done["invoice_id"].as_str().unwrap()).await.ok().body;
    assert_eq!(
        (&invoice["total_amount_atom"], &invoice["tax_amount_atom"]),
        (&json!(1813), &json!(363))
    );
    shop.api.audit().await;
}

#[tokio::test]
async fn after_a_decline_a_code_can_still_be_typed_in_or_taken_back() {
    let (shop, session, path) = half_off().await;
    told(&shop, &path, &[("code", "WELCOME")]).await;
    let declined = [("email", "ada@example.com"), ("token", "test_decline_soft")];
    let total = async || {
        let session = shop.client.get_session(&session.id()).await.ok().body;
        session["amount_total_atom"].clone()
    };
    let redeemed = async || {
        let codes = shop.client.list_promotion_codes("?code=welcome").await.ok();
        codes.items()[0]["times_redeemed"].clone()
    };
    let page = told(&shop, &path, &declined).await;
    assert!(text(&page).contains("not enough money") && text(&page).contains("Remove"));
    assert_eq!((total().await, redeemed().await), (json!(1450), json!(1)));
    // Taken back: what was made with it is undone, and its redemption is given back.
    let page = told(&shop, &path, &[("code", "")]).await;
    assert!(text(&page).contains("Subscribe for $29.00"), "{}", text(&page));
    assert_eq!((total().await, redeemed().await), (json!(2900), json!(0)));
    told(&shop, &path, &declined).await;
    assert_eq!(pay(&shop, &path, &[("code", "NOBODY")]).await.status, 422);
    // What was shown before is not charged: the code came in between.
    told(&shop, &path, &[("code", "WELCOME")]).await;
    let paid = pay(&shop, &path, &[("email", "ada@example.com"), ("token", "test_success")]).await;
    assert_eq!(paid.status, 303, "{}", paid.body);
    let done = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!((&done["state"], &done["amount_total_atom"]), (&json!("completed"), &json!(1450)));
    assert_eq!(redeemed().await, 1);
    let invoices = shop.client.list_invoices("").await.ok();
    let mut states: Vec<&str> =
        invoices.items().iter().map(|one| one["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["paid", "void", "void"]);
    let succeeded = shop.client.list_payment_intents("?state=succeeded").await.ok();
    assert_eq!(succeeded.body["total"], 1);
    shop.api.audit().await;
}

#[tokio::test]
async fn while_a_payment_waits_the_code_stays_as_it_is() {
    let (shop, session, path) = half_off().await;
    told(&shop, &path, &[("code", "WELCOME")]).await;
    let with = |token| [("email", "ada@example.com"), ("token", token)];
    told(&shop, &path, &with("test_decline_soft")).await;
    told(&shop, &path, &with("test_requires_action")).await;
    // The page says that it waits.
    assert_eq!(pay(&shop, &path, &[("code", "")]).await.status, 200);
    let kept = shop.client.get_session(&session.id()).await.ok().body;
    assert_eq!(
        (&kept["amount_total_atom"], &kept["promotion_code"]),
        (&json!(1450), &json!("WELCOME"))
    );
    shop.api.audit().await;
}

#[tokio::test]
async fn a_link_passes_on_that_codes_are_taken() {
    let (shop, ..) = half_off().await;
    let price = shop.price(json!({"unit_amount_atom": 500})).await;
    let link = json!({
        "name": "Shared", "line_items": [{"price_id": price}], "allow_promotion_codes": true,
        "success_url": "https://example.com/", "return_url": "https://example.com/",
    });
    let link = shop.client.create_payment_link(link).await.ok().body;
    assert_eq!(link["allow_promotion_codes"], true);
    let url = link["url"].as_str().unwrap();
    let (_, rest) = url.split_once("://").unwrap();
    let asked = shop.api.raw(Method::GET, &rest[rest.find('/').unwrap()..]);
    let opened = exchange(asked.header("accept", "application/json")).await.ok().body;
    assert_eq!(opened["allow_promotion_codes"], true, "{opened}");
}
