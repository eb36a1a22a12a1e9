//! Something to look at: a checkout session of the demo account in staging, whose page anybody who has
//! just started can open, and a way into its dashboard.
//!
//! It is there for convenience: where it cannot be made, `make dev` goes on without.

use crate::{
    accounts::Credentials,
    clock::now,
    http::{client, exchange},
};
use http::{Method, Request, header};
use http_body_util::Full;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::net::{TcpStream, lookup_host};

/// How the demo's price is found again.
const KEY: &str = "make-dev-demo";

/// The address of the page of an open session, an earlier one where there still is one here.
pub async fn checkout(credentials: &Credentials) -> Option<String> {
    let caller = Caller { credentials };
    let here = credentials.base_url.strip_suffix("/api")?;
    caller.be_ready().await?;
    let open = caller.send(Method::GET, "/checkout-sessions?state=open&limit=1", None).await?;
    let address = |session: &Value| session.get("url")?.as_str().map(str::to_owned);
    let earlier = open.pointer("/items/0").and_then(address);
    if let Some(earlier) = earlier.filter(|url| url.starts_with(here)) {
        return Some(earlier);
    }
    let price = caller.price().await?;
    let session = json!({
        "success_url": "https://example.com/thanks", "return_url": "https://example.com/",
        "line_items": [{"price_id": price, "quantity": 3}], "expires_in_hours": 720,
    });
    address(&caller.send(Method::POST, "/checkout-sessions", Some(session)).await?)
}

/// The address of the portal of a customer who has subscribed.
pub async fn portal(credentials: &Credentials) -> Option<String> {
    let caller = Caller { credentials };
    caller.be_ready().await?;
    let session = json!({
        "customer_id": caller.customer().await?, "return_url": "https://example.com/account",
    });
    let made = caller.send(Method::POST, "/portal-sessions", Some(session)).await?;
    made.get("url")?.as_str().map(str::to_owned)
}

/// An address that signs in to the dashboard: it works once, within an hour. What is after `#` is sent to
/// no server; the page exchanges it for a session, and ends it.
pub async fn dashboard(credentials: &Credentials) -> Option<String> {
    let caller = Caller { credentials };
    let here = credentials.base_url.strip_suffix("/api")?;
    let end = now().checked_add(SignedDuration::from_hours(1)).ok()?;
    let asked = json!({"kind": "secret", "name": "Sign-in link", "expires_at": end.to_string()});
    let made = caller.send(Method::POST, "/tokens", Some(asked)).await?;
    Some(format!("{}/dashboard#/sign-in/{}", at_a_name(here).await, made.get("token")?.as_str()?))
}

/// An address of this machine by its name, where that leads here and to nobody else: browsers have no passkeys
/// at a number.
async fn at_a_name(here: &str) -> String {
    let own = here.strip_prefix("http://").and_then(|own| own.parse::<SocketAddr>().ok());
    let Some(own) = own.filter(|own| own.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST)) else {
        return here.to_owned();
    };
    let leads = match lookup_host((NAME, own.port())).await {
        Ok(named) => leads_to(own, named).await,
        Err(_) => false,
    };
    if leads { format!("http://{NAME}:{}", own.port()) } else { here.to_owned() }
}

/// What every machine calls itself.
const NAME: &str = "localhost";

/// Whether whoever tries these addresses, in any order, comes to `own`.
async fn leads_to(own: SocketAddr, named: impl Iterator<Item = SocketAddr>) -> bool {
    let mut is_named = false;
    for address in named {
        is_named |= address == own;
        if address != own && TcpStream::connect(address).await.is_ok() {
            return false;
        }
    }
    is_named
}

/// The name of the demo's processor at the stand-in for Stripe.
const STRIPE: &str = "Stripe stand-in";
/// What its events are signed with: it moves no money, and is reached on this machine alone.
const STRIPE_EVENTS: &str = "whsec_standin";

