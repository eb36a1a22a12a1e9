//! What a whole subscription comes to: what was taken, what was given back, and where it went. Each
//! test says its numbers; `docs/money.md` says where they come from.

mod any;
mod at_once;
mod changes;
mod corrected;
mod coupons;
mod ends;
mod limits;
mod many;
mod meets;
mod parts;
mod payouts;
mod refunds;
mod settled;
mod voids;
mod waits;
mod watch;

use serde_json::{Value, json};

use crate::billing::Shop;

const JANUARY: &str = "2026-01-01T00:00:00Z";
const HALF: &str = "2026-01-16T12:00:00Z";
const THREE_QUARTERS: &str = "2026-01-24T06:00:00Z";

/// A shop on 1 January, whose customer pays by `token`.
async fn shop(token: &str) -> Shop {
    Shop::open_at(JANUARY, token).await
}

impl Shop {
    /// Moves the account's time, which takes more than one request.
    async fn arrive(&self, to: &str) {
        while self.client.advance_clock(to).await.ok().body["status"] != "ready" {}
    }

    /// What was captured from the customer, refunded to them, and is on their balance.
    async fn books(&self) -> [i64; 3] {
        let of = format!("?customer_id={}&limit=100", self.customer);
        let sum = |items: &[Value], name: &str| -> i64 {
            items.iter().map(|one| one[name].as_i64().unwrap()).sum()
        };
        let intents = self.client.list_payment_intents(&of).await.ok();
        let refunds = self.client.list_refunds(&of).await.ok();
        let refunds: Vec<Value> =
            refunds.items().iter().filter(|one| one["state"] != "failed").cloned().collect();
        let customer = self.client.get_customer(&self.customer).await.ok().body;
        let balance = customer["credit_balances"][0]["amount_atom"].as_i64().unwrap_or(0);
        [sum(intents.items(), "captured_amount_atom"), sum(&refunds, "amount_atom"), balance]
    }

    /// A subscription of one price, paid.
    async fn sold(&self, amount: i64) -> Value {
        let price = self.monthly(amount).await;
        self.subscribe(&price, json!({})).await.ok().body
    }

    /// Changes the first item of a subscription.
    async fn update(&self, subscription: &Value, behavior: &str, to: Value) -> Value {
        let mut edit = json!({"action": "update", "subscription_item_id": item(subscription, 0)});
        edit.as_object_mut().unwrap().extend(to.as_object().unwrap().clone());
        let change = json!({"proration_behavior": behavior, "items": [edit]});
        self.client.change_items(id(subscription), change).await.ok().body
    }

    async fn cancel(&self, subscription: &Value, option: &str) -> Value {
        let request = json!({"refund_option": option});
        self.client.cancel_subscription(id(subscription), request).await.ok().body
    }

    /// The customer's only way to pay from now on.
    async fn pays_by(&self, token: &str) {
        let methods = self.client.list_payment_methods(&self.customer, "").await.ok();
        for method in methods.items() {
            let method = method["id"].as_str().unwrap();
            self.client.delete_payment_method(&self.customer, method).await.ok();
        }
        self.client.add_payment_method(&self.customer, json!({"token": token})).await.ok();
    }

    async fn newest(&self, subscription: &Value) -> Value {
        self.invoices(id(subscription)).await.pop().unwrap()
    }

    /// What is still to be paid of all invoices of a subscription.
    async fn due(&self, subscription: &Value) -> i64 {
        let invoices = self.invoices(id(subscription)).await;
        invoices.iter().map(|one| one["due_amount_atom"].as_i64().unwrap()).sum()
    }
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

fn item(subscription: &Value, index: usize) -> Value {
    subscription["items"][index]["id"].clone()
}
