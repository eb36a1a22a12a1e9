//! What happens to an account in one seed. Each story is told by what a client asks for, and ends with
//! what must have come of it, whatever the weather was.

use fastrand::Rng;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::insist::Insistent;
use crate::{
    client::{Account, Api},
    renewals::{OPENED, Shop, each},
};

/// What a story is told about.
pub(super) struct Scene<'a> {
    pub(super) account: Account,
    api: &'a Api,
    pub(super) shop: Shop,
    pub(super) client: Insistent,
    seed: u64,
}

/// In how many ways the life of a subscriber is told.
pub(super) const LIVES: u64 = 24;

impl<'a> Scene<'a> {
    /// An account that is open for business.
    pub(super) async fn open(api: &'a Api, seed: u64) -> Self {
        let account = api.account("stg").await;
        let shop = Shop::of(api.client_of(&account), OPENED).await;
        let client = Insistent::new(shop.client.clone(), seed);
        Self { api, account, shop, client, seed }
    }

    /// Moves the account's time to `to`; the sweeper may be at the same work meanwhile.
    async fn advance(&self, to: &str) {
        let mut rng = Rng::with_seed(self.seed);
        for _ in 0..40 {
            let body = json!({"to": to});
            // It looks after all accounts, so not often.
            let clock = if rng.u32(0..24) == 0 {
                let sweep = self.api.stack.invoke("workers-sweep", "{}");
                let (clock, _) =
                    tokio::join!(self.client.post("/api/test-clock/advance", body), sweep);
                clock
            } else {
                self.client.post("/api/test-clock/advance", body).await
            };
            // That it stands there already is what a client hears whose earlier request was lost.
            if clock.status == 422 || clock.ok().body["status"] == "ready" {
                let clock = self.client.read("/api/test-clock").await;
                if clock["status"] == "ready" && clock["now"].as_str() >= Some(to) {
                    return;
                }
            }
        }
        panic!("the clock does not arrive at {to}");
    }

    async fn customer(&self, card: &str) -> String {
        let body = json!({"email": "jane@example.com", "name": "Jane Smith"});
        let customer = self.client.post("/api/customers", body).await.ok().id();
        self.card(&customer, card).await;
        customer
    }

    async fn card(&self, customer: &str, token: &str) {
        let path = format!("/api/customers/{customer}/payment-methods");
        self.client.post(&path, json!({"token": token, "make_default": true})).await.ok();
    }

    /// A customer who subscribes, takes more seats, does not pay for a while, pays, gets some money
    /// back and leaves: what the account's books say of it in the end.
    pub(super) async fn life_of_a_subscriber(&self, life: u64) -> Value {
        let pick = |choices: &[&'static str], shift: u64| {
            choices[usize::try_from(life / shift).unwrap() % choices.len()]
        };
        let cards = ["test_success", "test_timeout_after_charge", "test_fail_once_then_succeed"];
        let customer = self.customer(pick(&cards, 1)).await;
        let body = self.shop.subscription(&customer, json!({}));
        let created = self.client.post("/api/subscriptions", body).await.ok();
        let subscription = format!("/api/subscriptions/{}", created.id());
        self.advance("2026-02-10T00:00:00.000Z").await;

        let proration = pick(&["always_invoice", "create_prorations"], 3);
        let item = &created.body["items"][0]["id"];
        let seats = json!({
            "proration_behavior": proration,
            "items": [{"action": "update", "subscription_item_id": item, "quantity": 3}],
        });
        self.client.post(&format!("{subscription}/items"), seats).await.ok();
        self.advance("2026-03-05T00:00:00.000Z").await;

        self.card(&customer, "test_decline_soft").await;
        self.advance("2026-04-05T00:00:00.000Z").await;
        assert_eq!(self.client.read(&subscription).await["state"], "past_due");
        self.card(&customer, "test_success").await;
        self.advance("2026-04-20T00:00:00.000Z").await;
        assert_eq!(self.client.read(&subscription).await["state"], "active");

        let invoices = self.all(&format!("/api/invoices?subscription_id={}", created.id())).await;
        let first = invoices[0]["id"].as_str().unwrap();
        let paid = format!("/api/payments/intents?invoice_id={first}&state=succeeded");
        let payment = &self.all(&paid).await[0]["id"];
        let refund = json!({"payment_intent_id": payment, "amount_atom": 300});
        self.client.post("/api/payments/refunds", refund).await.ok();
        let leave = pick(&["prorated", "none", "full", "cancel_unpaid"], 6);
        let leave = json!({"refund_option": leave});
        let left = self.client.post(&format!("{subscription}/cancel"), leave).await.ok();
        assert_eq!(left.body["state"], "cancelled");
        self.advance("2026-06-01T00:00:00.000Z").await;
        self.books().await
    }

