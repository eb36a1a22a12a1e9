//! A stand-in for Stripe: the operations that the adapter uses, over HTTP, with what a real one does to
//! a client now and then, on demand.
//!
//! | file | what |
//! |---|---|
//! | `state` | what it keeps: customers, cards, intents, refunds, keys |
//! | `operations` | each operation, from a form to an object |
//! | `answer` | objects and refusals, as Stripe writes them |
//! | `event` | what it tells of by itself, once, doubled, early or not at all |
//!
//! It holds the rules that keep money from moving twice, as Stripe's documentation states them: an
//! intent succeeds once, a key replays its first answer and refuses other parameters, refunds stay
//! within their charge. It is development's and the tests': nothing here is deployed.

mod answer;
mod event;
mod operations;
mod state;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Request, StatusCode, header::HeaderMap};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::task::JoinHandle;

use self::{
    answer::{Answer, fault},
    state::State,
};
pub use self::{
    event::{Event, Telling, signature},
    state::{Charge, Refund},
};
use crate::http::{Dropped, Reply, json, read_body};

/// What is done to a request in place of, or beside, answering it.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// It is lost before it arrives.
    LostBefore,
    /// It is carried out, and its answer is lost.
    LostAfter,
    /// It is answered with this status, and nothing is done.
    Refused(u16),
    /// It is carried out, and answered with a 500 that its key keeps.
    Broken,
    /// It is carried out, and answered so much later.
    Slow(Duration),
}

/// Trouble that waits for a request.
struct Planned {
    /// A part of its path.
    path: String,
    trouble: Trouble,
}

/// The stand-in.
#[derive(Clone, Default)]
pub struct StandIn {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    state: State,
    planned: Vec<Planned>,
    requests: Vec<String>,
    revoked: Vec<String>,
    events: Vec<Event>,
    telling: Telling,
    sending: Vec<JoinHandle<()>>,
}

const MOST: usize = 1 << 20;

impl StandIn {
    /// The next request whose path contains `path` meets this.
    pub fn next(&self, path: &str, trouble: Trouble) {
        self.lock().planned.push(Planned { path: path.to_owned(), trouble });
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

    /// The payer does what an intent waits for, or fails to; false, where it waits for nothing.
    pub fn act(&self, intent: &str, succeeds: bool) -> bool {
        let acted = self.lock().state.act(intent, succeeds);
        self.send_news();
        acted
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
        let form: Vec<(String, String)> = match parts.method.as_str() {
            "GET" => form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()),
            _ => form_urlencoded::parse(&body),
        }
        .into_owned()
        .collect();
        let trouble = self.lock().met(&path, &asked);
        match trouble {
            Some(Trouble::LostBefore) => Err(Dropped),
            Some(Trouble::Refused(status)) => Ok(reply(refused(status))),
            Some(Trouble::LostAfter) => {
                self.answer(&asked, &form, &parts.headers, false).await;
                Err(Dropped)
            }
            Some(Trouble::Broken) => {
                Ok(reply(self.answer(&asked, &form, &parts.headers, true).await))
            }
            Some(Trouble::Slow(time)) => {
                let answer = self.answer(&asked, &form, &parts.headers, false).await;
                tokio::time::sleep(time).await;
                Ok(reply(answer))
            }
            None => Ok(reply(self.answer(&asked, &form, &parts.headers, false).await)),
        }
    }

    /// The answer to a request, and what it tells others.
    async fn answer(
        &self,
        asked: &str,
        form: &[(String, String)],
        headers: &HeaderMap,
        breaks: bool,
    ) -> Answer {
        let answer = self.lock().answer(asked, form, headers, breaks);
        self.send_first().await;
        self.send_news();
        answer
    }
}

impl Inner {
    /// What has happened since this was asked before.
    fn news(&mut self) -> Vec<Event> {
        let mut news = Vec::new();
        for (kind, object) in std::mem::take(&mut self.state.happened) {
            let event = Event::new(self.events.len() + 1, &kind, &object);
            self.events.push(event.clone());
            news.push(event);
        }
        news
    }

    fn met(&mut self, path: &str, asked: &str) -> Option<Trouble> {
        self.requests.push(asked.to_owned());
        let place = self.planned.iter().position(|planned| path.contains(&planned.path))?;
        Some(self.planned.remove(place).trouble)
    }

    fn answer(
        &mut self,
        asked: &str,
        form: &[(String, String)],
        headers: &HeaderMap,
        breaks: bool,
    ) -> Answer {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let known = |key: &&str| {
            let rest = key.strip_prefix("sk_").or(key.strip_prefix("rk_"));
            rest.is_some_and(|rest| rest.starts_with("test_") || rest.starts_with("live_"))
        };
        let Some(key) = bearer.filter(known) else {
            return fault(401, "invalid_request_error", "", "Invalid API Key provided");
        };
        if self.revoked.iter().any(|revoked| revoked == key) {
            return fault(401, "invalid_request_error", "api_key_expired", "Expired API Key");
        }
        if header("stripe-version").is_none() {
            return fault(400, "invalid_request_error", "", "The adapter names a version");
        }
        let idempotency = header("idempotency-key");
        if asked.starts_with("POST") && idempotency.is_none() {
            return fault(400, "invalid_request_error", "", "The adapter sends a key");
        }
        self.state.answer(asked, form, idempotency, breaks)
    }
}

/// A refusal that looks at nothing.
fn refused(status: u16) -> Answer {
    match status {
        409 => {
            let message = "There is currently another in-progress request using this key";
            fault(409, "idempotency_error", "idempotency_key_in_use", message)
        }
        429 => fault(429, "invalid_request_error", "rate_limit", "Too many requests"),
        status => fault(status, "api_error", "", "Something went wrong"),
    }
}

fn reply((status, body): (u16, Value)) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, body.to_string())
}
