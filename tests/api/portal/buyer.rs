//! A customer with a portal, and what they do there.

use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};

use crate::{
    billing::Shop,
    client::{Answer, exchange},
    hosted_page::sent,
};

/// A customer who subscribes by a card, and the path of their portal.
pub(crate) struct Buyer {
    pub(crate) shop: Shop,
    pub(crate) subscription: String,
    pub(crate) path: String,
}

pub(crate) async fn opened(shop: &Shop, customer: &str, rest: Value) -> Answer {
    let mut body = json!({"customer_id": customer, "return_url": "https://example.com/account"});
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    shop.client.create_portal_session(body).await.ok()
}

pub(crate) fn path_of(url: &Value) -> String {
    let (_, rest) = url.as_str().unwrap().split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

pub(crate) async fn bought() -> Buyer {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "test_success").await;
    let brand = json!({"display_name": "Acme Analytics", "support_email": "help@acme.example"});
    shop.client.update_account(json!({"brand": brand})).await.ok();
    let price = shop.monthly(1200).await;
    let begun = json!({"customer_id": shop.customer, "items": [{"price_id": price}]});
    let subscription = shop.client.create_subscription(begun).await.ok().id();
    let session = opened(&shop, &shop.customer.clone(), json!({})).await;
    Buyer { path: path_of(&session.body["url"]), shop, subscription }
}

impl Buyer {
    pub(crate) async fn look(&self, language: &str) -> Answer {
        self.at(&self.path, language).await
    }

    pub(super) async fn at(&self, path: &str, language: &str) -> Answer {
        let asked = self.shop.api.raw(Method::GET, path).header("accept-language", language);
        exchange(asked).await
    }

    /// Sends a form; nobody follows where that leads.
    pub(crate) async fn send(&self, form: &[(&str, &str)]) -> Answer {
        self.send_to(&self.path, form).await
    }

    /// The same, to another portal.
    pub(crate) async fn send_to(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        let url = format!("{}{}", self.shop.api.stack.base_url(), path);
        exchange(sent(http.post(url), form)).await
    }

    /// Sends a form, and reads the page that it leads to.
    pub(crate) async fn act(&self, form: &[(&str, &str)]) -> Answer {
        let answer = self.send(form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let (path, _) = self.path.split_once('?').unwrap();
        let to = answer.header("location").unwrap().to_owned();
        assert!(to.starts_with('?'), "{to}");
        self.at(&format!("{path}{to}"), "en").await.ok()
    }

    pub(crate) async fn method(&self, token: &str) -> String {
        let added = json!({"token": token});
        self.shop.client.add_payment_method(&self.shop.customer, added).await.ok().id()
    }

    pub(super) async fn bill(&self) -> String {
        let bill = json!({
            "customer_id": self.shop.customer, "currency": "usd",
            "collection_method": "send_invoice", "items": [{"name": "Work", "amount": "30.00"}],
        });
        let id = self.shop.client.create_invoice(bill).await.ok().id();
        self.shop.client.finalize_invoice(&id).await.ok().id()
    }

    pub(crate) async fn subscribed(&self) -> Value {
        self.shop.client.get_subscription(&self.subscription).await.ok().body
    }
}

pub(crate) fn text(page: &Answer) -> &str {
    page.body.as_str().unwrap()
}

pub(crate) fn says(page: &Answer, said: &str) {
    assert!(text(page).contains(said), "{said} in {}", text(page));
}
