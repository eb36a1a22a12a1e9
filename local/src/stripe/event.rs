//! Events: what the stand-in tells of by itself, signed as Stripe signs it.

use super::{Inner, StandIn};
use crate::{
    clock::now,
    http::{client, exchange},
};
use data_encoding::HEXLOWER;
use http::{Method, Request};
use http_body_util::Full;
use ring::hmac;
use serde_json::{Value, json};
use std::time::Duration;

/// How often an event is sent that is not taken.
const SENDINGS: u64 = 3;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// What: `payment_intent.succeeded`, …
    pub kind: String,
    /// The event as it is sent.
    pub body: String,
    /// The secret key of the account there that it is of.
    key: String,
}

impl Event {
    pub(super) fn new(number: usize, (kind, key): (&str, &str), object: &Value) -> Self {
        let body = json!({
            "id": format!("evt_{number:024}"), "object": "event", "type": kind, "livemode": false,
            "created": now().as_second(), "api_version": null, "pending_webhooks": 1,
            "request": null, "data": {"object": object},
        });
        Self { kind: kind.to_owned(), body: body.to_string(), key: key.to_owned() }
    }
}

/// Who is told.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    pub(super) url: String,
    pub(super) secret: String,
    /// Of whose account; none, of all.
    pub(super) key: Option<String>,
}

/// When events are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Telling {
    /// Once each, when what happened has been answered.
    #[default]
    After,
    /// Before that is answered, and the answer waits until they are taken.
    First,
    /// Not by themselves: those of [`StandIn::events`], by [`StandIn::tell`], in any order and number.
    ByHand,
}

/// The value of `Stripe-Signature` for a body that is signed at `at`, in seconds.
pub fn signature(secret: &str, at: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", HEXLOWER.encode(tag.as_ref()))
}

impl StandIn {
    /// Events are sent to `url` from now on, signed with `secret`.
    pub fn listens(&self, url: &str, secret: &str) {
        let (url, secret) = (url.to_owned(), secret.to_owned());
        self.lock().state.listeners.push(Listener { url, secret, key: None });
    }

    /// The same, and events of what was made with the secret key `key` alone.
    pub fn listens_for(&self, key: &str, url: &str, secret: &str) {
        let (url, secret, key) = (url.to_owned(), secret.to_owned(), Some(key.to_owned()));
        self.lock().state.listeners.push(Listener { url, secret, key });
    }

    /// What has happened to what was made with the secret key `key`, in this order.
    pub fn events_of(&self, key: &str) -> Vec<Event> {
        self.lock().events.iter().filter(|event| event.key == key).cloned().collect()
    }

    /// When events are sent from now on.
    pub fn tells(&self, telling: Telling) {
        self.lock().telling = telling;
    }

    /// What has happened, in this order.
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// Sends an event to everybody who listens, once; what they answer.
    pub async fn tell(&self, event: &Event) -> Vec<u16> {
        let is_told = |one: &&Listener| one.key.as_ref().is_none_or(|key| *key == event.key);
        let listeners: Vec<Listener> =
            self.lock().state.listeners.iter().filter(is_told).cloned().collect();
        let mut statuses = Vec::new();
        for listener in listeners {
            statuses.push(send(&listener, event).await);
        }
        statuses
    }

    /// Waits until everything that is being sent was taken, or is given up.
    pub async fn all_told(&self) {
        let sending = std::mem::take(&mut self.lock().sending);
        for one in sending {
            let _ = one.await;
        }
    }

    /// When events of the account of `key` are sent from now on.
    pub fn tells_of(&self, key: &str, telling: Telling) {
        self.lock().tellings.insert(key.to_owned(), telling);
    }

    /// Sends what has happened by now, unless that is done by hand.
    pub(super) fn send_news(&self) {
        let mut inner = self.lock();
        let news = inner.news();
        inner.outbox.extend(news);
        for event in std::mem::take(&mut inner.outbox) {
            if inner.telling_of(&event) == Telling::ByHand || inner.state.listeners.is_empty() {
                continue;
            }
            let stand_in = self.clone();
            inner.sending.push(tokio::spawn(async move { stand_in.insist(&event).await }));
        }
    }

    /// Sends what has happened by now, if that is done before it is answered.
    pub(super) async fn send_first(&self) {
        let first = {
            let mut inner = self.lock();
            let news = inner.news();
            let is_first = |event: &Event| inner.telling_of(event) == Telling::First;
            let (first, later): (Vec<Event>, Vec<Event>) = news.into_iter().partition(is_first);
            inner.outbox.extend(later);
            first
        };
        for event in first {
            self.tell(&event).await;
        }
    }

    async fn insist(&self, event: &Event) {
        for sending in 1..=SENDINGS {
            let taken = self.tell(event).await;
            if taken.iter().all(|status| *status == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_secs(sending)).await;
        }
    }
}

impl Inner {
    fn telling_of(&self, event: &Event) -> Telling {
        self.tellings.get(&event.key).copied().unwrap_or(self.telling)
    }
}

/// The status of the answer; 0, where there is none.
async fn send(listener: &Listener, event: &Event) -> u16 {
    let signed = signature(&listener.secret, now().as_second(), &event.body);
    let request = Request::builder()
        .method(Method::POST)
        .uri(&listener.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("stripe-signature", signed)
        .body(Full::from(event.body.clone()));
    let Ok(request) = request else { return 0 };
    exchange(&client(), request).await.map_or(0, |answer| answer.status().as_u16())
}
