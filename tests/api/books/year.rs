//! A year of an account: in each month somebody subscribes, and something is done with what there is.

use std::collections::BTreeMap;

use fastrand::Rng;
use local::books::{Format, Wanted, export};
use serde_json::{Value, json};

use crate::{
    client::{Api, Client},
    renewals::Shop,
};

const BEGIN: &str = "2026-01-01T08:00:00.000Z";
/// The ends of the months that a year is told in, on the way to the next year.
const MONTHS: [&str; 12] = [
    "2026-02-01T12:00:00.000Z",
    "2026-03-01T12:00:00.000Z",
    "2026-04-01T12:00:00.000Z",
    "2026-05-01T12:00:00.000Z",
    "2026-06-01T12:00:00.000Z",
    "2026-07-01T12:00:00.000Z",
    "2026-08-01T12:00:00.000Z",
    "2026-09-01T12:00:00.000Z",
    "2026-10-01T12:00:00.000Z",
    "2026-11-01T12:00:00.000Z",
    "2026-12-01T12:00:00.000Z",
    "2027-01-01T12:00:00.000Z",
];
const CARDS: [&str; 6] = [
    "test_success",
    "test_success",
    "test_decline_soft",
    "test_fail_once_then_succeed",
    "test_timeout_after_charge",
    "test_refund_pending_fails",
];
const CURRENCIES: [&str; 3] = ["usd", "jpy", "kwd"];

/// An account in its year.
pub(super) struct Year<'a> {
    shop: Shop,
    client: Client,
    rng: Rng,
    /// A price per month in each currency.
    prices: Vec<String>,
    customers: Vec<String>,
    api: &'a Api,
    account: String,
}

impl<'a> Year<'a> {
    /// The account, after a year of what `seed` says.
    pub(super) async fn lived(api: &'a Api, seed: u64) -> Self {
        let account = api.account("stg").await;
        let client = api.client_of(&account);
        client.update_account(json!({"timezone": "Pacific/Auckland"})).await.ok();
        let shop = Shop::of(client.clone(), BEGIN).await;
        let mut prices = Vec::new();
        for currency in CURRENCIES {
            let product = client.create_product(json!({"name": "Plan"})).await.ok().id();
            let price = json!({
                "product_id": product, "currency": currency, "unit_amount_atom": 1990,
                "billing_interval": "month",
            });
            prices.push(client.create_price(price).await.ok().id());
        }
        let (rng, customers) = (Rng::with_seed(seed), Vec::new());
        let mut year =
            Self { shop, client, rng, prices, customers, api, account: account.id.clone() };
        for month in MONTHS {
            year.month().await;
            year.shop.advance(month).await;
        }
        year.void_what_credit_paid_in_part().await;
        year
    }

