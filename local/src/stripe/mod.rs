//! A stand-in for Stripe: the operations that the adapter uses, over HTTP, with what a real one does to
//! a client now and then, on demand.
//!
//! | file | what |
//! |---|---|
//! | `state` | what it keeps: customers, cards, intents, refunds, keys |
//! | `operations` | each operation, from a form to an object |
//! | `letting_go` | cards that are detached, customers who are deleted |
//! | `answer` | objects and refusals, as Stripe writes them |
//! | `bank` | the page on which a payer confirms what waits for them |
//! | `trouble` | what requests meet: lost answers, refusals, failures |
//! | `exchange` | each request and its answer, written into a file |
//! | `event` | what it tells of by itself, once, doubled, early or not at all |
//!
//! It holds the rules that keep money from moving twice, as Stripe's documentation states them: an
//! intent succeeds once, a key replays its first answer and refuses other parameters, refunds stay
//! within their charge. It is development's and the tests': nothing here is deployed.

mod answer;
mod bank;
mod event;
mod exchange;
mod letting_go;
mod operations;
mod state;
mod trouble;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use http::{Request, StatusCode, header::HeaderMap};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::task::JoinHandle;

use self::{
    answer::{Answer, fault},
    exchange::Exchanges,
    state::State,
    trouble::{Troubles, refused},
};
pub use self::{
    event::{Event, Telling, signature},
    state::{Charge, Refund},
    trouble::{Asked, Trouble, TroubleHook},
};
use crate::http::{Dropped, Reply, json, read_body};

/// The stand-in.
#[derive(Clone, Default)]
pub struct StandIn {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    state: State,
    troubles: Troubles,
    requests: Vec<String>,
    exchanges: Option<Exchanges>,
    revoked: Vec<String>,
    events: Vec<Event>,
    telling: Telling,
    /// Of an account of its own.
    tellings: BTreeMap<String, Telling>,
    /// What is still to be told.
    outbox: Vec<Event>,
    sending: Vec<JoinHandle<()>>,
}

const MOST: usize = 1 << 20;

impl StandIn {
    /// One that writes each request and its answer into a file below `folder`, if that is asked for.
    pub(crate) fn recording(folder: Option<&Path>) -> Result<Self> {
        let stand_in = Self::default();
        stand_in.lock().exchanges = folder.map(Exchanges::below).transpose()?;
        Ok(stand_in)
    }

    /// The charges that it knows, in the order in which they were prepared.
    pub fn charges(&self) -> Vec<Charge> {
        self.lock().state.charges()
    }

    /// The refunds that it knows.
    pub fn refunds(&self) -> Vec<Refund> {
        self.lock().state.refunds()
    }

    /// What it was asked, as method and path.
    pub fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    /// The payer does what an intent, or a setup, waits for, or fails to; false, where it waits for nothing.
    pub fn act(&self, intent: &str, succeeds: bool) -> bool {
        let acted = self.lock().state.act(intent, succeeds);
        self.send_news();
        acted
    }

    /// The names of the cards that were set up, in this order.
    pub fn cards(&self) -> Vec<String> {
        self.lock().state.cards.keys().cloned().collect()
    }

    /// The bank of the card `method` gives it another number, which ends in `last4`, and another year.
    pub fn renew(&self, method: &str, last4: &str, exp_year: u16) {
        self.lock().state.renew(method, last4, exp_year);
        self.send_news();
    }

    /// Somebody deletes a customer there, with the cards.
    pub fn forget(&self, customer: &str) {
        self.lock().state.forget(customer);
    }

    /// The names of the cards that hang on a customer, of those that were set up with the secret key `key`
    /// of an account of its own, or with no such key where it is empty.
    pub fn attached(&self, key: &str) -> Vec<String> {
        let inner = self.lock();
        let hangs = inner.state.cards.iter().filter(|(_, card)| card.customer.is_some());
        hangs.filter(|(_, card)| card.by == key).map(|(id, _)| id.clone()).collect()
    }

    /// The card `method` is let go by somebody else than us.
    pub fn let_go(&self, method: &str) {
        self.lock().state.detach(method);
        self.send_news();
    }

    /// The same, of those that were set up with the secret key `key`, of an account of its own.
    pub fn cards_of(&self, key: &str) -> Vec<String> {
        let inner = self.lock();
        let cards = inner.state.cards.iter().filter(|(_, card)| card.by == key);
        cards.map(|(id, _)| id.clone()).collect()
    }

    /// The names of the customers that were made, in this order.
    pub fn customers(&self) -> Vec<String> {
        self.lock().state.customers.clone()
    }

    /// An intent is in this state from now on, and its last charge was declined with this code.
    pub fn force(&self, intent: &str, status: &'static str, code: Option<&str>) {
        self.lock().state.force(intent, status, code);
    }

    /// The idempotency keys that it knows, each with the method and path that it stands for.
    pub fn keys(&self) -> Vec<(String, String)> {
        let inner = self.lock();
        let known = inner.state.keys.iter();
        known.map(|(key, kept)| (key.clone(), kept.asked.clone())).collect()
    }

    /// What becomes of a refund later.
    pub fn change_refund(&self, refund: &str, status: &str) {
        self.lock().state.change_refund(refund, status);
        self.send_news();
    }

