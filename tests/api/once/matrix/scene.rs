//! The story of one cell: a shop is brought to where the call is next, the call is made and struck, time
//! passes, and everything has come to its end.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use futures_util::future::join;
use local::stripe::{Event, Telling};
use reqwest::Method;
use serde_json::{Value, json};
use shared::base::time::Timestamp;

use super::{
    rows::{Cell, Column, Row},
    trap::{Place, Strike, Traps},
};
use crate::{
    client::{Account, Answer, Api, Client, exchange},
    once::there::There,
    renewals::OPENED,
};

const SECRET: &str = "whsec_matrix";
/// How the number ends that a card's bank gives it.
const RENEWED: &str = "5454";
const HOUR_MS: i64 = 3_600_000;
/// How often something is asked for until somebody can say what came of it.
const TRIES: usize = 60;

/// A shop, and what its cell is about.
pub(super) struct Scene<'a> {
    api: &'a Api,
    traps: &'a Traps,
    cell: Cell,
    account: Account,
    client: Client,
    key: String,
    processor: String,
    customer: String,
    now: AtomicI64,
    /// The id that the call is about: of an invoice, a session, a payment, a card.
    about: String,
    event: Option<Event>,
}

impl<'a> Scene<'a> {
    pub(super) async fn open(api: &'a Api, traps: &'a Traps, cell: Cell, number: usize) -> Self {
        let account = api.account("stg").await;
        let client = api.client_of(&account);
        let key = format!("sk_test_matrix{number}x");
        let (stripe, kind) = (api.stack.stripe(), if cell.stripe { "stripe" } else { "test" });
        let mut body = json!({"name": "Cards", "type": kind});
        if cell.stripe {
            body["secret_key"] = json!(key);
            body["webhook_secrets"] = json!([SECRET]);
            stripe.separate(&key);
            stripe.tells_of(&key, Telling::ByHand);
        }
        let processor = client.create_processor(body).await.ok().id();
        client.update_account(json!({"default_processor_id": processor})).await.ok();
        // A processor is found by its id alone, and ids of accounts that stand at one instant may be alike.
        client.stop_clock(OPENED).await.ok();
        let url = format!("{}/api/processor-events/{processor}", api.stack.base_url());
        stripe.listens_for(&key, &url, SECRET);
        let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
        traps.watch(&account, &key);
        let now = AtomicI64::new(OPENED.parse::<Timestamp>().unwrap().millis());
        let (about, event) = (String::new(), None);
        Self { api, traps, cell, account, client, key, processor, customer, now, about, event }
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// The whole story.
    pub(super) async fn told(mut self) {
        self.prepares().await;
        self.meets().await;
        self.settles().await;
        self.holds().await;
    }

    fn card(&self, of_stripe: &'static str, of_test: &'static str) -> &'static str {
        if self.cell.stripe { of_stripe } else { of_test }
    }

