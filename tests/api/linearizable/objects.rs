//! The objects, each beside what it is when one asks after another.

use std::sync::Mutex;

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Asker, Object, Sequence, amount};
use crate::{client::Answer, renewals::Shop};

/// Ten dollars, of which something is taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stock(i64);

impl Default for Stock {
    fn default() -> Self {
        Self(1000)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Draw {
    /// Take so much of it.
    Take(i64),
    /// How much is left.
    Look,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Drawn {
    Taken,
    /// There is less than that.
    Refused,
    /// Somebody else is at it: nothing was taken.
    Busy,
    Left(i64),
}

impl Sequence for Stock {
    type Op = Draw;
    type Ret = Drawn;

    const LOOK: Draw = Draw::Look;

    fn answers(&mut self, op: &Draw, heard: Option<&Drawn>) -> bool {
        if heard == Some(&Drawn::Busy) {
            return true;
        }
        let answer = match op {
            Draw::Take(atoms) if *atoms <= self.0 => {
                self.0 -= atoms;
                Drawn::Taken
            }
            Draw::Take(_) => Drawn::Refused,
            Draw::Look => Drawn::Left(self.0),
        };
        heard.is_none_or(|heard| *heard == answer)
    }
}

impl Draw {
    fn drawn(rng: &mut Rng) -> Self {
        if rng.u32(0..4) == 0 { Self::Look } else { Self::Take(rng.i64(1..=5) * 100) }
    }
}

/// What an answer says was taken, if it says it: of a payment that is pending nobody knows yet.
fn taken(answer: &Answer) -> Option<Drawn> {
    let code = || answer.body["errors"][0]["code"].as_str().unwrap_or_default();
    match answer.status.as_u16() {
        200 => Some(Drawn::Taken),
        409 => Some(Drawn::Busy),
        422 => match code() {
            "out_of_range" | "illegal_state" | "more_than_paid" | "already_refunded" => {
                Some(Drawn::Refused)
            }
            "payment_pending" => None,
            _ => panic!("{}", answer.body),
        },
        _ => panic!("{}", answer.body),
    }
}

/// Ten dollars that are due.
pub(super) struct Invoice(String);

impl Object for Invoice {
    type Is = Stock;

    async fn made(shop: &Shop) -> Self {
        let customer = shop.customer("test_success").await;
        let draft = shop.draft(&customer, "send_invoice").await;
        shop.client.finalize_invoice(&draft).await.ok();
        Self(format!("/api/invoices/{draft}"))
    }

    fn drawn(&self, rng: &mut Rng) -> Draw {
        Draw::drawn(rng)
    }

    async fn ask(&self, asker: &Asker, op: &Draw) -> Option<Drawn> {
        Some(match op {
            Draw::Take(atoms) => {
                taken(&asker.post(&format!("{}/pay", self.0), amount(*atoms)).await?)?
            }
            Draw::Look => Drawn::Left(number(&asker.read(&self.0).await?, "due_amount_atom")),
        })
    }
}

/// Ten dollars that were paid and can be given back.
pub(super) struct Payment(String);

impl Object for Payment {
    type Is = Stock;

    async fn made(shop: &Shop) -> Self {
        let customer = shop.customer("test_success").await;
        let draft = shop.draft(&customer, "charge_automatically").await;
        shop.client.finalize_invoice(&draft).await.ok();
        let payments = shop.payments(&draft).await;
        Self(payments[0]["id"].as_str().unwrap().to_owned())
    }

    fn drawn(&self, rng: &mut Rng) -> Draw {
        Draw::drawn(rng)
    }

    async fn ask(&self, asker: &Asker, op: &Draw) -> Option<Drawn> {
        Some(match op {
            Draw::Take(atoms) => {
                let mut body = amount(*atoms);
                body["payment_intent_id"] = json!(self.0);
                taken(&asker.post("/api/payments/refunds", body).await?)?
            }
            Draw::Look => {
                let intent = asker.read(&format!("/api/payments/intents/{}", self.0)).await?;
                let given_back = number(&intent, "refunded_amount_atom");
                Drawn::Left(number(&intent, "captured_amount_atom") - given_back)
            }
        })
    }
}

/// What a customer has to their credit.
pub(super) struct Credit(String);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Balance(i64);

#[derive(Clone, Debug)]
pub(super) enum Change {
    To(i64),
    By(i64),
    Look,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Changed {
    Balance(i64),
    Busy,
}

impl Sequence for Balance {
    type Op = Change;
    type Ret = Changed;

    const LOOK: Change = Change::Look;

    fn answers(&mut self, op: &Change, heard: Option<&Changed>) -> bool {
        if heard == Some(&Changed::Busy) {
            return true;
        }
        match op {
            Change::To(atoms) => self.0 = *atoms,
            Change::By(atoms) => self.0 += atoms,
            Change::Look => {}
        }
        heard.is_none_or(|heard| *heard == Changed::Balance(self.0))
    }
}

impl Object for Credit {
    type Is = Balance;

    async fn made(shop: &Shop) -> Self {
        let customer = shop.client.create_customer(json!({"email": "jane@example.com"})).await;
        Self(format!("/api/customers/{}", customer.ok().id()))
    }

    fn drawn(&self, rng: &mut Rng) -> Change {
        match rng.u32(0..4) {
            0 => Change::Look,
            1 => Change::To(rng.i64(0..=5) * 100),
            _ => Change::By(rng.i64(1..=5) * 10),
        }
    }

    async fn ask(&self, asker: &Asker, op: &Change) -> Option<Changed> {
        let of = |customer: &Value| {
            Changed::Balance(number(&customer["credit_balances"][0], "amount_atom"))
        };
        let answer = match op {
            Change::Look => return Some(of(&asker.read(&self.0).await?)),
            Change::To(atoms) => {
                let body = json!({"currency": "usd", "amount_atom": atoms});
                let path = format!("{}/credit-balance", self.0);
                asker.send(asker.client.request(Method::PATCH, &path).json(&body)).await?
            }
            Change::By(atoms) => {
                let body = json!({"currency": "usd", "amount_atom": atoms});
                asker.post(&format!("{}/credit-notes", self.0), body).await?
            }
        };
        if answer.status == 409 {
            return Some(Changed::Busy);
        }
        let body = answer.ok().body;
        Some(if matches!(op, Change::To(_)) {
            of(&body)
        } else {
            Changed::Balance(number(&body, "balance_atom"))
        })
    }
}

/// What is made by requests that all have one `Idempotency-Key`.
pub(super) struct OneKey {
    key: String,
    email: String,
}

/// What there is of it. One that was made without anybody hearing of it has an empty id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct AtMostOne(Option<String>);

#[derive(Clone, Debug)]
pub(super) enum Make {
    Make,
    /// Which there are.
    Look,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Made {
    /// It, now or earlier.
    Is(String),
    Busy,
    Are(Vec<String>),
}

impl Sequence for AtMostOne {
    type Op = Make;
    type Ret = Made;

    const LOOK: Make = Make::Look;

    fn answers(&mut self, op: &Make, heard: Option<&Made>) -> bool {
        match (op, heard) {
            (_, Some(Made::Busy)) | (Make::Look, None) => true,
            (Make::Make, None) => {
                self.0.get_or_insert_default();
                true
            }
            (Make::Make, Some(Made::Is(id))) => {
                self.0.get_or_insert_default();
                is(&mut self.0, id)
            }
            (Make::Look, Some(Made::Are(ids))) => are(&mut self.0, ids),
            (_, Some(_)) => false,
        }
    }
}

/// Whether what there is has this id; where nobody heard of its id, this is it from now on.
fn is(there: &mut Option<String>, id: &str) -> bool {
    match there {
        Some(unheard) if unheard.is_empty() => {
            *unheard = id.to_owned();
            true
        }
        there => there.as_deref() == Some(id),
    }
}

/// Whether these are all that there is.
fn are(there: &mut Option<String>, ids: &[String]) -> bool {
    match ids {
        [] => there.is_none(),
        [id] => is(there, id),
        _ => false,
    }
}

impl Object for OneKey {
    type Is = AtMostOne;

    async fn made(_: &Shop) -> Self {
        let key = format!("{:x}", fastrand::u64(..));
        let email = format!("{key}@example.com");
        Self { key, email }
    }

    fn drawn(&self, rng: &mut Rng) -> Make {
        if rng.u32(0..4) == 0 { Make::Look } else { Make::Make }
    }

    async fn ask(&self, asker: &Asker, op: &Make) -> Option<Made> {
        if matches!(op, Make::Look) {
            let page = asker.read(&format!("/api/customers?email={}", self.email)).await?;
            return Some(Made::Are(ids(&page)));
        }
        let request = asker.client.request(Method::POST, "/api/customers");
        let request = request.header("idempotency-key", &self.key);
        let answer = asker.send(request.json(&json!({"email": self.email}))).await?;
        Some(if answer.status == 409 { Made::Busy } else { Made::Is(answer.ok().id()) })
    }
}

/// A custom field's key, which one definition at a time may have.
pub(super) struct UniqueKey {
    key: String,
    /// The last definition that anybody heard of.
    newest: Mutex<String>,
}

/// Who holds it. A definition that nobody heard of has an empty id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Held(Option<String>);

#[derive(Clone, Debug)]
pub(super) enum Claim {
    Define,
    /// Remove what holds it, if it is the newest that was heard of.
    Remove(String),
    Look,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Claimed {
    By(String),
    Taken,
    Removed,
    /// There is no such definition (any more).
    Absent,
    Busy,
    Are(Vec<String>),
}

impl Sequence for Held {
    type Op = Claim;
    type Ret = Claimed;

    const LOOK: Claim = Claim::Look;

    fn answers(&mut self, op: &Claim, heard: Option<&Claimed>) -> bool {
        match (op, heard) {
            (_, Some(Claimed::Busy)) | (Claim::Look, None) => true,
            (Claim::Look, Some(Claimed::Are(ids))) => are(&mut self.0, ids),
            (Claim::Define, None) => {
                self.0.get_or_insert_default();
                true
            }
            (Claim::Define, Some(Claimed::By(id))) => self.0.replace(id.clone()).is_none(),
            (Claim::Define, Some(Claimed::Taken)) => self.0.is_some(),
            // One that nobody heard of is none that anybody asks to remove.
            (Claim::Remove(id), heard) => {
                let removed = self.0.take_if(|holder| holder == id).is_some();
                let answer = if removed { Claimed::Removed } else { Claimed::Absent };
                heard.is_none_or(|heard| *heard == answer)
            }
            (_, Some(_)) => false,
        }
    }
}

impl Object for UniqueKey {
    type Is = Held;

    async fn made(_: &Shop) -> Self {
        let key = format!("key_{:x}", fastrand::u32(..));
        Self { key, newest: Mutex::default() }
    }

    fn drawn(&self, rng: &mut Rng) -> Claim {
        let newest = self.newest.lock().unwrap().clone();
        match rng.u32(0..4) {
            0 => Claim::Look,
            1 if !newest.is_empty() => Claim::Remove(newest),
            _ => Claim::Define,
        }
    }

    async fn ask(&self, asker: &Asker, op: &Claim) -> Option<Claimed> {
        const PATH: &str = "/api/custom-field-definitions";
        match op {
            Claim::Look => {
                let mut page = asker.read(&format!("{PATH}?limit=100")).await?;
                let items = page["items"].as_array_mut().unwrap();
                items.retain(|definition| definition["key"] == self.key);
                Some(Claimed::Are(ids(&page)))
            }
            Claim::Define => {
                let body = json!({
                    "entity_type": "customer", "key": self.key, "data_type": "text",
                });
                let answer = asker.post(PATH, body).await?;
                if answer.status == 409 {
                    // Of one that could be made after a while it is said when.
                    let busy = answer.header("retry-after").is_some();
                    return Some(if busy { Claimed::Busy } else { Claimed::Taken });
                }
                let id = answer.ok().id();
                self.newest.lock().unwrap().clone_from(&id);
                Some(Claimed::By(id))
            }
            Claim::Remove(id) => {
                let path = format!("{PATH}/{id}");
                let answer = asker.send(asker.client.request(Method::DELETE, &path)).await?;
                Some(match answer.status.as_u16() {
                    200 => Claimed::Removed,
                    404 => Claimed::Absent,
                    409 => Claimed::Busy,
                    _ => panic!("{}", answer.body),
                })
            }
        }
    }
}

fn number(object: &Value, field: &str) -> i64 {
    // A customer who never had credit has no balance.
    if object.is_null() { 0 } else { object[field].as_i64().unwrap() }
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}