    /// The payer's bank takes back what an intent took, for this reason: the dispute's name; none, where
    /// the intent took nothing.
    pub fn dispute(&self, intent: &str, reason: &str) -> Option<String> {
        let dispute = self.lock().state.dispute(intent, reason);
        self.send_news();
        dispute
    }

    /// What becomes of a dispute.
    pub fn change_dispute(&self, dispute: &str, status: &str) {
        self.lock().state.change_dispute(dispute, status);
        self.send_news();
    }

    /// From now on every charge of the card `method` is declined with these codes.
    pub fn decline(&self, method: &str, decline_code: &str, advice_code: Option<&str>) {
        self.lock().state.decline(method, decline_code, advice_code);
    }

    /// From now on every charge of the card `method` succeeds.
    pub fn pays_again(&self, method: &str) {
        self.lock().state.pays_again(method);
    }

    /// The key is of an account of its own: what is made with it is in no list of the others'.
    pub fn separate(&self, key: &str) {
        self.lock().state.separate.insert(key.to_owned());
    }

    /// The key works no more, or again.
    pub fn revoke(&self, key: &str, revoked: bool) {
        let mut inner = self.lock();
        inner.revoked.retain(|other| other != key);
        if revoked {
            inner.revoked.push(key.to_owned());
        }
    }

    /// A day has passed: what is known under a key is forgotten.
    pub fn forget_keys(&self) {
        self.lock().state.forget_keys();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request.
    pub(crate) async fn handle(self, request: Request<Incoming>) -> Result<Reply, Dropped> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let asked = format!("{} {path}", parts.method);
        let body = match read_body(body, MOST).await {
            Ok(Some(body)) => body,
            Ok(None) | Err(_) => return Err(Dropped),
        };
        if let Some(id) = path.strip_prefix(bank::PATH) {
            return Ok(self.bank(&parts.method, id, &body));
        }
        let form: Vec<(String, String)> = match parts.method.as_str() {
            "GET" => form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()),
            _ => form_urlencoded::parse(&body),
        }
        .into_owned()
        .collect();
        let key = bearer(&parts.headers).unwrap_or_default().to_owned();
        let mut trouble = self.lock().met(Asked { key, what: asked.clone() });
        if let Some(Trouble::Held(gate, then)) = trouble {
            gate.opened().await;
            trouble = then.map(|then| *then);
        }
        match trouble {
            Some(Trouble::LostBefore) => return Err(Dropped),
            Some(Trouble::Refused(status)) => return Ok(reply(refused(status))),
            _ => {}
        }
        let answer = self.answer(&asked, &form, &parts.headers, trouble.as_ref()).await;
        match trouble {
            Some(Trouble::LostAfter) => return Err(Dropped),
            Some(Trouble::Slow(time)) => tokio::time::sleep(time).await,
            Some(Trouble::HeldAfter(gate)) => gate.opened().await,
            _ => {}
        }
        Ok(reply(answer))
    }

    /// The answer to a request, and what it tells others.
    async fn answer(
        &self,
        asked: &str,
        form: &[(String, String)],
        headers: &HeaderMap,
        trouble: Option<&Trouble>,
    ) -> Answer {
        let answer = {
            let mut inner = self.lock();
            let answer = inner.answer(asked, form, headers, trouble);
            if let Some(exchanges) = &mut inner.exchanges {
                exchanges.write(asked, form, headers, &answer);
            }
            answer
        };
        self.send_first().await;
        self.send_news();
        answer
    }
}

impl Inner {
    /// What has happened since this was asked before.
    fn news(&mut self) -> Vec<Event> {
        let mut news = Vec::new();
        for (kind, object, key) in std::mem::take(&mut self.state.happened) {
            let event = Event::new(self.events.len() + 1, (&kind, &key), &object);
            self.events.push(event.clone());
            news.push(event);
        }
        news
    }

    fn met(&mut self, asked: Asked) -> Option<Trouble> {
        let trouble = self.troubles.met(&asked);
        self.requests.push(asked.what);
        trouble
    }

    fn answer(
        &mut self,
        asked: &str,
        form: &[(String, String)],
        headers: &HeaderMap,
        trouble: Option<&Trouble>,
    ) -> Answer {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let known = |key: &&str| {
            let rest = key.strip_prefix("sk_").or(key.strip_prefix("rk_"));
            rest.is_some_and(|rest| rest.starts_with("test_") || rest.starts_with("live_"))
        };
        let Some(key) = bearer(headers).filter(known) else {
            return fault(401, "invalid_request_error", "", "Invalid API Key provided");
        };
        if self.revoked.iter().any(|revoked| revoked == key) {
            return fault(401, "invalid_request_error", "api_key_expired", "Expired API Key");
        }
        if header("stripe-version").is_none() {
            return fault(400, "invalid_request_error", "", "The adapter names a version");
        }
        self.state.host = header("host").unwrap_or_default().to_owned();
        let idempotency = header("idempotency-key");
        if asked.starts_with("POST") && idempotency.is_none() {
            return fault(400, "invalid_request_error", "", "The adapter sends a key");
        }
        self.state.answer((asked, form), idempotency, key, trouble)
    }
}

/// The secret key that a request is sent with.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

fn reply((status, body): (u16, Value)) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, body.to_string())
}
