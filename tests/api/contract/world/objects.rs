//! The objects that requests need: made, found or referred to, each when somebody asks for it.

use std::pin::Pin;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Operation, World, collection, fill};
use crate::{
    client::{Account, exchange},
    contract::samples::{before, causes, word},
    disputes,
    passkeys::{
        self,
        soft::{client_data, encoded},
    },
    payments,
};

impl World {
    /// `body` with each `<POST /api/…>` in it replaced by the id of an object of `account` that such a
    /// request makes, and each `<GET /api/…>` by that of one in such a list, always the same one; each
    /// `<NEW /api/…>` by that of a new one, and `<PAYER of>` by that of a customer who can be charged; `<METER of>`
    /// by the name of the events that a meter counts; `<CHALLENGE of>` by what a browser says that registers a passkey now.
    pub(crate) fn referring<'a>(
        &'a self,
        account: &'a Account,
        body: Value,
    ) -> Pin<Box<dyn Future<Output = Value> + 'a>> {
        Box::pin(async move {
            match body {
                Value::Object(fields) => {
                    let mut filled = serde_json::Map::new();
                    for (name, value) in fields {
                        filled.insert(name, self.referring(account, value).await);
                    }
                    Value::Object(filled)
                }
                Value::Array(values) => {
                    let mut filled = Vec::new();
                    for value in values {
                        filled.push(self.referring(account, value).await);
                    }
                    Value::Array(filled)
                }
                Value::String(text) => {
                    let named = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
                    match named.and_then(|route| route.split_once(' ')) {
                        Some(("POST", path)) => self.reference(account, path).await.into(),
                        Some(("NEW", path)) => self.new_one(account, path).await.into(),
                        Some(("METER", _)) => self.metered(account).await.into(),
                        Some(("CHALLENGE", _)) => self.answered(account).await.into(),
                        Some(("PAYER", _)) => self.payer(account).await.into(),
                        Some(("GET", path)) => self.listed(account, path).await.into(),
                        _ => Value::String(text),
                    }
                }
                other => other,
            }
        })
    }

    /// The id of the object that `POST path` makes for references to it.
    pub(super) async fn reference(&self, account: &Account, path: &str) -> String {
        let place = (account.id.clone(), format!("POST {path}"));
        let known = self.made.borrow().get(&place).cloned();
        if let Some(id) = known.and_then(|ids| ids.last().cloned()) {
            return id;
        }
        let operation = self.operation(&Method::POST, path);
        let operation = operation.unwrap_or_else(|| panic!("there is no POST {path}")).clone();
        let ids = self.ids(&operation, account).await;
        let made = self.create(&operation, account, &fill(path, &account.id, &ids)).await;
        self.made.borrow_mut().insert(place, vec![made.clone()]);
        made
    }

    /// The id of an object that `POST path` makes for this reference alone.
    pub(super) async fn new_one(&self, account: &Account, path: &str) -> String {
        let operation = self.operation(&Method::POST, path);
        let operation = operation.unwrap_or_else(|| panic!("there is no POST {path}")).clone();
        self.create(&operation, account, path).await
    }

    /// The identifier of a new event of that meter.
    pub(super) async fn used(&self, account: &Account) -> String {
        let operation = self.operation(&Method::POST, "/api/meter-events").unwrap();
        let mut event = self.referring(account, operation.sample().unwrap().accepted).await;
        // It says whose it is, as an id does: the tests of who sees what ask for it in every other form.
        let environment = account.id.split('_').nth(1).unwrap_or_default();
        let identifier = word(&format!("req_{environment}_"));
        event["identifier"] = json!(identifier);
        self.api.client_of(account).record_usage(event).await.ok();
        identifier
    }

    /// The name of the events of a meter, always the same one.
    pub(super) async fn metered(&self, account: &Account) -> String {
        let id = self.reference(account, "/api/meters").await;
        let meter = self.api.client_of(account).get_meter(&id).await.ok();
        meter.body["event_name"].as_str().unwrap().to_owned()
    }

    /// What a browser says when it answers a new challenge.
    pub(super) async fn answered(&self, account: &Account) -> String {
        let challenge = passkeys::challenge(&self.api.client_of(account)).await;
        let origin = self.api.stack.base_url();
        encoded(client_data("webauthn.create", &challenge, &origin))
    }

    /// The id of a customer who can be charged, always the same one.
    pub(super) async fn payer(&self, account: &Account) -> String {
        let place = (account.id.clone(), "PAYER".to_owned());
        let known = self.made.borrow().get(&place).cloned();
        if let Some(id) = known.and_then(|ids| ids.last().cloned()) {
            return id;
        }
        let processor = self.reference(account, "/api/processors").await;
        let client = self.api.client_of(account);
        // With what an electronic invoice needs of whom it bills.
        let payer = json!({
            "email": "payer@example.com", "address": {"country": "DE"},
            "tax_ids": [{"type": "eu_vat", "value": "DE136695976"}],
        });
        let customer = client.create_customer(payer).await.ok();
        let method = json!({"processor_id": processor, "token": "test_success"});
        client.add_payment_method(&customer.id(), method).await.ok();
        self.made.borrow_mut().insert(place, vec![customer.id()]);
        customer.id()
    }

    /// The id of an object in the list at `path`, always the same one.
    pub(super) async fn listed(&self, account: &Account, path: &str) -> String {
        let place = (account.id.clone(), format!("GET {path}"));
        let known = self.made.borrow().get(&place).cloned();
        if let Some(id) = known.and_then(|ids| ids.last().cloned()) {
            return id;
        }
        let id = self.newest(account, path, path).await;
        self.made.borrow_mut().insert(place, vec![id.clone()]);
        id
    }

    /// The id of the newest object in the list at `path`, an instance of `within`, after what makes
    /// one has been done.
    pub(super) async fn newest(&self, account: &Account, within: &str, path: &str) -> String {
        let client = self.api.client_of(account);
        for (method, path, body) in causes(within) {
            let body = self.referring(account, body).await;
            exchange(client.request(method, path).json(&body)).await.ok();
        }
        if within == "/api/payments/intents" {
            payments::paid(&self.api, account, 1_000_000).await;
        }
        if within == "/api/disputes" {
            disputes::disputed(&self.api, account).await;
        }
        let newest = client.get(&format!("{path}?limit=1")).await;
        assert!(
            newest.body["items"][0]["id"].is_string(),
            "nothing makes an object below {within}: {}",
            newest.body
        );
        newest.body["items"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Makes an object with the sample for `operation`, which creates them, and returns its id.
    pub(super) async fn create(
        &self,
        operation: &Operation,
        account: &Account,
        path: &str,
    ) -> String {
        let sample = operation.sample().expect("checked when the world began");
        let body = self.referring(account, sample.accepted).await;
        self.api.client_of(account).post(path, body).await.ok().id()
    }

    /// Ids of objects of `account` for the parameters of the operation's path, always the same.
    pub(crate) async fn ids(&self, operation: &Operation, account: &Account) -> Vec<String> {
        let route = if before(&operation.route()).is_empty() {
            collection(&operation.path).to_owned()
        } else {
            operation.route()
        };
        let place = (account.id.clone(), route);
        if let Some(ids) = self.made.borrow().get(&place) {
            return ids.clone();
        }
        let ids = self.made_for(operation, account).await;
        self.made.borrow_mut().insert(place, ids.clone());
        ids
    }

    /// Ids of objects that are made for this call; of those that cannot be made, the newest.
    pub(super) async fn made_for(&self, operation: &Operation, account: &Account) -> Vec<String> {
        let mut ids = Vec::new();
        for (at, _) in operation.path.match_indices("/{") {
            let within = &operation.path[..at];
            let path = fill(within, "", &ids);
            let id = match self.operation(&Method::POST, within).cloned() {
                _ if operation.path[at..].starts_with("/{external_id}") => {
                    self.named_externally(account).await
                }
                _ if operation.path[at..].starts_with("/{identifier}") => self.used(account).await,
                Some(creates) => self.create(&creates, account, &path).await,
                None if within == "/api/credit-notes" => Box::pin(self.credited(account)).await,
                None => self.newest(account, within, &path).await,
            };
            ids.push(id);
        }
        for (method, below, body) in before(&operation.route()) {
            let path = match below.starts_with("/api/") {
                true => fill(below, "", &ids),
                false => format!("{}{below}", fill(collection(&operation.path), "", &ids)),
            };
            let body = self.referring(account, body).await;
            exchange(self.api.client_of(account).request(method, &path).json(&body)).await.ok();
        }
        ids
    }

    /// The id of a new credit note for an invoice that was paid.
    pub(super) async fn credited(&self, account: &Account) -> String {
        let (client, payer) = (self.api.client_of(account), self.payer(account).await);
        let invoice = json!({
            "customer_id": payer, "currency": "usd", "items": [{"name": "Use", "amount": "12.50"}],
            "collection_method": "send_invoice",
        });
        let invoice = client.create_invoice(invoice).await.ok().id();
        client.finalize_invoice(&invoice).await.ok();
        client.pay_invoice(&invoice, json!({"paid_out_of_band": true})).await.ok();
        let note = json!({"currency": "usd", "amount_atom": 500, "invoice_id": invoice});
        client.create_credit_note(&payer, note).await.ok().id()
    }

    /// The external id of a new customer.
    pub(super) async fn named_externally(&self, account: &Account) -> String {
        let environment = account.id.split('_').nth(1).unwrap_or_default();
        let id = word(&format!("crm_{environment}_"));
        let customer = json!({"email": "crm@example.com", "external_id": id});
        self.api.client_of(account).create_customer(customer).await.ok();
        id
    }
}
