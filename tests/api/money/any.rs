//! Any sequence of changes, pauses, coupons, declines, voids and refunds, at any instants, and any end:
//! what was kept of the customer's money is what the time cost that was used (`watch`).

use fastrand::Rng;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::watch::{HOUR, PERIOD, Watch};
use crate::{client::Client, journeys::stack, renewals::Shop};

const OPENED: &str = "2026-01-01T00:00:00.000Z";

const SEEDS: u64 = 24;

/// One customer's subscription, and the watch beside it.
struct Life {
    client: Client,
    rng: Rng,
    customer: String,
    subscription: String,
    prices: [String; 2],
    watch: Watch,
    at: i64,
    paused: bool,
    declines: bool,
    /// The card that pays, and whether its refunds fail after a minute.
    card: &'static str,
    refunds_fail: bool,
    /// What else was given back: the merchant's own decisions.
    refunded: i64,
    /// What was paid otherwise than by a payment.
    cash: i64,
    voided: bool,
    told: Vec<String>,
}

const RATES: [i64; 2] = [1_700, 9_001];

impl Life {
    async fn begin(client: Client, seed: u64) -> Self {
        let shop = Shop::of(client.clone(), OPENED).await;
        let mut prices = Vec::new();
        for rate in RATES {
            let product = client.create_product(json!({"name": "Seats"})).await.ok().id();
            let price = json!({"product_id": product, "currency": "usd", "unit_amount_atom": rate,
                "billing_interval": "day", "billing_interval_count": 10});
            prices.push(client.create_price(price).await.ok().id());
        }
        let refunds_fail = seed % 4 == 3;
        let card = if refunds_fail { "test_refund_pending_fails" } else { "test_success" };
        let customer = shop.customer(card).await;
        let items = json!([{"price_id": prices[0], "quantity": 2}, {"price_id": prices[1]}]);
        let body = json!({"customer_id": customer, "items": items});
        let sold = client.create_subscription(body).await.ok();
        let mut watch = Watch::new();
        for (place, rate) in [2 * RATES[0], RATES[1]].into_iter().enumerate() {
            let item = sold.body["items"][place]["id"].as_str().unwrap();
            watch.rates.insert(item.to_owned(), rate);
        }
        watch.bill(0, 0);
        let (subscription, prices) = (sold.id(), prices.try_into().unwrap());
        Self {
            client,
            rng: Rng::with_seed(seed),
            customer,
            subscription,
            prices,
            watch,
            at: 0,
            paused: false,
            declines: false,
            card,
            refunds_fail,
            refunded: 0,
            cash: 0,
            voided: false,
            told: Vec::new(),
        }
    }

    /// Time goes on by `seconds`; what is renewed on the way is billed.
    async fn wait(&mut self, seconds: i64) {
        let from = self.at / PERIOD;
        self.at += seconds;
        let to = self.at / PERIOD;
        for period in (from + 1..=to).filter(|_| !self.paused) {
            self.watch.bill(period, period * PERIOD);
        }
        let instant = OPENED.parse::<shared::base::time::Timestamp>().unwrap();
        let instant = instant.plus_seconds(self.at).to_string();
        while self.client.advance_clock(&instant).await.ok().body["status"] != "ready" {}
    }

    fn is_in_the_hour_of_a_draft(&self) -> bool {
        self.at >= PERIOD && self.at % PERIOD <= HOUR
    }

    async fn change(&mut self) {
        let behaviors = ["always_invoice", "create_prorations", "always_invoice", "none"];
        let behavior = behaviors[self.rng.usize(0..behaviors.len())];
        let items: Vec<String> = self.watch.rates.keys().cloned().collect();
        let item = items[self.rng.usize(0..items.len())].clone();
        let quantity = self.rng.i64(0..6);
        let (edit, rate) = match self.rng.u32(0..6) {
            0 if items.len() < 4 => {
                (json!({"action": "add", "price_id": self.prices[1], "quantity": quantity}), 1)
            }
            1 if items.len() > 1 => (json!({"action": "delete", "subscription_item_id": item}), 2),
            _ => (
                json!({"action": "update", "subscription_item_id": item,
                "quantity": quantity, "price_id": self.prices[0]}),
                0,
            ),
        };
        self.told.push(format!("{} {behavior} {edit}", self.at));
        let change = json!({"proration_behavior": behavior, "items": [edit]});
        let answer = self.client.change_items(&self.subscription, change).await;
        if answer.faults() == [" too_many_changes"] {
            return;
        }
        answer.ok();
        let now = self.client.get_subscription(&self.subscription).await.ok().body;
        let is_new = |id: &&str| !items.iter().any(|known| known == id);
        let ids: Vec<&str> = now["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        let (item, rate) = match rate {
            0 => (item.as_str(), Some(quantity * RATES[0])),
            1 => (*ids.iter().find(|id| is_new(id)).unwrap(), Some(quantity * RATES[1])),
            _ => (item.as_str(), None),
        };
        self.watch.change(item, self.at, rate, behavior != "none");
    }