    async fn void_what_credit_paid_in_part(&self) {
        let customer = self.shop.customer("test_success").await;
        let note = json!({"currency": "usd", "amount_atom": 300});
        self.client.post(&format!("/api/customers/{customer}/credit-notes"), note).await.ok();
        let bill = self.shop.draft(&customer, "send_invoice").await;
        self.client.finalize_invoice(&bill).await.ok();
        self.client.post(&format!("/api/invoices/{bill}/void"), json!({})).await.ok();
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.rng.usize(..of.len())].clone())
    }

    /// What happens in a month. What an object's state refuses did not happen.
    async fn month(&mut self) {
        let name = self.one(&["=Jane \"J\" Doe; (x) | y", "(Bob)", "Zoë\\"]);
        let body = json!({"email": "a@example.com", "name": name});
        let customer = self.client.create_customer(body).await.ok().id();
        let card = self.one(&CARDS).unwrap();
        self.shop.add_card(&customer, card).await;
        let price = self.one(&self.prices.clone());
        let method = self.one(&["charge_automatically", "send_invoice"]);
        let begun = json!({
            "customer_id": customer, "collection_method": method,
            "items": [{"price_id": price, "quantity": 3}],
        });
        self.client.create_subscription(begun).await;
        self.customers.push(customer);
        for _ in 0..12 {
            self.act().await;
        }
    }

    async fn act(&mut self) {
        let customer = self.one(&self.customers.clone()).unwrap();
        let amount = self.rng.i64(1..3000);
        let currency = self.one(&CURRENCIES).unwrap();
        let client = self.client.clone();
        let list = async |path: &str| -> Vec<Value> {
            client.get(&format!("{path}limit=100")).await.ok().items().to_vec()
        };
        let invoices = list(&format!("/api/invoices?customer_id={customer}&")).await;
        let subscriptions = list(&format!("/api/subscriptions?customer_id={customer}&")).await;
        let act = self.rng.u32(0..12);
        let invoice = self.one(&invoices).map(|one| one["id"].as_str().unwrap().to_owned());
        let at = |act: &str| format!("/api/invoices/{}/{act}", invoice.clone().unwrap_or_default());
        match (act, self.one(&subscriptions)) {
            (0, _) => {
                let bill = json!({
                    "customer_id": customer, "currency": currency,
                    "collection_method": "send_invoice",
                    "items": [{"name": "Work", "amount_atom": amount}],
                });
                let bill = client.create_invoice(bill).await.ok().id();
                client.finalize_invoice(&bill).await.ok();
            }
            (1 | 2, _) => {
                let part = json!({"paid_out_of_band": true, "amount_atom": amount});
                let all = json!({"paid_out_of_band": true});
                let body = if self.rng.bool() { part } else { all };
                client.post(&at("pay"), body).await;
            }
            (3, _) => drop(client.post(&at("void"), json!({})).await),
            (4, _) => drop(client.post(&at("mark-uncollectible"), json!({})).await),
            (5, _) => drop(client.post(&at("pay"), json!({})).await),
            (6, _) => {
                let note = json!({"currency": currency, "amount_atom": amount});
                client.post(&format!("/api/customers/{customer}/credit-notes"), note).await.ok();
            }
            (7, _) => {
                let note = json!({
                    "currency": currency, "amount_atom": amount.min(300), "invoice_id": invoice,
                });
                client.post(&format!("/api/customers/{customer}/credit-notes"), note).await;
            }
            (8, _) => {
                let payments = format!("/api/payments/intents?customer_id={customer}&");
                let payment = self.one(&list(&payments).await).map(|one| one["id"].clone());
                let refund = json!({"payment_intent_id": payment, "amount_atom": amount});
                client.create_refund(refund).await;
            }
            (9 | 10, Some(subscription)) => {
                let behavior = self.one(&["always_invoice", "create_prorations"]);
                let change = json!({"proration_behavior": behavior, "items": [{
                    "action": "update", "quantity": self.rng.u32(1..9),
                    "subscription_item_id": subscription["items"][0]["id"],
                }]});
                client.change_items(subscription["id"].as_str().unwrap(), change).await;
            }
            (_, Some(subscription)) => {
                let option = self.one(&["prorated", "none", "full", "cancel_unpaid"]);
                let end = json!({"refund_option": option});
                client.cancel_subscription(subscription["id"].as_str().unwrap(), end).await;
            }
            (_, None) => {}
        }
    }

    /// The account's id.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// The account's books.
    pub(super) async fn books(&self, format: Format) -> String {
        self.books_of(format, None, None).await
    }

    /// Those of some days.
    pub(super) async fn books_of(
        &self,
        format: Format,
        from: Option<&str>,
        to: Option<&str>,
    ) -> String {
        let (url, table) = (self.api.stack.dynamodb_url(), self.api.stack.table_name());
        let day = |text: &str| text.parse().unwrap();
        let (from, to) = (from.map(day), to.map(day));
        let wanted = Wanted { account: Some(self.account.clone()), format, from, to };
        export(url, table, &wanted, |_| {}).await.unwrap()
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = format!("{path}limit=100&offset={}", all.len());
            let page = self.client.get(&page).await.ok();
            all.extend(page.items().iter().cloned());
            if page.body["has_more"] == false {
                return all;
            }
        }
    }

    /// What the API says the books should come to, by account and currency.
    pub(super) async fn said(&self) -> BTreeMap<(String, String), i64> {
        let mut said: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut add = |ledger: &str, currency: &Value, amount: i64| {
            let currency = currency.as_str().unwrap().to_uppercase();
            *said.entry((ledger.to_owned(), currency)).or_default() += amount;
        };
        for invoice in self.all("/api/invoices?").await {
            let ledger = match invoice["state"].as_str().unwrap() {
                "draft" | "void" => continue,
                "uncollectible" => "Expenses:BadDebt",
                _ => "Assets:Receivable",
            };
            add(ledger, &invoice["currency"], invoice["due_amount_atom"].as_i64().unwrap());
        }
        for customer in self.all("/api/customers?").await {
            for balance in customer["credit_balances"].as_array().unwrap() {
                let owed = balance["amount_atom"].as_i64().unwrap();
                add("Liabilities:CustomerCredit", &balance["currency"], -owed);
            }
        }
        for payment in self.all("/api/payments/intents?").await {
            let taken = payment["captured_amount_atom"].as_i64().unwrap();
            add("Assets:Processors", &payment["currency"], taken);
        }
        for refund in self.all("/api/payments/refunds?state=succeeded&").await {
            let given = refund["amount_atom"].as_i64().unwrap();
            add("Assets:Processors", &refund["currency"], -given);
            add("Income:Refunds", &refund["currency"], given);
        }
        said.retain(|_, amount| *amount != 0);
        said
    }
}
