//! What a shop does in one seed: steps that are drawn, each of which asks for money, gives some back or
//! lets time pass.

use fastrand::Rng;
use futures_util::future::join;
use local::stripe::Telling;
use reqwest::Method;
use serde_json::{Value, json};
use shared::base::time::Timestamp;

use crate::{
    client::{Account, Api, exchange},
    journeys::Insistent,
    once::there::There,
    renewals::OPENED,
};

const SECRET: &str = "whsec_once";
/// How many steps a story has.
const STEPS: usize = 4;
const HOUR_MS: i64 = 3_600_000;

/// The cards of one processor: those that pay sooner or later, and the others.
struct Cards {
    pays: &'static str,
    asks: &'static str,
    all: &'static [&'static str],
}

const OF_STRIPE: Cards = Cards {
    pays: "pm_card_visa",
    asks: "pm_card_threeDSecure2Required",
    all: &[
        "pm_card_visa",
        "pm_card_visa",
        "pm_card_chargeCustomerFail",
        "pm_card_chargeDeclinedInsufficientFunds",
        "pm_card_bypassPending",
        "pm_card_pendingRefund",
        "pm_card_createDispute",
        "pm_card_threeDSecure2Required",
    ],
};
const OF_TEST: Cards = Cards {
    pays: "test_success",
    asks: "test_action_completed",
    all: &[
        "test_success",
        "test_timeout_after_charge",
        "test_timeout_before_charge",
        "test_fail_once_then_succeed",
        "test_processing",
        "test_decline_soft",
        "test_decline_hard",
        "test_refund_timeout_after",
        "test_refund_timeout_before",
        "test_refund_pending",
        "test_refund_pending_fails",
        "test_requires_action",
    ],
};

/// A shop, and what it does.
pub(super) struct Till<'a> {
    api: &'a Api,
    account: Account,
    client: Insistent,
    /// Loses patience in its own way.
    other: Insistent,
    key: String,
    stripe: bool,
    cards: &'static Cards,
    customer: String,
    price: String,
    now: i64,
    rng: Rng,
}