    async fn discount(&mut self) {
        let body = match self.watch.percent {
            100 => {
                let off = self.rng.i64(1..100);
                let coupon = json!({"discount_type": "percentage", "percent_off": off,
                    "duration": "forever"});
                self.watch.percent = 100 - off;
                json!({"coupon_id": self.client.create_coupon(coupon).await.ok().id()})
            }
            _ => {
                self.watch.percent = 100;
                json!({"coupon_id": ""})
            }
        };
        self.told.push(format!("{} {}", self.at, self.watch.percent));
        self.client.update_subscription(&self.subscription, body).await.ok();
        if self.is_in_the_hour_of_a_draft() && self.at % PERIOD < HOUR {
            self.watch.rediscount(self.at / PERIOD * PERIOD);
        }
    }

    async fn pause(&mut self) {
        self.told.push(format!("{} pause", self.at));
        let paused = self.client.pause_subscription(&self.subscription, json!({})).await;
        if paused.status != 200 {
            return;
        }
        self.paused = true;
        let pause = self.rng.i64(HOUR..2 * PERIOD);
        self.wait(pause).await;
        self.told.push(format!("{} resume", self.at));
        self.client.resume_subscription(&self.subscription).await.ok();
        self.paused = false;
        let period = self.at / PERIOD;
        if period > self.watch.billed {
            self.watch.bill(period, self.at);
        }
    }

    /// Another way to pay, and no other.
    async fn card(&mut self, token: &str) {
        self.told.push(format!("{} {token}", self.at));
        let methods = self.client.list_payment_methods(&self.customer, "").await.ok();
        for method in methods.items() {
            let method = method["id"].as_str().unwrap();
            self.client.delete_payment_method(&self.customer, method).await.ok();
        }
        self.client.add_payment_method(&self.customer, json!({"token": token})).await.ok();
        self.declines = token != self.card;
    }

    async fn refund(&mut self) {
        let payments = self.all("/api/payments/intents").await;
        let paid: Vec<&Value> = payments.iter().filter(|one| one["state"] == "succeeded").collect();
        let Some(payment) = paid.get(self.rng.usize(0..paid.len().max(1))) else { return };
        let amount = self.rng.i64(1..2_000);
        let body = json!({"payment_intent_id": payment["id"], "amount_atom": amount});
        let refunded = self.client.create_refund(body).await;
        self.told.push(format!("{} refund {amount}: {}", self.at, refunded.status));
        if refunded.status == 200 && !self.refunds_fail {
            self.refunded += amount;
        }
    }

    async fn void(&mut self) {
        let bills = self.all("/api/invoices").await;
        let can_be = |one: &&Value| {
            one["due_amount_atom"] != 0
                && one["paid_amount_atom"] == 0
                && ["open", "past_due"].contains(&one["state"].as_str().unwrap())
        };
        let open: Vec<&Value> = bills.iter().filter(can_be).collect();
        if let Some(bill) = open.get(self.rng.usize(0..open.len().max(1))) {
            self.told.push(format!("{} void {}", self.at, bill["number"]));
            self.client.void_invoice(bill["id"].as_str().unwrap()).await.ok();
            self.voided = true;
        }
    }

    /// A credit note for an invoice, by hand: a gift.
    async fn gift(&mut self) {
        let bills = self.all("/api/invoices").await;
        let Some(bill) = bills.get(self.rng.usize(0..bills.len().max(1))) else { return };
        let amount = self.rng.i64(1..1_500);
        let note = json!({"invoice_id": bill["id"], "currency": "usd", "amount_atom": amount});
        let given = self.client.create_credit_note(&self.customer, note).await;
        self.told.push(format!("{} gift {amount}: {}", self.at, given.status));
        if given.status == 201 || given.status == 200 {
            self.refunded += amount;
        }
    }

    /// A part of what is open is paid in cash.
    async fn pay_in_cash(&mut self) {
        let bills = self.all("/api/invoices").await;
        let is_open = |one: &&Value| {
            let state = one["state"].as_str().unwrap();
            ["open", "past_due", "partially_paid"].contains(&state)
        };
        let open: Vec<&Value> = bills.iter().filter(is_open).collect();
        let Some(bill) = open.get(self.rng.usize(0..open.len().max(1))) else { return };
        let due = bill["due_amount_atom"].as_i64().unwrap();
        let amount = self.rng.i64(1..=due.max(1));
        let cash = json!({"amount_atom": amount, "paid_out_of_band": true});
        let paid = self.client.pay_invoice(bill["id"].as_str().unwrap(), cash).await;
        self.told.push(format!("{} cash {amount}: {}", self.at, paid.status));
        if paid.status == 200 {
            self.cash += amount;
        }
    }

