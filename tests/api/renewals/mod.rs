//! What is billed again and again is billed once: whatever dies on the way, however many workers run
//! at once, and whatever the processor answers or does not. Each test ends with an audit of the whole
//! table (`docs/audit.md`) that finds nothing.

mod calendar;
mod kills;
mod numbers;
mod outcomes;
mod workers;

use local::Options;
use serde_json::{Value, json};

use crate::client::{Answer, Api, Client};

/// Where a shop's clock is stopped, unless it says otherwise.
pub(crate) const OPENED: &str = "2026-01-31T09:30:00.000Z";

/// An account that sells something.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) client: Client,
    /// 10.00 USD a month.
    pub(crate) price: String,
    product: String,
}

impl Shop {
    /// A staging account with a test processor and a price, whose clock is stopped at `now`.
    pub(crate) async fn open(api: &Api, now: &str) -> Self {
        let account = api.account("stg").await;
        Self::of(api.client_of(&account), now).await
    }

    /// The same, of an account that is there.
    pub(crate) async fn of(client: Client, now: &str) -> Self {
        client.stop_clock(now).await.ok();
        let body = json!({"name": "Cards", "type": "test"});
        let processor = client.post("/api/processors", body).await.ok().id();
        client.update_account(json!({"default_processor_id": processor})).await.ok();
        let product = client.create_product(json!({"name": "Team plan"})).await.ok().id();
        let mut shop = Self { client, price: String::new(), product };
        shop.price = shop.priced(1000, "month").await;
        shop
    }

    /// A price per `interval`.
    pub(crate) async fn priced(&self, amount: i64, interval: &str) -> String {
        let body = json!({
            "product_id": self.product, "currency": "usd", "unit_amount_atom": amount,
            "billing_interval": interval,
        });
        self.client.create_price(body).await.ok().id()
    }

    /// A customer with a card that behaves as `token` says.
    pub(crate) async fn customer(&self, token: &str) -> String {
        let body = json!({"email": "jane@example.com"});
        let customer = self.client.create_customer(body).await.ok().id();
        self.add_card(&customer, token).await;
        customer
    }

    /// Gives a customer another card, to be charged from now on; its id.
    pub(crate) async fn add_card(&self, customer: &str, token: &str) -> String {
        let path = format!("/api/customers/{customer}/payment-methods");
        self.client.post(&path, json!({"token": token, "make_default": true})).await.ok().id()
    }

    /// Subscribes a customer to the monthly price, with `rest` beside it.
    pub(crate) async fn subscribe(&self, customer: &str, rest: Value) -> Answer {
        self.client.post("/api/subscriptions", self.subscription(customer, rest)).await
    }

    /// What subscribes a customer.
    pub(crate) fn subscription(&self, customer: &str, rest: Value) -> Value {
        let mut body = json!({"customer_id": customer, "items": [{"price_id": self.price}]});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body
    }

    /// An invoice of 10.00 USD that was made by hand and is not final.
    pub(crate) async fn draft(&self, customer: &str, collection: &str) -> String {
        let body = json!({
            "customer_id": customer, "currency": "usd", "collection_method": collection,
            "items": [{"name": "Consulting", "amount_atom": 1000}],
        });
        self.client.post("/api/invoices", body).await.ok().id()
    }

    pub(crate) async fn read(&self, path: &str) -> Value {
        self.client.get(path).await.ok().body
    }

    /// All of a list, the oldest first.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = self.client.get(&format!("{path}{sign}limit=100")).await.ok();
        assert_eq!(page.body["has_more"], false, "more than a page of {path}");
        page.items().iter().rev().cloned().collect()
    }

    /// The invoices of a subscription.
    pub(crate) async fn invoices(&self, subscription: &str) -> Vec<Value> {
        self.all(&format!("/api/invoices?subscription_id={subscription}")).await
    }

    /// The payments of an invoice.
    pub(crate) async fn payments(&self, invoice: &str) -> Vec<Value> {
        self.all(&format!("/api/payments/intents?invoice_id={invoice}")).await
    }

    /// Moves the account's time to `to`, doing all that is due on its way.
    pub(crate) async fn advance(&self, to: &str) {
        let mut clock = self.client.advance_clock(to).await.ok().body;
        for _ in 0..20 {
            if clock["status"] == "ready" {
                return;
            }
            clock = self.client.advance_clock(to).await.ok().body;
        }
        panic!("the clock does not arrive: {clock}");
    }

    /// Moves the account's time to `to` without doing anything that is due on its way.
    pub(crate) async fn jump(&self, to: &str) {
        self.client.release_clock().await.ok();
        self.client.stop_clock(to).await.ok();
    }
}

/// A stack on which as much as possible happens at once.
pub(crate) async fn busy() -> Api {
    let log_sink: local::logs::Sink = std::sync::Arc::new(|line| println!("{}", line.text));
    let options = Options {
        log_sink: Some(log_sink),
        workers: false,
        max_processes: 8,
        ..Options::default()
    };
    Api::start_with(options).await
}

/// A field of each of `objects`.
pub(crate) fn each<'a>(objects: &'a [Value], field: &str) -> Vec<&'a str> {
    objects.iter().map(|object| object[field].as_str().unwrap_or("null")).collect()
}