impl<'a> Till<'a> {
    /// A shop with a processor of its own, as the seed says.
    pub(super) async fn open(api: &'a Api, seed: u64) -> Self {
        let account = api.account("stg").await;
        let client = api.client_of(&account);
        let mut rng = Rng::with_seed(seed ^ 0x0ace);
        let (stripe, key) = (!seed.is_multiple_of(4), format!("sk_test_once{seed}"));
        let body = match stripe {
            true => json!({
                "name": "Cards", "type": "stripe", "secret_key": key, "webhook_secrets": [SECRET],
            }),
            false => json!({"name": "Cards", "type": "test"}),
        };
        api.stack.stripe().separate(&key);
        let processor = client.create_processor(body).await.ok().id();
        client.update_account(json!({"default_processor_id": processor})).await.ok();
        // A processor is found by its id alone, and ids of accounts that stand at one instant may be alike.
        client.stop_clock(OPENED).await.ok();
        if stripe {
            let url = format!("{}/api/processor-events/{processor}", api.stack.base_url());
            api.stack.stripe().listens_for(&key, &url, SECRET);
            let telling = [Telling::First, Telling::After, Telling::ByHand];
            api.stack.stripe().tells_of(&key, *rng.choice(&telling).unwrap());
        }
        let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
        let product = client.create_product(json!({"name": "Thing"})).await.ok().id();
        let price = json!({"product_id": product, "currency": "usd", "unit_amount_atom": 1000});
        let price = client.create_price(price).await.ok().id();
        let cards = if stripe { &OF_STRIPE } else { &OF_TEST };
        let (other, client) = (Insistent::new(client.clone(), !seed), Insistent::new(client, seed));
        let now = OPENED.parse::<Timestamp>().unwrap().millis();
        Self { api, account, client, other, key, stripe, cards, customer, price, now, rng }
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Goes on for some steps, of which the last ones know of what the first ones left.
    pub(super) async fn trades(&mut self) {
        let card = *self.rng.choice(self.cards.all).unwrap();
        self.add_card(card).await;
        for _ in 0..STEPS {
            match self.rng.u32(0..9) {
                0 | 1 => self.bills().await,
                2 => self.is_paid_by_two().await,
                3 => self.sells().await,
                4 => self.gives_back().await,
                5 => self.voids_what_is_paid().await,
                6 => {
                    let card = *self.rng.choice(self.cards.all).unwrap();
                    self.add_card(card).await;
                }
                7 => self.hears_again().await,
                _ => {
                    let hours = *self.rng.choice(&[1, 3, 26, 100]).unwrap();
                    self.passes(hours).await;
                }
            }
            if self.rng.u32(0..4) == 0 {
                self.api.stack.stripe().catch_up();
            }
            // It looks after all accounts, so not often.
            if self.rng.u32(0..30) == 0 {
                let _ = self.api.stack.invoke("workers-sweep", "{}").await;
            }
        }
    }

    /// The weather is fine again, and everything comes to its end.
    pub(super) async fn settles(&mut self) {
        let stripe = self.api.stack.stripe();
        stripe.catch_up();
        // Banks have decided by now, and payers have left.
        let charges = self.charges();
        for (id, _) in charges.iter().filter(|(_, status)| status == "processing") {
            stripe.act(id, true);
        }
        let is_ours = |intent: &str| charges.iter().any(|(id, _)| id == intent);
        for refund in stripe.refunds() {
            if refund.status == "pending" && is_ours(&refund.intent) {
                stripe.change_refund(&refund.id, "succeeded");
            }
        }
        self.add_card(self.cards.pays).await;
        self.passes(30).await;
        // Nobody told of the others.
        for event in stripe.events_of(&self.key) {
            stripe.tell(&event).await;
        }
        self.passes(26).await;
        let taken = self.there().taken().await;
        for invoice in self.all("/api/invoices").await {
            let id = invoice["id"].as_str().unwrap();
            let charges = taken.get(id).copied().unwrap_or_default();
            let paid = invoice["paid_amount_atom"].as_i64().unwrap();
            assert_eq!(charges, usize::from(paid > 0), "{} {invoice}", self.key);
            let total = &invoice["total_amount_atom"];
            assert!(paid == 0 || invoice["paid_amount_atom"] == *total, "{invoice}");
        }
        let open = self.charges().into_iter().filter(|(_, status)| status == "requires_action");
        let waiting = self.all("/api/payments/intents?state=requires_action").await;
        assert!(open.count() <= waiting.len(), "{}: more can be paid than is known", self.key);
    }

    async fn add_card(&self, token: &str) {
        let path = format!("/api/customers/{}/payment-methods", self.customer);
        let answer = self.client.post(&path, json!({"token": token, "make_default": true})).await;
        // Its processor may refuse the key for a moment.
        assert!([200, 422].contains(&answer.status.as_u16()), "{answer:?}");
    }

    async fn invoice(&self, collection: &str) -> String {
        let body = json!({
            "customer_id": self.customer, "currency": "usd", "collection_method": collection,
            "items": [{"name": "Work", "amount_atom": 1000}],
        });
        self.client.post("/api/invoices", body).await.ok().id()
    }

    /// An invoice that is collected at once.
    async fn bills(&self) {
        let id = self.invoice("charge_automatically").await;
        self.client.post(&format!("/api/invoices/{id}/finalize"), json!({})).await.ok();
    }

    /// Two pay at once, one of them without a key, and again.
    async fn is_paid_by_two(&mut self) {
        let id = self.invoice("send_invoice").await;
        let path = format!("/api/invoices/{id}/finalize");
        self.client.post(&path, json!({})).await.ok();
        let path = format!("/api/invoices/{id}/pay");
        let unkeyed = async || {
            let client = self.api.client_of(&self.account);
            exchange(client.request(Method::POST, &path).json(&json!({}))).await
        };
        let (keyed, _) = join(self.client.post(&path, json!({})), unkeyed()).await;
        assert!([200, 409, 422].contains(&keyed.status.as_u16()), "{keyed:?}");
        if self.rng.bool() {
            join(unkeyed(), unkeyed()).await;
        }
    }

    /// A checkout, whose payer may have to confirm, does or does not, and may take another card.
    async fn sells(&mut self) {
        let body = json!({
            "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
            "customer_id": self.customer, "line_items": [{"price_id": self.price, "quantity": 1}],
        });
        let session = self.client.post("/api/checkout-sessions", body).await.ok().id();
        let path = format!("/api/checkout-sessions/{session}/complete");
        let card = |token: &str| json!({"payment_method": {"token": token}});
        self.client.post(&path, card(self.cards.asks)).await;
        let waits = self.charges().into_iter().find(|(_, status)| status == "requires_action");
        if let Some((charge, _)) = waits.filter(|_| self.rng.u32(0..3) != 0) {
            let succeeds = self.rng.bool();
            self.api.stack.stripe().act(&charge, succeeds);
        }
        let again = if self.rng.bool() { self.cards.asks } else { self.cards.pays };
        let second = self.client.post(&path, card(again));
        match self.rng.bool() {
            true => drop(join(second, self.other.post(&path, card(self.cards.pays))).await),
            false => drop(second.await),
        }
    }

    /// Two equal refunds at once, of which both are meant.
    async fn gives_back(&self) {
        let paid = self.all("/api/payments/intents?state=succeeded").await;
        let Some(intent) = paid.first() else { return };
        let body = json!({"payment_intent_id": intent["id"], "amount_atom": 400});
        let path = "/api/payments/refunds";
        let both =
            join(self.client.post(path, body.clone()), self.other.post(path, body.clone())).await;
        for answer in [both.0, both.1] {
            assert!([200, 409, 422].contains(&answer.status.as_u16()), "{answer:?}");
        }
    }

    /// It is paid and voided at once.
    async fn voids_what_is_paid(&self) {
        let id = self.invoice("send_invoice").await;
        let path = format!("/api/invoices/{id}");
        self.client.post(&format!("{path}/finalize"), json!({})).await.ok();
        let pay = format!("{path}/pay");
        let void = format!("{path}/void");
        join(self.client.post(&pay, json!({})), self.other.post(&void, json!({}))).await;
    }

    /// Events of before, in any order, and some of them twice.
    async fn hears_again(&mut self) {
        let mut events = self.api.stack.stripe().events_of(&self.key);
        self.rng.shuffle(&mut events);
        for event in events.iter().take(4) {
            self.api.stack.stripe().tell(event).await;
        }
    }

    async fn passes(&mut self, hours: i64) {
        self.now += hours * HOUR_MS;
        let to = Timestamp::from_millis(self.now).unwrap().to_string();
        for _ in 0..60 {
            let answer = self.client.post("/api/test-clock/advance", json!({"to": to})).await;
            // That it stands there already is what a client hears whose earlier request was lost.
            if answer.status == 422 || answer.ok().body["status"] == "ready" {
                let clock = self.client.read("/api/test-clock").await;
                if clock["status"] == "ready" && clock["now"].as_str() >= Some(to.as_str()) {
                    return;
                }
            }
        }
        panic!("the clock does not arrive at {to}");
    }

    fn there(&self) -> There<'_> {
        There { api: self.api, account: &self.account, stripe: self.stripe }
    }

    /// The charges at Stripe that are this shop's, and their states.
    fn charges(&self) -> Vec<(String, String)> {
        self.there().charges()
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = self.client.read(&format!("{path}{sign}limit=100")).await;
        assert_eq!(page["has_more"], false, "more than a page of {path}");
        page["items"].as_array().unwrap().clone()
    }
}