    /// What is the same however often a call had to be made: no id, and no instant at which something
    /// was done, but all that was billed, for when, and what was paid and given back.
    async fn books(&self) -> Value {
        let pick = |object: &Value, names: &[&str]| -> Value {
            names.iter().map(|name| object[*name].clone()).collect()
        };
        let mut invoices = Vec::new();
        for invoice in self.all("/api/invoices").await {
            let names = [
                "number",
                "state",
                "billing_reason",
                "total_amount_atom",
                "paid_amount_atom",
                "due_amount_atom",
                "credit_applied_amount_atom",
            ];
            let lines = invoice["items"].as_array().unwrap().iter();
            let lines = lines.map(|line| {
                pick(line, &["amount_atom", "quantity", "period_start", "period_end", "proration"])
            });
            let id = invoice["id"].as_str().unwrap();
            let payments = self.all(&format!("/api/payments/intents?invoice_id={id}")).await;
            let payments = payments.iter().filter(|one| one["state"] == "succeeded");
            let payments = payments.map(|one| pick(one, &["amount_atom", "refunded_amount_atom"]));
            invoices.push(json!({
                "invoice": pick(&invoice, &names),
                "lines": lines.collect::<Vec<_>>(),
                "payments": payments.collect::<Vec<_>>(),
            }));
        }
        let told = |objects: Vec<Value>, names: &[&str]| -> Value {
            objects.iter().map(|object| pick(object, names)).collect()
        };
        json!({
            "customers": told(self.all("/api/customers").await, &["email", "credit_balances"]),
            "subscriptions": told(
                self.all("/api/subscriptions").await,
                &["state", "current_period_start", "current_period_end"],
            ),
            "refunds": told(
                self.all("/api/payments/refunds").await,
                &["state", "amount_atom"],
            ),
            "invoices": invoices,
        })
    }

