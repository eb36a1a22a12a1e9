//! The objects, each beside what it is when one asks after another.

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

fn number(object: &Value, field: &str) -> i64 {
    // A customer who never had credit has no balance.
    if object.is_null() { 0 } else { object[field].as_i64().unwrap() }
}
