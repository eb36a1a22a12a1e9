//! Payment links: what they are made of, and what each opening of one makes.

mod refused;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    billing::{START, Shop, fields},
    client::{Answer, exchange},
};

/// What a link is made with, and `rest` beside it.
fn link(rest: Value) -> Value {
    let mut body = json!({
        "name": "Team plan",
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/pricing",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

/// The path and the query of an address.
fn path_of(url: &Value) -> String {
    let (_, rest) = url.as_str().unwrap().split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

impl Shop {
    async fn link(&self, rest: Value) -> Answer {
        self.client.create_payment_link(link(rest)).await.ok()
    }

    /// A link that sells something once.
    async fn selling_once(&self) -> Answer {
        let price = self.price(json!({"unit_amount_atom": 1500})).await;
        self.link(json!({"line_items": [{"price_id": price, "quantity": 2}]})).await
    }

    /// Opens an address as a browser does.
    async fn browse(&self, path: &str) -> Answer {
        let asked = self.api.raw(Method::GET, path).header("accept", "text/html,*/*;q=0.8");
        exchange(asked.header("accept-language", "en")).await
    }

    /// Opens it as a program does.
    async fn fetch(&self, path: &str) -> Answer {
        exchange(self.api.raw(Method::GET, path).header("accept", "application/json")).await
    }

    async fn sessions(&self) -> i64 {
        self.client.list_sessions("").await.ok().body["total"].as_i64().unwrap()
    }
}

#[tokio::test]
async fn each_opening_leads_a_browser_to_a_session_of_its_own() {
    let shop = Shop::open_at(START, "").await;
    let made = shop.selling_once().await;
    assert_eq!(
        fields(std::slice::from_ref(&made.body), &["mode", "is_active", "expires_in_hours"]),
        [json!(["payment", true, 24])]
    );
    let secret = made.body["secure_token"].as_str().unwrap();
    let path = path_of(&made.body["url"]);
    let own = format!("/pay/{}/{}?secure_token={secret}", shop.account.id, made.id());
    assert_eq!((secret.len(), &path), (64, &own));
    let mut pages = Vec::new();
    for _ in 0..2 {
        let opened = shop.browse(&path).await;
        assert_eq!((opened.status.as_u16(), &opened.body), (303, &json!("")));
        assert_eq!(opened.header("cache-control"), Some("no-store"));
        assert_eq!(opened.header("referrer-policy"), Some("no-referrer"));
        pages.push(path_of(&opened.header("location").unwrap().into()));
    }
    assert!(pages[0] != pages[1] && pages[0].starts_with("/checkout/"), "{pages:?}");
    let page = shop.browse(&pages[0]).await.ok();
    assert!(page.body.as_str().unwrap().contains("Pay $30.00"), "{}", page.body);
    let sessions = shop.client.list_sessions("").await.ok();
    let names = ["payment_link_id", "amount_total_atom", "state", "expires_at", "free_trial_days"];
    let one = json!([made.id(), 3000, "open", "2026-02-01T10:00:00.000Z", null]);
    assert_eq!(fields(sessions.items(), &names), [one.clone(), one]);
    let success = sessions.items()[0]["success_url"].as_str().unwrap();
    assert!(success.contains(sessions.items()[0]["id"].as_str().unwrap()), "{success}");
}

#[tokio::test]
async fn a_program_is_answered_with_what_a_payer_may_know_and_pays_with_it() {
    let shop = Shop::open_at(START, "").await;
    let made = shop.selling_once().await;
    let path = path_of(&made.body["url"]);
    let opened = shop.fetch(&path).await.ok();
    assert_eq!(opened.header("content-type"), Some("application/json"));
    assert_eq!(opened.header("access-control-allow-origin"), Some("*"));
    let id = opened.id();
    let secret = opened.body["secure_token"].as_str().unwrap();
    // Beside what opens it, the same as a publishable token sees of it.
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let own = format!("/api/checkout-sessions/{id}?secure_token={secret}");
    let mut seen = browser.get(&own).await.ok().body;
    let url = opened.body["url"].clone();
    assert!(path_of(&url).starts_with(&format!("/checkout/{}/{id}?", shop.account.id)), "{url}");
    seen.as_object_mut()
        .unwrap()
        .extend([("secure_token".to_owned(), secret.into()), ("url".to_owned(), url)]);
    assert_eq!(opened.body, seen);
    assert!(!opened.body.to_string().contains("plink_"), "{}", opened.body);
    let body = json!({
        "customer_email": "ada@example.com", "payment_method": {"token": "test_success"},
    });
    let complete = own.replace('?', "/complete?");
    assert_eq!(browser.post(&complete, body).await.ok().body["state"], "completed");
    // What was bought is bought; the next opening begins anew.
    assert_eq!(shop.fetch(&path).await.ok().body["state"], "open");
}

#[tokio::test]
async fn a_page_of_an_origin_that_is_not_listed_opens_no_link() {
    let shop = Shop::open_at(START, "").await;
    let path = path_of(&shop.selling_once().await.body["url"]);
    let opens = async |origin: &str| {
        let asked = shop.api.raw(Method::GET, &path).header("accept", "application/json");
        exchange(asked.header("origin", origin)).await
    };
    opens("https://evil.example").await.ok();
    let listed = json!({"allowed_origins": ["https://shop.example"]});
    shop.client.update_account(listed).await.ok();
    opens("https://evil.example").await.refused(403);
    assert_eq!(shop.sessions().await, 1, "nothing was made");
    opens("https://shop.example").await.ok();
    // Whoever follows the link goes to our own page, wherever they come from.
    assert_eq!(shop.browse(&path).await.status, 303);
}

#[tokio::test]
async fn a_link_that_is_off_leads_nowhere_for_good_and_what_it_made_goes_on() {
    let shop = Shop::open_at(START, "").await;
    let made = shop.selling_once().await;
    let path = path_of(&made.body["url"]);
    let page = path_of(&shop.browse(&path).await.header("location").unwrap().into());
    let off = shop.client.update_payment_link(&made.id(), json!({"is_active": false})).await.ok();
    assert_eq!((&off.body["is_active"], &off.body["version"]), (&json!(false), &json!(2)));
    let closed = shop.browse(&path).await;
    assert_eq!((closed.status.as_u16(), closed.header("location")), (422, None));
    assert!(closed.body.as_str().unwrap().contains("This link is closed"), "{}", closed.body);
    let asked = shop.api.raw(Method::GET, &path).header("accept-language", "de");
    let german = exchange(asked).await;
    assert!(german.body.as_str().unwrap().contains("Dieser Link ist geschlossen"));
    let refused = shop.fetch(&path).await.refused(422);
    assert_eq!(refused.faults(), [" inactive"]);
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    let said = refused.body["detail"].as_str().unwrap();
    assert!(said.starts_with("Payment link was switched off"), "{said}");
    assert_eq!(shop.sessions().await, 1);
    assert!(shop.browse(&page).await.ok().body.as_str().unwrap().contains("Pay $30.00"));
    // Whoever has the address was told: it stays so, whatever else is changed.
    let on = json!({"is_active": true, "name": "Again"});
    let refused = shop.client.update_payment_link(&made.id(), on).await.refused(422);
    assert_eq!(refused.faults(), ["/is_active not_allowed"]);
    assert_eq!(shop.client.get_payment_link(&made.id()).await.ok().body, off.body);
    // Also one that never was on.
    let never = shop.link(json!({"mode": "setup", "is_active": false})).await;
    assert_eq!(never.body["is_active"], false);
    assert_eq!(shop.browse(&path_of(&never.body["url"])).await.status, 422);
    let renamed = json!({"is_active": false, "name": "Old"});
    let renamed = shop.client.update_payment_link(&made.id(), renamed).await.ok();
    assert_eq!(renamed.body["name"], "Old");
    let events = ["payment_link.created", "payment_link.updated", "payment_link.updated"];
    assert_eq!(shop.events(&made.id()).await, events);
}

#[tokio::test]
async fn what_can_no_longer_be_sold_is_said_at_the_opening_and_makes_nothing() {
    let shop = Shop::open_at(START, "").await;
    let price = shop.price(json!({"unit_amount_atom": 1500})).await;
    let made = shop.link(json!({"line_items": [{"price_id": price}]})).await;
    shop.client.update_price(&price, json!({"active": false})).await.ok();
    let path = path_of(&made.body["url"]);
    let closed = shop.browse(&path).await;
    assert_eq!((closed.status.as_u16(), closed.header("location")), (422, None));
    assert!(closed.body.as_str().unwrap().contains("cannot be bought here any more"));
    let refused = shop.fetch(&path).await.refused(422);
    assert_eq!(refused.faults(), ["/line_items/0/price_id inactive"]);
    let said = refused.body["detail"].as_str().unwrap();
    assert!(said.starts_with("Payment link line_items"), "{said}");
    assert_eq!(shop.sessions().await, 0);
}

#[tokio::test]
async fn free_trial_days_are_the_trial_of_the_subscription_and_a_coupon_s_come_after_them() {
    let shop = Shop::open_at(START, "").await;
    let price = shop.monthly(1200).await;
    let extends = json!({"discount_type": "trial_extension", "trial_extension_days": 7});
    let coupon = shop.client.create_coupon(extends).await.ok().id();
    for (rest, ends) in [
        (json!({}), "2026-02-14T10:00:00.000Z"),
        (json!({"coupon_id": coupon}), "2026-02-21T10:00:00.000Z"),
    ] {
        let mut body = json!({
            "mode": "subscription", "free_trial_days": 14, "line_items": [{"price_id": price}],
        });
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let made = shop.link(body).await;
        let opened = shop.fetch(&path_of(&made.body["url"])).await.ok();
        let next = &opened.body["next_charge"];
        assert_eq!(
            json!([opened.body["amount_total_atom"], opened.body["trial_ends_at"], next["at"]]),
            json!([0, ends, ends])
        );
        assert_eq!(next["amount_atom"], 1200);
        let paying = json!({
            "customer_email": "ada@example.com", "payment_method": {"token": "test_success"},
        });
        let done = shop.client.complete_session(&opened.id(), paying).await.ok().body;
        assert_eq!(
            json!([done["amount_total_atom"], done["free_trial_days"], done["payment_status"]]),
            json!([0, 14, "no_payment_required"])
        );
        let subscription = shop.subscription(done["subscription_id"].as_str().unwrap()).await;
        assert_eq!(fields(&[subscription], &["state", "trial_end"]), [json!(["trialing", ends])]);
    }
    // When it is over, the card that the session was completed with is charged.
    shop.advance("2026-02-14T12:00:00Z").await;
    let paid = shop.client.list_payment_intents("?state=succeeded").await.ok();
    assert_eq!(fields(paid.items(), &["amount_atom"]), [json!([1200])]);
}

#[tokio::test]
async fn a_coupon_that_is_spent_on_what_is_bought_once_is_not_promised_for_after_the_trial() {
    let shop = Shop::open_at(START, "").await;
    let (plan, setup) = (shop.monthly(1200).await, json!({"unit_amount_atom": 500}));
    let setup = shop.price(setup).await;
    for (lasts, promised) in [
        (json!({"duration": "once"}), json!([1200, null])),
        (json!({"duration": "repeating", "duration_in_months": 1}), json!([600, 1200])),
    ] {
        let mut coupon = json!({"discount_type": "percentage", "percent_off": 50});
        coupon.as_object_mut().unwrap().extend(lasts.as_object().unwrap().clone());
        let coupon = shop.client.create_coupon(coupon).await.ok().id();
        let body = json!({
            "mode": "subscription", "free_trial_days": 14, "coupon_id": coupon,
            "line_items": [{"price_id": plan}, {"price_id": setup}],
        });
        let made = shop.link(body).await;
        let opened = shop.fetch(&path_of(&made.body["url"])).await.ok().body;
        let next = &opened["next_charge"];
        assert_eq!(opened["amount_total_atom"], 250);
        assert_eq!(json!([next["amount_atom"], next["then"]["amount_atom"]]), promised, "{next}");
        let paying = json!({
            "customer_email": "ada@example.com", "payment_method": {"token": "test_success"},
        });
        shop.client.complete_session(opened["id"].as_str().unwrap(), paying).await.ok();
    }
    shop.advance("2026-02-14T12:00:00Z").await;
    let paid = shop.client.list_payment_intents("?state=succeeded").await.ok();
    let mut paid = fields(paid.items(), &["amount_atom"]);
    paid.sort_by_key(|one| one[0].as_u64());
    assert_eq!(json!(paid), json!([[250], [250], [600], [1200]]));
}

#[tokio::test]
async fn a_link_that_sets_up_adds_a_card_to_its_customer() {
    let shop = Shop::open_at(START, "").await;
    let made = shop
        .link(json!({"mode": "setup", "customer_id": shop.customer, "expires_in_hours": 2}))
        .await;
    let opened = shop.fetch(&path_of(&made.body["url"])).await.ok();
    assert_eq!(
        fields(std::slice::from_ref(&opened.body), &["mode", "customer_email", "expires_at"]),
        [json!(["setup", "j•••@example.com", "2026-01-31T12:00:00.000Z"])]
    );
    // Whoever has the link sees no more of whose it is: not by a browser's token, and not on the page.
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let secret = opened.body["secure_token"].as_str().unwrap();
    let own = format!("/api/checkout-sessions/{}?secure_token={secret}", opened.id());
    let page = exchange(shop.api.raw(Method::GET, &path_of(&opened.body["url"]))).await.ok();
    for seen in [browser.get(&own).await.ok(), page] {
        let seen = seen.body.to_string();
        assert!(seen.contains("j•••@example.com") && !seen.contains("jane@"), "{seen}");
    }
    // The seller does.
    let kept = shop.client.get_session(&opened.id()).await.ok().body;
    assert_eq!(kept["customer_email"], "jane@example.com");
    let card = json!({"payment_method": {"token": "test_success"}});
    let done = shop.client.complete_session(&opened.id(), card).await.ok().body;
    let customer = shop.client.get_customer(&shop.customer).await.ok().body;
    assert_eq!(customer["default_payment_method_id"], done["payment_method_id"]);
}
