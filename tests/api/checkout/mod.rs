//! Checkout sessions: what they sell, to whom they are open, and that they are completed once.

mod faults;
mod life;
mod payer;
mod sold;

use serde_json::{Value, json};

use crate::{billing::Shop, client::Answer};

/// What a session is created with, and `rest` beside it.
fn session(rest: Value) -> Value {
    let mut body = json!({
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/cart",
    });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

fn card(token: &str) -> Value {
    json!({"payment_method": {"token": token}})
}

impl Shop {
    /// A session of the shop's customer that sells `lines`.
    async fn offer(&self, lines: &[&str], rest: Value) -> Answer {
        let lines: Vec<Value> = lines.iter().map(|price| json!({"price_id": price})).collect();
        let mut body = session(json!({"customer_id": self.customer, "line_items": lines}));
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.client.create_session(body).await.ok()
    }

    async fn once(&self, amount: i64) -> String {
        self.price(json!({"unit_amount_atom": amount})).await
    }

    async fn invoice_of(&self, session: &Value) -> Value {
        self.client.get_invoice(session["invoice_id"].as_str().unwrap()).await.ok().body
    }

    /// How many of what the shop's customer has: subscriptions, invoices, payments that succeeded.
    async fn count(&self) -> [Value; 3] {
        let of = format!("?customer_id={}", self.customer);
        let paid = format!("{of}&state=succeeded");
        [
            self.client.list_subscriptions(&of).await.ok().body["total"].clone(),
            self.client.list_invoices(&of).await.ok().body["total"].clone(),
            self.client.list_payment_intents(&paid).await.ok().body["total"].clone(),
        ]
    }
}

/// Where a browser completes a session.
fn completion(open: &Answer) -> String {
    let secret = open.body["secure_token"].as_str().unwrap();
    format!("/api/checkout-sessions/{}/complete?secure_token={secret}", open.id())
}