    /// A change that waits for a payment which is declined, and is taken back; meanwhile something else
    /// happens.
    async fn change_that_waits(&mut self) {
        self.card("test_decline_soft").await;
        let items: Vec<String> = self.watch.rates.keys().cloned().collect();
        let item = items[self.rng.usize(0..items.len())].clone();
        let quantity = self.rng.i64(0..9);
        let change = json!({"proration_behavior": "always_invoice", "pay_before_change": true,
            "items": [{"action": "update", "subscription_item_id": item, "quantity": quantity,
                "price_id": self.prices[0]}]});
        let answer = self.client.change_items(&self.subscription, change).await;
        self.told.push(format!("{} waits {item} {quantity}: {}", self.at, answer.status));
        let at = self.at;
        let now = self.client.get_subscription(&self.subscription).await.ok().body;
        let waits = now["pending_change"] != Value::Null;
        if answer.status == 200 && !waits {
            // It costs nothing more.
            self.watch.change(&item, at, Some(quantity * RATES[0]), true);
        }
        if waits {
            self.refund().await;
            let gap = self.rng.i64(60..20 * HOUR);
            self.wait(gap).await;
            if self.rng.bool() {
                self.gift().await;
            }
            let back = self.client.remove_pending_change(&self.subscription).await;
            self.told.push(format!("{} taken back: {}", self.at, back.status));
        }
        self.card(self.card).await;
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        let of = format!("{path}?customer_id={}&limit=100", self.customer);
        self.client.get(&of).await.ok().items().to_vec()
    }

    async fn sum(&self, path: &str, name: &str) -> i64 {
        let all = self.all(path).await;
        let counted = all.iter().filter(|one| one["state"] != "failed");
        counted.map(|one| one[name].as_i64().unwrap()).sum()
    }

    async fn live(mut self) {
        for _ in 0..self.rng.usize(3..9) {
            let gap = match self.rng.u32(0..4) {
                // Into the hour in which the bill of the next period is a draft.
                0 => PERIOD - self.at % PERIOD + self.rng.i64(60..HOUR - 60),
                _ => self.rng.i64(3 * HOUR..PERIOD / 3),
            };
            self.wait(gap).await;
            match self.rng.u32(0..15) {
                0..=4 => self.change().await,
                5 | 6 => self.discount().await,
                7 if !self.is_in_the_hour_of_a_draft() && !self.declines => self.pause().await,
                8 if self.refunds_fail => {
                    // Before it is known that nothing was given back.
                    self.refund().await;
                    self.change().await;
                }
                8 => self.refund().await,
                9 | 10 if !self.declines => {
                    self.card("test_decline_soft").await;
                    let unpaid = self.rng.i64(HOUR..30 * HOUR);
                    self.wait(unpaid).await;
                    self.change().await;
                    if self.rng.bool() {
                        // A change on top of one that is not paid.
                        let gap = self.rng.i64(60..20 * HOUR);
                        self.wait(gap).await;
                        self.change().await;
                    }
                    match self.rng.u32(0..3) {
                        0 => self.void().await,
                        1 => self.pay_in_cash().await,
                        _ => {}
                    }
                    self.wait(2 * HOUR).await;
                    self.card(self.card).await;
                }
                12 => self.gift().await,
                13 if !self.is_in_the_hour_of_a_draft() => self.change_that_waits().await,
                _ => {}
            }
        }
        self.end().await;
    }

    async fn end(mut self) {
        // What is retried is retried by then, and the end is in no draft's hour.
        self.wait(2 * HOUR).await;
        if self.is_in_the_hour_of_a_draft() {
            self.wait(2 * HOUR).await;
        }
        let is_owed = self.sum("/api/invoices", "due_amount_atom").await > 0;
        let options = ["none", "cancel_unpaid", "prorated", "full"];
        // What an end refunds would fail as well.
        let count = if self.refunds_fail { 2 } else { options.len() };
        let option = options[self.rng.usize(0..count)];
        self.told.push(format!("{} cancel {option}, owed: {is_owed}", self.at));
        let cancel = json!({"refund_option": option});
        self.client.cancel_subscription(&self.subscription, cancel).await.ok();
        let at = self.at;
        self.paused = true;
        self.wait(9 * 24 * HOUR).await;
        let customer = self.client.get_customer(&self.customer).await.ok().body;
        let balance = customer["credit_balances"][0]["amount_atom"].as_i64().unwrap_or(0);
        let captured = self.sum("/api/payments/intents", "captured_amount_atom").await;
        let refunded = self.sum("/api/payments/refunds", "amount_atom").await;
        let kept = captured + self.cash - refunded - balance;
        let (price, slack) = (self.watch.price(at, option), self.watch.lines);
        let told = || {
            format!(
                "{:#?}\nkept {captured} - {refunded} - {balance}, used {price}, \
            refunded {}, {:#?}",
                self.told, self.refunded, self.watch
            )
        };
        assert!(kept <= price + slack, "kept too much: {}", told());
        let is_forgiven = is_owed || self.voided || option == "cancel_unpaid";
        assert!(
            is_forgiven || kept >= price - self.refunded - slack,
            "kept too little: {}",
            told()
        );
        assert!(self.sum("/api/invoices", "due_amount_atom").await == 0 || is_owed, "{}", told());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_what_is_kept_is_the_price_of_the_time_used() {
    let api = &stack().await;
    let lives = stream::iter(0..SEEDS).map(|seed| async move {
        let client = api.client_of(&api.account("stg").await);
        println!("seed {seed}");
        Life::begin(client, seed).await.live().await;
    });
    lives.buffer_unordered(4).collect::<Vec<()>>().await;
    api.audit().await;
}
