//! What a test of billing begins with: a staging account whose time stands still, a processor, a
//! customer who can be charged, and a price.

use serde_json::{Value, json};

use crate::client::{Account, Answer, Api, Client};

/// When the account's time stands still.
pub(crate) const START: &str = "2026-01-31T10:00:00Z";

/// An account that bills somebody.
pub(crate) struct Shop {
    pub(crate) api: Api,
    pub(crate) account: Account,
    pub(crate) client: Client,
    pub(crate) customer: String,
    pub(crate) product: String,
}

impl Shop {
    /// A shop whose time stands at `START` and whose customer can be charged.
    pub(crate) async fn open() -> Self {
        Self::open_at(START, "test_success").await
    }

    /// A shop whose time stands at `now` and whose customer pays by what `token` stands for.
    pub(crate) async fn open_at(now: &str, token: &str) -> Self {
        Self::open_on(Api::start().await, now, token).await
    }

    /// The same, on a stack that is there.
    pub(crate) async fn open_on(api: Api, now: &str, token: &str) -> Self {
        let account = api.account("stg").await;
        let client = api.client_of(&account);
        client.stop_clock(now).await.ok();
        let processor = client.create_processor(json!({"name": "Test", "type": "test"})).await.ok();
        client.update_account(json!({"default_processor_id": processor.id()})).await.ok();
        let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
        if !token.is_empty() {
            client.add_payment_method(&customer, json!({"token": token})).await.ok();
        }
        let product = client.create_product(json!({"name": "Team"})).await.ok().id();
        Self { api, account, client, customer, product }
    }

    /// A price of `amount` atoms a month.
    pub(crate) async fn monthly(&self, amount: i64) -> String {
        self.price(json!({"unit_amount_atom": amount, "billing_interval": "month"})).await
    }

    pub(crate) async fn price(&self, rest: Value) -> String {
        let mut body = json!({"product_id": self.product, "currency": "usd"});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.client.create_price(body).await.ok().id()
    }

    /// A subscription of one `price`, with `rest` beside it.
    pub(crate) async fn subscribe(&self, price: &str, rest: Value) -> Answer {
        let mut body = json!({"customer_id": self.customer, "items": [{"price_id": price}]});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.client.create_subscription(body).await
    }

    /// Moves the account's time and does what is due on the way.
    pub(crate) async fn advance(&self, to: &str) {
        let clock = self.client.advance_clock(to).await.ok();
        assert_eq!(clock.body["status"], "ready", "{}", clock.body);
    }

    /// The subscription as it is now.
    pub(crate) async fn subscription(&self, id: &str) -> Value {
        self.client.get_subscription(id).await.ok().body
    }

    /// The invoices of a subscription, the oldest first.
    pub(crate) async fn invoices(&self, subscription: &str) -> Vec<Value> {
        let query = format!("?subscription_id={subscription}&limit=100");
        let mut items = self.client.list_invoices(&query).await.ok().items().to_vec();
        items.reverse();
        items
    }

    /// The types of the events about an object, the oldest first.
    pub(crate) async fn events(&self, id: &str) -> Vec<String> {
        let mut all = Vec::new();
        for offset in (0..).step_by(100) {
            let page = self.client.list_events(&format!("?limit=100&offset={offset}")).await.ok();
            let about = page.items().iter().filter(|event| event["data"]["object"]["id"] == id);
            all.extend(about.map(|event| event["type"].as_str().unwrap().to_owned()));
            if page.body["has_more"] == false {
                break;
            }
        }
        all.reverse();
        all
    }
}

/// The values of some fields of each of some objects.
pub(crate) fn fields(objects: &[Value], names: &[&str]) -> Vec<Value> {
    objects.iter().map(|one| names.iter().map(|name| one[*name].clone()).collect()).collect()
}
