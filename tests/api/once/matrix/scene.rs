//! The story of one cell: a shop is brought to where the call is next, the call is made and struck, time
//! passes, and everything has come to its end.

mod deeds;

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
            Row::Forget => self.about = self.another_with_a_card().await,
            _ => self.about = self.adds(self.pays()).await.ok().id(),
        }
        match row {
            Row::AttachPayer | Row::Attach | Row::Detach | Row::Forget | Row::Check => {}
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
            Row::Forget => {
                let path = format!("/api/customers/{}", self.about);
                self.asks(Method::DELETE, &path, json!(null), "it").await.ok();
                self.passes(1).await;
            }
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
            Row::Forget => {
                let path = format!("/api/customers/{}", self.about);
                self.asks(Method::DELETE, &path, json!(null), "another").await;
            }
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
        if !matches!(
            self.cell.row,
            Row::FindCharge | Row::FindRefund | Row::FindDisputes | Row::Forget
        ) {
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
            Row::Detach | Row::Forget => {
                self.adds(self.card("pm_card_mastercard", "test_success")).await.ok();
                self.paid().await;
            }
            _ => {}
        }
        self.passes(30).await;
        for event in self.api.stack.stripe().events_of(&self.key).iter().rev() {
            self.insists(event).await;
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
        if matches!(row, Row::Detach | Row::Forget) {
            let attached = self.api.stack.stripe().attached(&self.key);
            assert_eq!(attached.len(), usize::from(cell.stripe), "{cell}: {attached:?}");
        }
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
