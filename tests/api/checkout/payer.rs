//! What a payer may do with a session, by its secret alone.

use reqwest::Method;
use serde_json::json;

use super::{card, completion};
use crate::{
    billing::Shop,
    client::{Client, exchange},
};

#[tokio::test]
async fn a_publishable_token_opens_a_session_with_its_secret_and_nothing_without() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let price = shop.once(100).await;
    let open = shop.offer(&[&price], json!({})).await;
    let other = shop.offer(&[&price], json!({})).await.body["secure_token"].clone();
    let (id, secret) = (open.id(), open.body["secure_token"].as_str().unwrap());
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let read = |rest: &str| format!("/api/checkout-sessions/{id}{rest}");
    let missing = browser.get("/api/checkout-sessions/cs_stg_0000000000000000").await.refused(404);
    let of_another = format!("?secure_token={}", other.as_str().unwrap());
    for wrong in ["", "?secure_token=x", "?secure_token=not%20one%07", &of_another] {
        for answer in [
            browser.get(&read(wrong)).await,
            browser.post(&read(&format!("/complete{wrong}")), card("test_success")).await,
        ] {
            let refused = answer.refused(404);
            assert_eq!(refused.body["detail"], missing.body["detail"]);
        }
    }
    let right = format!("?secure_token={secret}");
    let seen = browser.get(&read(&right)).await.ok();
    assert_eq!(seen.header("access-control-allow-origin"), Some("*"));
    assert_eq!((&seen.body["id"], &seen.body["state"]), (&json!(id), &json!("open")));
    assert_eq!(seen.header("etag"), open.header("etag"));
    for (method, path) in [
        (Method::GET, "/api/checkout-sessions".to_owned()),
        (Method::POST, "/api/checkout-sessions".to_owned()),
        (Method::POST, read("/expire")),
        (Method::GET, read(&format!("{right}&expand=customer"))),
    ] {
        exchange(browser.request(method, &path)).await.refused(403);
    }
    // A secret token needs none, and a wrong one does not matter to it.
    shop.client.get(&read("?secure_token=x")).await.ok();
    // What a server was told under a key is not told to a browser under the same key.
    let keyed = |client: &Client, rest: &str| {
        let path = read(&format!("/complete{rest}"));
        let request = client.request(Method::POST, &path).header("Idempotency-Key", "order-1");
        exchange(request.json(&card("test_success")))
    };
    keyed(&shop.client, "").await.ok();
    keyed(&browser, "").await.refused(404);
    let done = keyed(&browser, &right).await.ok();
    assert_eq!(
        (&done.body["state"], shop.count().await),
        (&json!("completed"), [json!(0), json!(1), json!(1)])
    );
    let asked = exchange(shop.api.raw(Method::OPTIONS, &read(""))).await.ok();
    assert_eq!(asked.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn what_opens_a_session_is_in_no_event_and_nothing_that_a_reading_token_sees() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let open = shop.offer(&[&shop.monthly(1000).await], json!({})).await;
    let secret = open.body["secure_token"].as_str().unwrap().to_owned();
    let listed = shop.client.list_sessions("").await.ok();
    assert_eq!(listed.items()[0]["secure_token"], secret.as_str());
    let events = shop.client.list_events("?limit=100").await.ok().body.to_string();
    assert!(events.contains(&open.id()) && !events.contains(&secret));
    let body = json!({"kind": "secret", "name": "reads", "scopes": ["checkout:read", "checkout_sessions:read"]});
    let token = shop.client.create_token(body).await.ok().body["token"].clone();
    let reads = shop.api.client_with(token.as_str().unwrap(), &shop.account.id);
    for answer in [reads.get_session(&open.id()).await.ok(), reads.list_sessions("").await.ok()] {
        assert!(!answer.body.to_string().contains(&secret));
    }
    // What a page sends, anybody may have written.
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let id = format!("{}/complete?secure_token={secret}", open.id());
    let body = json!({"payment_method": {
        "token": "test_success", "make_default": true, "metadata": {"a": "b"},
    }});
    let refused = browser.post(&format!("/api/checkout-sessions/{id}"), body).await.refused(422);
    let faults =
        ["/payment_method/make_default not_allowed", "/payment_method/metadata not_allowed"];
    assert_eq!(refused.faults(), faults);
}