/// A processor at the stand-in, made once: where its events go, and what they are signed with.
pub async fn stripe(credentials: &Credentials) -> Option<(String, &'static str)> {
    let caller = Caller { credentials };
    let known = caller.send(Method::GET, "/processors?limit=100", None).await?;
    let items = known.get("items").and_then(Value::as_array);
    let is_it = |one: &&Value| one["type"] == "stripe" && one["name"] == STRIPE;
    let processor = match items.and_then(|items| items.iter().find(is_it)) {
        Some(processor) => processor.clone(),
        None => {
            let new = json!({
                "name": STRIPE, "type": "stripe", "secret_key": "rk_test_standin0000demo",
                "publishable_key": "pk_test_standin", "webhook_secrets": [STRIPE_EVENTS],
            });
            caller.send(Method::POST, "/processors", Some(new)).await?
        }
    };
    let id = processor.get("id")?.as_str()?;
    Some((format!("{}/processor-events/{id}", credentials.base_url), STRIPE_EVENTS))
}

struct Caller<'a> {
    credentials: &'a Credentials,
}

impl Caller<'_> {
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Option<Value> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.credentials.base_url))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.credentials.stg.secret_token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.map(|body| body.to_string()).unwrap_or_default()))
            .ok()?;
        let answer = exchange(&client(), request).await.ok()?;
        let answered = answer.status().is_success();
        serde_json::from_slice(answer.body()).ok().filter(|_| answered)
    }

    /// Sees to it that the account can take payments.
    async fn be_ready(&self) -> Option<()> {
        let account = self.send(Method::GET, "/account", None).await?;
        if account.get("default_processor_id").is_some_and(Value::is_string) {
            // Somebody's choice stays: where it is Stripe, the page takes the test processor's cards.
            return Some(());
        }
        let processor = json!({"name": "Test cards", "type": "test"});
        let processor = self.send(Method::POST, "/processors", Some(processor)).await?;
        let chosen = json!({"default_processor_id": processor.get("id")?});
        self.send(Method::PATCH, "/account", Some(chosen)).await.map(|_| ())
    }

    /// The customer whose portal is shown, made once.
    async fn customer(&self) -> Option<Value> {
        let known = self.send(Method::GET, &format!("/customers?external_id={KEY}"), None).await?;
        if let Some(id) = known.pointer("/items/0/id") {
            return Some(id.clone());
        }
        let customer =
            json!({"email": "jane@example.com", "name": "Jane Smith", "external_id": KEY});
        let id = self.send(Method::POST, "/customers", Some(customer)).await?.get("id")?.clone();
        // Of the test processor, whatever the account is charged by otherwise.
        let processors = self.send(Method::GET, "/processors?limit=100", None).await?;
        let mut processors = processors.get("items")?.as_array()?.iter();
        let test = processors.find(|one| one["type"] == "test" && one["active"] == true)?;
        let card = json!({"token": "test_success", "processor_id": test.get("id")?});
        let path = format!("/customers/{}/payment-methods", id.as_str()?);
        self.send(Method::POST, &path, Some(card)).await?;
        let begun = json!({
            "customer_id": id, "items": [{"price_id": self.price().await?, "quantity": 3}],
            "processor_id": test.get("id")?,
        });
        self.send(Method::POST, "/subscriptions", Some(begun)).await?;
        Some(id)
    }

    /// The price that is sold, made once.
    async fn price(&self) -> Option<Value> {
        let known = self.send(Method::GET, "/prices?limit=100", None).await?;
        let mut known = known.get("items")?.as_array()?.iter();
        if let Some(price) = known.find(|price| price.get("lookup_key") == Some(&KEY.into())) {
            return price.get("id").cloned();
        }
        let product = json!({
            "name": "Team plan", "description": "What make dev sells", "unit_label": "seats",
        });
        let product = self.send(Method::POST, "/products", Some(product)).await?;
        let price = json!({
            "product_id": product.get("id")?, "currency": "usd", "unit_amount_atom": 1200,
            "billing_interval": "month", "lookup_key": KEY,
        });
        self.send(Method::POST, "/prices", Some(price)).await?.get("id").cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_name_leads_here_where_nobody_else_answers_to_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let other = TcpListener::bind("127.0.0.2:0").await.unwrap();
        let (taken, free) = (other.local_addr().unwrap(), {
            let gone = TcpListener::bind("127.0.0.2:0").await.unwrap();
            gone.local_addr().unwrap()
        });
        for (named, leads) in [
            (vec![own], true),
            (vec![free, own], true),
            (vec![taken, own], false),
            (vec![free], false),
            (vec![], false),
        ] {
            assert_eq!(leads_to(own, named.clone().into_iter()).await, leads, "{named:?}");
        }
        assert_eq!(at_a_name("https://api.example.com").await, "https://api.example.com");
    }
}