    fn pays(&self) -> &'static str {
        self.card("pm_card_visa", "test_success")
    }

    /// Everything until the call that the cell is about comes next.
    async fn prepares(&mut self) {
        let row = self.cell.row;
        match row {
            Row::AttachPayer | Row::Attach | Row::Cancel | Row::ChargeEvent => {}
            Row::FindSetup => self.loses(Row::Attach, self.gives_up()).await,
            Row::SetupEvent => self.confirms().await,
            Row::RefundEvent => drop(self.adds("pm_card_pendingRefund").await.ok()),
            _ => self.about = self.adds(self.pays()).await.ok().id(),
        }
        match row {
            Row::AttachPayer | Row::Attach | Row::Detach | Row::Check => {}
            Row::FindSetup | Row::SetupEvent => {}
            Row::FindMethod => {
                let card = self.card_there();
                self.api.stack.stripe().renew(&card, RENEWED, 2050);
            }
            Row::MethodEvent => {
                let card = self.card_there();
                self.api.stack.stripe().let_go(&card);
            }
            Row::Open | Row::Charge => self.about = self.draft().await,
            Row::FindCharge => {
                self.about = self.draft().await;
                self.loses(Row::Charge, self.finalizes()).await;
            }
            Row::Cancel | Row::ChargeEvent => self.about = self.waiting().await,
            Row::Refund => self.about = self.paid().await,
            Row::FindRefund => {
                self.about = self.paid().await;
                self.loses(Row::Refund, self.refunds()).await;
            }
            Row::RefundEvent => {
                self.about = self.paid().await;
                self.refunds().await;
                let refund = self.there().refunds().pop().unwrap();
                self.api.stack.stripe().change_refund(&refund, "succeeded");
            }
            Row::FindDisputes | Row::FindDispute | Row::DisputeEvent => {
                self.about = self.paid().await;
                let (charge, _) = self.there().charges().pop().unwrap();
                let dispute = self.api.stack.stripe().dispute(&charge, "fraudulent").unwrap();
                if row == Row::DisputeEvent {
                    self.event = self.last_event();
                    self.is_told().await;
                    self.api.stack.stripe().change_dispute(&dispute, "under_review");
                }
            }
        }
        if row == Row::ChargeEvent {
            let (charge, _) = self.there().charges().pop().unwrap();
            assert!(self.api.stack.stripe().act(&charge, true), "{}", self.cell);
        }
        self.event = self.last_event();
    }

    /// The call, and what it meets.
    async fn meets(&self) {
        let stripe = self.api.stack.stripe();
        match self.cell.column {
            Column::Struck(strike @ (Strike::Late | Strike::Overtaken)) => {
                self.struck(strike, self.others_go_on()).await;
            }
            Column::Struck(strike) => self.struck(strike, async {}).await,
            // What is asked about is told of while the answer is on its way.
            Column::EventFirst if self.cell.row.is_question() => {
                self.struck(Strike::Overtaken, self.is_told()).await;
            }
            Column::EventFirst => {
                stripe.tells_of(&self.key, Telling::First);
                self.drives().await;
                stripe.tells_of(&self.key, Telling::ByHand);
            }
        }
    }

    async fn struck(&self, strike: Strike, meanwhile: impl Future<Output = ()>) {
        let mut reached = self.traps.set(&self.account, self.cell.place().unwrap(), strike);
        let drive = async {
            self.drives().await;
            self.traps.clear(&self.account);
        };
        let meet = async {
            let Some(met) = reached.recv().await else { panic!("{}: it never came", self.cell) };
            if let Some(process) = met.kill {
                assert!(self.api.stack.kill_process(&process).await, "{}: {process}", self.cell);
            }
            meanwhile.await;
            met.gate.open();
        };
        join(drive, meet).await;
    }

    /// Makes the call, for as long as somebody who wants it would.
    async fn drives(&self) {
        match self.cell.row {
            Row::AttachPayer | Row::Attach => drop(self.adds(self.pays()).await.ok()),
            Row::Detach => drop(self.asks(Method::DELETE, &self.method(), json!(null), "it").await),
            Row::Check => {
                let path = format!("/api/processors/{}", self.processor);
                let body = json!({"secret_key": self.key});
                self.asks(Method::PATCH, &path, body, "it").await.ok();
            }
            Row::Open | Row::Charge => self.finalizes().await,
            Row::Cancel => self.completes("it").await,
            Row::Refund => self.refunds().await,
            Row::FindCharge | Row::FindRefund => self.passes(1).await,
            Row::FindDisputes => self.passes(25).await,
            Row::FindSetup
            | Row::FindMethod
            | Row::FindDispute
            | Row::ChargeEvent
            | Row::RefundEvent
            | Row::SetupEvent
            | Row::MethodEvent
            | Row::DisputeEvent => self.is_told().await,
        }
    }

    /// What a second worker does meanwhile: the same, and what is due by then.
    async fn others_go_on(&self) {
        match self.cell.row {
            Row::AttachPayer | Row::Attach => {
                let body = json!({"token": self.pays()});
                self.asks(Method::POST, &self.methods(), body, "another").await.ok();
            }
            Row::Detach => {
                self.asks(Method::DELETE, &self.method(), json!(null), "another").await;
            }
            Row::Check => {
                let path = format!("/api/processors/{}", self.processor);
                let body = json!({"secret_key": self.key});
                self.asks(Method::PATCH, &path, body, "another").await.ok();
            }
            Row::Open | Row::Charge | Row::FindCharge => {
                let path = format!("/api/invoices/{}/pay", self.about);
                self.asks(Method::POST, &path, json!({}), "another").await;
            }
            Row::Cancel => self.completes("another").await,
            Row::Refund | Row::FindRefund => {}
            Row::FindSetup
            | Row::FindMethod
            | Row::FindDisputes
            | Row::FindDispute
            | Row::ChargeEvent
            | Row::RefundEvent
            | Row::SetupEvent
            | Row::MethodEvent
            | Row::DisputeEvent => self.is_told().await,
        }
        // Who moves the clock is held back itself.
        if !matches!(self.cell.row, Row::FindCharge | Row::FindRefund | Row::FindDisputes) {
            self.passes(1).await;
        }
    }

    /// What was to come of it all; then time passes in which nobody tells anything, and then all is told.
    async fn settles(&self) {
        self.traps.clear(&self.account);
        match self.cell.row {
            Row::AttachPayer
            | Row::Attach
            | Row::Check
            | Row::FindSetup
            | Row::FindMethod
            | Row::SetupEvent => drop(self.paid().await),
            Row::MethodEvent => {
                assert!(self.all(&self.methods()).await.is_empty(), "{}", self.cell);
                self.adds(self.card("pm_card_mastercard", "test_success")).await.ok();
                self.paid().await;
            }
            Row::Detach => {
                self.adds(self.card("pm_card_mastercard", "test_success")).await.ok();
                self.paid().await;
            }
            _ => {}
        }
        self.passes(30).await;
        for event in self.api.stack.stripe().events_of(&self.key).iter().rev() {
            let told = self.api.stack.stripe().tell(event).await;
            assert_eq!(told, [200], "{}: {}", self.cell, event.kind);
        }
        self.passes(26).await;
    }

    /// What must be so in the end, whatever was met.
    async fn holds(&self) {
        let (cell, row) = (self.cell, self.cell.row);
        let taken = self.there().taken().await;
        assert_eq!(taken.values().sum::<usize>(), 1, "{cell}: {taken:?}");
        for invoice in self.all("/api/invoices").await {
            let charges = taken.get(invoice["id"].as_str().unwrap()).copied().unwrap_or_default();
            assert_eq!((charges, &invoice["state"]), (1, &json!("paid")), "{cell}: {invoice}");
        }
        for intent in self.all("/api/payments/intents").await {
            let known = ["succeeded", "failed"].contains(&intent["state"].as_str().unwrap());
            assert!(known, "{cell}: {intent}");
        }
        let open = |(_, status): &(String, String)| {
            matches!(status.as_str(), "requires_action" | "processing")
        };
        assert!(!self.there().charges().iter().any(open), "{cell}: something can still be paid");
        let methods = self.all(&self.methods()).await;
        assert_eq!(methods.len(), 1, "{cell}: {methods:?}");
        if row == Row::FindMethod {
            let card = &methods[0]["card"];
            assert_eq!((&card["last_four"], &card["exp_year"]), (&json!(RENEWED), &json!(2050)));
        }
        let refunds = self.all("/api/payments/refunds").await;
        let states: Vec<&str> = refunds.iter().map(|one| one["state"].as_str().unwrap()).collect();
        let refunded = matches!(row, Row::Refund | Row::FindRefund | Row::RefundEvent);
        let expected: &[&str] = if refunded { &["succeeded"] } else { &[] };
        assert_eq!(states, expected, "{cell}");
        let disputes = self.all("/api/disputes").await;
        let states: Vec<&str> = disputes.iter().map(|one| one["state"].as_str().unwrap()).collect();
        let expected: &[&str] = match row {
            Row::FindDisputes | Row::FindDispute => &["needs_response"],
            Row::DisputeEvent => &["under_review"],
            _ => &[],
        };
        assert_eq!(states, expected, "{cell}");
        if matches!(row, Row::Cancel | Row::ChargeEvent) {
            let path = format!("/api/checkout-sessions/{}", self.about);
            assert_eq!(self.client.get(&path).await.ok().body["state"], "completed", "{cell}");
        }
    }
}