#[tokio::test]
async fn a_payer_presents_what_is_charged() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "test_success").await;
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let price = shop.once(1000).await;
    let open = shop.offer(&[&price], json!({})).await;
    let path = completion(&open);
    let told = browser.post(&path, json!({})).await.refused(422);
    assert_eq!(told.faults().len(), 1);
    assert_eq!(shop.count().await[1..], [json!(0), json!(0)], "nothing was made or charged");
    browser.post(&path, card("test_card_declined")).await.refused(422);
    browser.post(&path, json!({})).await.refused(422);
    assert_eq!(shop.client.get_session(&open.id()).await.ok().body["state"], "open");
    browser.post(&path, card("test_success")).await.ok();
    browser.post(&path, json!({})).await.ok();
    // The seller's server decides for itself.
    let open = shop.offer(&[&price], json!({})).await;
    shop.client.complete_session(&open.id(), json!({})).await.ok();
    shop.api.audit().await;
}

#[tokio::test]
async fn a_page_of_an_origin_that_is_not_listed_is_told_nothing_and_pays_nothing() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let price = shop.once(1000).await;
    let open = shop.offer(&[&price], json!({})).await;
    let browser = shop.api.client_with(&shop.account.publishable, &shop.account.id);
    let (read, pay) = (completion(&open).replace("/complete", ""), completion(&open));
    let asks = async |origin: &str, method: Method, path: &str| {
        let asked = browser.request(method.clone(), path).header("origin", origin);
        let asked = if method == Method::POST { asked.json(&card("test_success")) } else { asked };
        exchange(asked).await
    };
    let strange = "https://evil.example";
    // Nothing is listed: any page may.
    asks(strange, Method::GET, &read).await.ok();
    let listed = json!({"allowed_origins": ["https://Shop.Example:443/", "http://localhost:3000"]});
    let account = shop.client.update_account(listed).await.ok().body;
    let written = json!(["https://shop.example", "http://localhost:3000"]);
    assert_eq!(account["allowed_origins"], written);
    for origin in [strange, "http://shop.example", "https://shop.example.evil.example", "null"] {
        for (method, path) in [(Method::GET, &read), (Method::POST, &pay)] {
            let refused = asks(origin, method, path).await.refused(403);
            assert!(refused.body["detail"].as_str().unwrap().contains("allowed_origins"));
            assert_eq!(refused.header("access-control-allow-origin"), Some("*"), "it is told why");
        }
    }
    assert_eq!(shop.client.get_session(&open.id()).await.ok().body["state"], "open");
    assert_eq!(shop.count().await[1..], [json!(0), json!(0)], "nothing was made or charged");
    // A page that is listed, one of our own, and what is no browser's page.
    let own = shop.api.stack.base_url();
    for origin in ["https://shop.example", "http://localhost:3000", &own] {
        asks(origin, Method::GET, &read).await.ok();
    }
    browser.get(&read).await.ok();
    // A secret token is no page's.
    let server = shop.client.request(Method::GET, &read).header("origin", strange);
    exchange(server).await.ok();
    asks("https://shop.example", Method::POST, &pay).await.ok();
    let cleared = shop.client.update_account(json!({"allowed_origins": null})).await.ok().body;
    assert_eq!(cleared["allowed_origins"], json!([]));
    asks(strange, Method::GET, &read).await.ok();
    let wrong =
        json!({"allowed_origins": ["https://shop.example", "shop.example", "https://*.example"]});
    let faults = shop.client.update_account(wrong).await.refused(422).faults();
    assert_eq!(faults, ["/allowed_origins/1 invalid_origin", "/allowed_origins/2 invalid_origin"]);
}