    /// All of a list, the oldest first.
    async fn all(&self, path: &str) -> Vec<Value> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = self.client.read(&format!("{path}{sign}limit=100")).await;
        assert_eq!(page["has_more"], false, "more than a page of {path}");
        page["items"].as_array().unwrap().iter().rev().cloned().collect()
    }

    /// A token that is rolled again and again: the newest works, and none before it.
    pub(super) async fn tokens_are_rolled(&self) -> Vec<Insistent> {
        let body = json!({"kind": "secret", "name": "server"});
        let mut token = self.client.post("/api/tokens", body).await.ok().body;
        let mut texts = Vec::new();
        for _ in 0..3 {
            texts.push(token["token"].as_str().expect("the text of a new token").to_owned());
            let path = format!("/api/tokens/{}/roll", token["id"].as_str().unwrap());
            let rolled = self.client.post(&path, json!({})).await.ok().body;
            assert_ne!(rolled["id"], token["id"]);
            token = rolled;
        }
        let newest = token["token"].as_str().unwrap();
        assert_eq!(
            self.with(newest).ask(Method::GET, "/api/account", &Value::Null).await.status,
            200
        );
        for text in texts {
            let answer = self.with(&text).ask(Method::GET, "/api/account", &Value::Null).await;
            answer.refused(401);
        }
        let named = self.all("/api/tokens").await;
        let valid = named.iter().filter(|one| one["name"] == "server");
        assert_eq!(valid.clone().count(), 4, "{named:?}");
        assert_eq!(valid.filter(|one| one["revoked_at"].is_null()).count(), 1, "{named:?}");
        vec![]
    }

    fn with(&self, token: &str) -> Insistent {
        Insistent::new(self.api.client_with(token, &self.shop.client.account), self.seed)
    }

    /// Writers of different fields all succeed; of those who demand one version, one does; who
    /// deletes, deletes.
    pub(super) async fn many_write_at_once(&self) -> Vec<Insistent> {
        let body = json!({"email": "joe@example.com"});
        let id = self.client.post("/api/customers", body).await.ok().id();
        let path = format!("/api/customers/{id}");
        let fields = ["name", "first_name", "last_name", "business_name", "phone"];
        let writers = self.clients(5);
        let writes = writers.iter().zip(fields).map(|(client, field)| {
            let path = &path;
            async move { client.patch(path, json!({field: "set"})).await.ok() }
        });
        let mut versions: Vec<_> = join_all(writes).await;
        versions.sort_by_key(|answer| answer.body["version"].as_u64());
        let versions = versions.iter().map(|answer| answer.body["version"].clone());
        assert_eq!(versions.collect::<Value>(), json!([2, 3, 4, 5, 6]));
        let customer = self.client.read(&path).await;
        for field in fields {
            assert_eq!(customer[field], "set", "{customer}");
        }

        let contest = writers.iter().enumerate().map(|(index, client)| {
            let (path, body) = (&path, json!({"metadata": {"winner": index.to_string()}}));
            async move { client.ask_at(path, &body, 6).await }
        });
        let answers = join_all(contest).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert!(answers.iter().all(|answer| [200, 412].contains(&answer.status.as_u16())));
        let customer = self.client.read(&path).await;
        assert_eq!(won.len(), 1);
        assert_eq!(
            (&customer["metadata"], &customer["version"]),
            (&won[0].body["metadata"], &json!(7))
        );

        let deletes = writers.iter().map(|client| client.delete(&path));
        let answers = join_all(deletes).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(answers.iter().all(|answer| [200, 404].contains(&answer.status.as_u16())));
        let listed = self.all("/api/customers?email=joe@example.com").await;
        assert!(listed.is_empty(), "{listed:?}");
        writers
    }

    /// Who completes a checkout session at once with others, or with its end, pays once or not at all.
    pub(super) async fn a_checkout_is_raced(&self) -> Vec<Insistent> {
        let customer = self.customer("test_success").await;
        let body = json!({
            "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
            "customer_id": customer, "line_items": [{"price_id": self.shop.price}],
        });
        let session = self.client.post("/api/checkout-sessions", body).await.ok().id();
        let path = format!("/api/checkout-sessions/{session}");
        let racers = self.clients(4);
        let is_ended = self.seed.is_multiple_of(2);
        let races = racers.iter().enumerate().map(|(index, client)| {
            let path = &path;
            async move {
                let card = json!({"payment_method": {"token": "test_success"}});
                match index {
                    0 if is_ended => client.post(&format!("{path}/expire"), json!({})).await,
                    1 => client.post(&format!("{path}/complete"), json!({})).await,
                    _ => client.post(&format!("{path}/complete"), card).await,
                }
            }
        });
        let answers = join_all(races).await;
        assert!(answers.iter().all(|answer| [200, 409, 422].contains(&answer.status.as_u16())));
        // What one of them began and did not end is ended when it is due.
        self.advance("2026-02-02T00:00:00.000Z").await;
        let session = self.client.read(&path).await;
        let of = format!("customer_id={customer}");
        let subscriptions = self.all(&format!("/api/subscriptions?{of}")).await;
        let paid = self.all(&format!("/api/payments/intents?{of}&state=succeeded")).await;
        let (once, states) = match session["state"].as_str() {
            Some("completed") => (1, vec!["active"]),
            Some("expired") if is_ended => (0, vec![]),
            _ => panic!("{session}"),
        };
        assert_eq!((paid.len(), each(&subscriptions, "state")), (once, states), "{session}");
        for answer in answers.iter().filter(|answer| answer.status == 200) {
            assert_eq!(answer.body["state"], session["state"], "{}", answer.body);
        }
        racers
    }

    /// Clients of the same token, each of which is impatient in its own way.
    fn clients(&self, count: u64) -> Vec<Insistent> {
        let seeds = (1..=count).map(|index| self.seed.wrapping_mul(31).wrapping_add(index));
        seeds.map(|seed| Insistent::new(self.shop.client.clone(), seed)).collect()
    }
}