/// Single steps.
impl Scene<'_> {
    fn there(&self) -> There<'_> {
        There { api: self.api, account: &self.account, stripe: self.cell.stripe }
    }

    fn methods(&self) -> String {
        format!("/api/customers/{}/payment-methods", self.customer)
    }

    fn method(&self) -> String {
        format!("{}/{}", self.methods(), self.about)
    }

    async fn adds(&self, token: &str) -> Answer {
        let body = json!({"token": token, "make_default": true});
        self.asks(Method::POST, &self.methods(), body, token).await
    }

    /// Adds a card, and does not ask again.
    async fn gives_up(&self) {
        let body = json!({"token": self.pays()});
        self.client.post(&self.methods(), body).await.refused(503);
    }

    /// Adds a card that its bank wants to be confirmed, which the payer does in another tab and never
    /// comes back.
    async fn confirms(&self) {
        let body = json!({
            "token": "pm_card_authenticationRequired", "return_url": "https://example.com/cards",
        });
        let refused = self.client.post(&self.methods(), body).await.refused(422);
        let setup = refused.body["next_action"]["processor_reference"].as_str().unwrap();
        assert!(self.api.stack.stripe().act(setup, true), "{}: {refused:?}", self.cell);
    }

    /// Stripe's name for the customer's card.
    fn card_there(&self) -> String {
        self.api.stack.stripe().cards_of(&self.key).pop().unwrap()
    }

    async fn draft(&self) -> String {
        let body = json!({
            "customer_id": self.customer, "currency": "usd",
            "collection_method": "charge_automatically",
            "items": [{"name": "Work", "amount_atom": 1000}],
        });
        self.client.create_invoice(body).await.ok().id()
    }

    async fn finalizes(&self) {
        let path = format!("/api/invoices/{}/finalize", self.about);
        self.asks(Method::POST, &path, json!({}), "finalize").await.ok();
    }

    /// A payment of 10.00: its intent.
    async fn paid(&self) -> String {
        let draft = self.draft().await;
        let invoice = self.client.finalize_invoice(&draft).await.ok().body;
        assert_eq!(invoice["state"], "paid", "{}: {invoice}", self.cell);
        invoice["payment_intent_id"].as_str().unwrap().to_owned()
    }

    async fn refunds(&self) {
        let body = json!({"payment_intent_id": self.about, "amount_atom": 400});
        self.asks(Method::POST, "/api/payments/refunds", body, "refund").await.ok();
    }

    /// A checkout session whose payer has to confirm.
    async fn waiting(&self) -> String {
        let product = self.client.create_product(json!({"name": "Thing"})).await.ok().id();
        let price = json!({"product_id": product, "currency": "usd", "unit_amount_atom": 1000});
        let price = self.client.create_price(price).await.ok().id();
        let body = json!({
            "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
            "customer_id": self.customer, "line_items": [{"price_id": price, "quantity": 1}],
        });
        let session = self.client.create_session(body).await.ok().id();
        let asks = self.card("pm_card_threeDSecure2Required", "test_requires_action");
        let card = json!({"payment_method": {"token": asks}});
        let refused = self.client.complete_session(&session, card).await.refused(422);
        assert!(refused.body["next_action"].is_object(), "{}: {refused:?}", self.cell);
        session
    }

    /// Pays a session by a card that pays, as often as its payer is told to try again.
    async fn completes(&self, who: &str) {
        let path = format!("/api/checkout-sessions/{}/complete", self.about);
        for number in 0..TRIES {
            let card = json!({"payment_method": {"token": self.pays()}});
            let key = format!("{who}{number}");
            let answer = self.asks(Method::POST, &path, card, &key).await;
            if answer.status == 200 {
                return;
            }
            assert_eq!(answer.faults(), [" payment_pending"], "{}: {answer:?}", self.cell);
        }
        panic!("{}: it is never completed", self.cell);
    }

    /// Does something whose call of another row is carried out, and its answer lost.
    async fn loses(&self, row: Row, something: impl Future<Output = ()>) {
        let place = if self.cell.stripe { row.at_stripe() } else { Place::Write };
        let mut reached = self.traps.set(&self.account, place, Strike::Lost);
        something.await;
        self.traps.clear(&self.account);
        assert!(reached.recv().await.is_some(), "{}: nothing was lost", self.cell);
    }

    fn last_event(&self) -> Option<Event> {
        self.api.stack.stripe().events_of(&self.key).pop()
    }

    /// Sends the event until it is taken, as Stripe does.
    async fn is_told(&self) {
        let Some(event) = &self.event else { return };
        for _ in 0..TRIES {
            if self.api.stack.stripe().tell(event).await == [200] {
                return;
            }
        }
        panic!("{}: {} is never taken", self.cell, event.kind);
    }

    async fn passes(&self, hours: i64) {
        let now = self.now.fetch_add(hours * HOUR_MS, Ordering::SeqCst) + hours * HOUR_MS;
        let to = Timestamp::from_millis(now).unwrap().to_string();
        for number in 0..TRIES {
            let key = format!("{to} {number}");
            let body = json!({"to": to});
            self.asks(Method::POST, "/api/test-clock/advance", body, &key).await;
            let clock = self.client.test_clock().await;
            if clock.status == 200
                && clock.body["status"] == "ready"
                && clock.body["now"].as_str() >= Some(to.as_str())
            {
                return;
            }
        }
        panic!("{}: the clock does not arrive at {to}", self.cell);
    }

    /// Sends a request with the key of `who` until somebody can say what came of it.
    async fn asks(&self, method: Method, path: &str, body: Value, who: &str) -> Answer {
        for attempt in 0..TRIES {
            let mut request = self.client.request(method.clone(), path);
            request = request.header("Idempotency-Key", who);
            if !body.is_null() {
                request = request.json(&body);
            }
            let answer = exchange(request).await;
            let is_running = answer.status == 409 && answer.header("retry-after").is_some();
            if !answer.status.is_server_error() && !is_running {
                return answer;
            }
            // A client's back-off.
            let pause = u64::try_from(attempt).unwrap_or_default().min(20) * 5;
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        panic!("{}: {method} {path} is never answered", self.cell);
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        let page = self.client.get(&format!("{path}?limit=100")).await.ok();
        assert_eq!(page.body["has_more"], false, "more than a page of {path}");
        page.items().to_vec()
    }
}
