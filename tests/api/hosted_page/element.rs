//! Cards of Stripe's, in Stripe's own element.

use serde_json::{Value, json};

use super::{look, offered, page_of, pay, text, told};
use crate::billing::Shop;

/// A shop that is paid by Stripe, whose publishable key is known.
async fn with_element() -> Shop {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let stripe = json!({
        "name": "Cards", "type": "stripe", "secret_key": "sk_test_1", "publishable_key": "pk_test_1",
    });
    let stripe = shop.client.create_processor(stripe).await.ok().id();
    shop.client.update_account(json!({"default_processor_id": stripe})).await.ok();
    shop
}

#[tokio::test]
async fn a_card_of_stripes_is_taken_in_stripes_own_element_and_its_number_never_here() {
    let shop = with_element().await;
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    let page = look(&shop, &path, "de").await.ok();
    for said in [
        "data-key=\"pk_test_1\"",
        "data-currency=\"usd\"",
        ">Karte<",
        "führt hier keine Skripte aus",
    ] {
        assert!(text(&page).contains(said), "{said} in {}", text(&page));
    }
    assert!(!text(&page).contains("test_success") && text(&page).matches("<script").count() == 1);
    let policy = page.header("content-security-policy").unwrap();
    for said in
        ["script-src 'sha256-", "https://js.stripe.com", "connect-src https://api.stripe.com"]
    {
        assert!(policy.contains(said), "{said} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    // A page that is not paid on has no script, and no more is allowed to it.
    let other = offered(&shop, json!({})).await;
    shop.client.expire_session(&other.id()).await.ok();
    let over = look(&shop, &page_of(&other), "en").await.ok();
    assert!(!text(&over).contains("<script"));
    assert!(!over.header("content-security-policy").unwrap().contains("stripe"));
    let form = |token| [("email", "ada@example.com"), ("total", "2900"), ("token", token)];
    let refused = told(&shop, &path, &form("pm_card_chargeDeclinedInsufficientFunds")).await;
    assert!(text(&refused).contains("not enough money"), "{}", text(&refused));
    let empty = pay(&shop, &path, &[("email", "ada@example.com"), ("token", "")]).await;
    assert_eq!(empty.status, 422);
    assert!(text(&empty).contains("Something about the card"), "{}", text(&empty));
    assert_eq!(pay(&shop, &path, &form("pm_card_visa")).await.status, 303);
    assert_eq!(shop.client.get_session(&session.id()).await.ok().body["state"], "completed");
    assert_eq!(
        shop.api.stack.stripe().charges().iter().filter(|one| one.status == "succeeded").count(),
        1
    );
}

#[tokio::test]
async fn whoever_confirms_at_their_bank_comes_back_to_the_page_which_says_what_became_of_it() {
    let shop = with_element().await;
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    let form = [
        ("email", "ada@example.com"),
        ("total", "2900"),
        ("token", "pm_card_threeDSecure2Required"),
    ];
    let page = told(&shop, &path, &form).await;
    assert!(text(&page).contains("value=\"done\""), "{}", text(&page));
    let scan = json!({"FilterExpression": "attribute_exists(return_url) AND begins_with(SK, :o)",
        "ExpressionAttributeValues": {":o": {"S": "object"}}});
    let attempts = shop.api.dynamodb("Scan", scan).await;
    let of_attempt = |one: &&Value| one["id"]["S"].as_str().is_some_and(|id| id.starts_with("pi_"));
    let attempts = attempts["Items"].as_array().unwrap();
    let attempt = attempts.iter().find(of_attempt).unwrap();
    assert_eq!(attempt["return_url"]["S"], session.body["url"], "the bank leads back to the page");
    let charge = shop.api.stack.stripe().charges().last().unwrap().id.clone();
    assert!(shop.api.stack.stripe().act(&charge, true));
    assert_eq!(pay(&shop, &path, &[("bank", "done")]).await.status, 303);
    assert_eq!(shop.client.get_session(&session.id()).await.ok().body["state"], "completed");
}
