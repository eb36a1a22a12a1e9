//! A shop at the stand-in, with what its tests ask and tell it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use local::wire::{Call, Fault};
use serde_json::{Value, json};

use crate::client::{Api, Client};

/// A shop that is paid by Stripe.
pub(crate) struct Shop {
    pub(crate) api: Api,
    pub(crate) client: Client,
    pub(crate) processor: String,
    pub(crate) customer: String,
}

pub(crate) const KEY: &str = "sk_test_51ABCDEFGHijkl";

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::of(Api::start().await).await
    }

    pub(crate) async fn of(api: Api) -> Self {
        let account = api.account("stg").await;
        let client = api.client_of(&account);
        client.stop_clock("2026-01-31T10:00:00Z").await.ok();
        let body = json!({
            "name": "Cards", "type": "stripe", "secret_key": KEY, "publishable_key": "pk_test_1",
            "webhook_secrets": ["whsec_1"],
        });
        let processor = client.create_processor(body).await.ok().id();
        client.update_account(json!({"default_processor_id": processor})).await.ok();
        let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
        Self { api, client, processor, customer }
    }

    /// With a card that `token` stands for.
    pub(crate) async fn with(token: &str) -> Self {
        let shop = Self::open().await;
        shop.client.add_payment_method(&shop.customer, json!({"token": token})).await.ok();
        shop
    }

    pub(crate) async fn owed(&self, amount: i64, currency: &str) -> String {
        let body = json!({
            "customer_id": self.customer, "currency": currency,
            "collection_method": "charge_automatically",
            "items": [{"name": "Work", "amount_atom": amount}],
        });
        self.client.create_invoice(body).await.ok().id()
    }

    /// An invoice that is collected at once.
    pub(crate) async fn bills(&self, amount: i64) -> Value {
        let id = self.owed(amount, "usd").await;
        self.client.finalize_invoice(&id).await.ok().body
    }

    pub(crate) async fn invoice(&self, id: &str) -> Value {
        self.client.get_invoice(id).await.ok().body
    }

    pub(crate) async fn advance(&self, to: &str) {
        self.client.advance_clock(to).await.ok();
    }

    pub(crate) fn succeeded(&self) -> usize {
        let charges = self.api.stack.stripe().charges();
        charges.iter().filter(|charge| charge.status == "succeeded").count()
    }

    /// The text of its token.
    pub(crate) fn token(&self) -> &str {
        self.client.token()
    }

    /// The succeeded charges of an invoice.
    pub(crate) fn taken(&self, invoice: &str) -> usize {
        let charges = self.api.stack.stripe().charges();
        let of_it = charges.iter().filter(|charge| charge.invoice == invoice);
        of_it.filter(|charge| charge.status == "succeeded").count()
    }

    /// An invoice that somebody has to pay by hand.
    pub(crate) async fn to_be_paid(&self, amount: i64) -> String {
        let body = json!({
            "customer_id": self.customer, "currency": "usd", "collection_method": "send_invoice",
            "items": [{"name": "Work", "amount_atom": amount}],
        });
        let id = self.client.create_invoice(body).await.ok().id();
        self.client.finalize_invoice(&id).await.ok();
        id
    }

    /// Adds a card that is charged from now on; its id.
    pub(crate) async fn card(&self, token: &str) -> String {
        let body = json!({"token": token, "make_default": true});
        self.client.add_payment_method(&self.customer, body).await.ok().id()
    }

    /// 10.00 a month.
    pub(crate) async fn monthly(&self, amount: i64) -> String {
        let product = self.client.create_product(json!({"name": "Seat"})).await.ok().id();
        let price = json!({
            "product_id": product, "currency": "usd", "unit_amount_atom": amount,
            "billing_interval": "month",
        });
        self.client.create_price(price).await.ok().id()
    }

    /// Charges that could still be paid.
    pub(crate) fn payable(&self) -> usize {
        let charges = self.api.stack.stripe().charges();
        charges.iter().filter(|charge| charge.status == "requires_action").count()
    }
}

/// The `nth` call that `function` makes to the table meets `fault`.
pub(crate) fn strike(api: &Api, function: &'static str, nth: usize, fault: Fault) {
    let count = AtomicUsize::new(0);
    let hook = move |call: &Call, _: u64| {
        let struck = call.function == function && count.fetch_add(1, Ordering::SeqCst) + 1 == nth;
        if struck { fault.clone() } else { Fault::Pass }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
}
