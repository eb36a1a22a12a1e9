//! What there is at Stripe, as the stand-in keeps it.

use serde_json::{Value, json};

use crate::stripe::answer::declined;

/// A charge as the stand-in knows it.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Its name.
    pub id: String,
    /// The key of ours that it was prepared for.
    pub key: String,
    /// What it is for.
    pub invoice: String,
    /// How much is asked for, as Stripe writes it.
    pub amount: i64,
    /// The currency.
    pub currency: String,
    /// Its state.
    pub status: String,
    /// How much was given back.
    pub refunded: i64,
}

/// A refund as the stand-in knows it.
#[derive(Clone, Debug)]
pub struct Refund {
    /// Its name.
    pub id: String,
    /// The charge.
    pub intent: String,
    /// How much, as Stripe writes it.
    pub amount: i64,
    /// Its state.
    pub status: String,
}

/// How a card behaves.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stripe) enum Manner {
    Pays,
    /// Its charges are declined: the decline code and the advice.
    Declines(String, Option<String>),
    /// Its bank wants the payer to confirm each payment.
    Asks,
    /// Its payments take days.
    Waits,
    /// Its refunds pend, or fail after they succeeded.
    RefundsPend,
    RefundsFail,
    /// Its payments are disputed as soon as they are made.
    Disputes,
}

/// A card.
#[derive(Clone, Debug)]
pub(in crate::stripe) struct Card {
    pub(in crate::stripe) last4: String,
    pub(in crate::stripe) customer: Option<String>,
    pub(in crate::stripe) manner: Manner,
    pub(in crate::stripe) exp_year: u16,
    /// Whether it was let go: it can never be used again.
    pub(in crate::stripe) gone: bool,
    /// Whose it is, as of an intent.
    pub(in crate::stripe) by: String,
}

/// A PaymentIntent.
#[derive(Clone, Debug)]
pub(in crate::stripe) struct Intent {
    pub(in crate::stripe) key: String,
    pub(in crate::stripe) invoice: String,
    pub(in crate::stripe) amount: i64,
    pub(in crate::stripe) currency: String,
    pub(in crate::stripe) customer: Option<String>,
    pub(in crate::stripe) method: String,
    pub(in crate::stripe) status: &'static str,
    pub(in crate::stripe) received: i64,
    pub(in crate::stripe) refunded: i64,
    pub(in crate::stripe) charge: Option<String>,
    pub(in crate::stripe) error: Option<Value>,
    pub(in crate::stripe) return_url: Option<String>,
    /// The page of the payer's bank.
    pub(in crate::stripe) bank: String,
    /// Whose it is: the secret key of an account of its own, or nothing.
    pub(in crate::stripe) by: String,
}

/// A SetupIntent.
#[derive(Clone, Debug)]
pub(in crate::stripe) struct Setup {
    pub(in crate::stripe) customer: String,
    pub(in crate::stripe) method: String,
    pub(in crate::stripe) status: &'static str,
    pub(in crate::stripe) error: Option<Value>,
    pub(in crate::stripe) return_url: Option<String>,
    pub(in crate::stripe) bank: String,
    /// What its metadata says.
    pub(in crate::stripe) payer: String,
    pub(in crate::stripe) kept: bool,
    pub(in crate::stripe) by: String,
}

impl Setup {
    pub(in crate::stripe) fn next_action(&self) -> Value {
        next_action((self.status, self.return_url.as_deref()), &self.bank)
    }
}

fn next_action((status, return_url): (&str, Option<&str>), bank: &str) -> Value {
    match (status, return_url) {
        ("requires_action", Some(back)) => json!({
            "type": "redirect_to_url",
            "redirect_to_url": {
                "url": bank,
                "return_url": back,
            },
        }),
        ("requires_action", None) => json!({"type": "use_stripe_sdk", "use_stripe_sdk": {}}),
        _ => Value::Null,
    }
}

impl Intent {
    pub(in crate::stripe) fn next_action(&self) -> Value {
        next_action((self.status, self.return_url.as_deref()), &self.bank)
    }

    pub(in crate::stripe) fn succeed(&mut self, id: &str) {
        self.status = "succeeded";
        self.received = self.amount;
        self.charge = Some(id.replacen("pi_", "ch_", 1));
        self.error = None;
    }

    pub(in crate::stripe) fn fail(&mut self, code: (&str, Option<&str>), advice: Option<&str>) {
        self.status = "requires_payment_method";
        self.error = Some(declined(code, advice, Value::Null));
        if let Some(Value::Object(error)) = &mut self.error {
            error.remove("payment_method");
        }
    }
}

/// A refund.
#[derive(Clone, Debug)]
pub(in crate::stripe) struct Repaid {
    pub(in crate::stripe) key: String,
    pub(in crate::stripe) intent: String,
    pub(in crate::stripe) amount: i64,
    pub(in crate::stripe) currency: String,
    pub(in crate::stripe) status: String,
}

/// A dispute.
#[derive(Clone, Debug)]
pub(in crate::stripe) struct Contested {
    pub(in crate::stripe) intent: String,
    pub(in crate::stripe) amount: i64,
    pub(in crate::stripe) currency: String,
    pub(in crate::stripe) status: String,
    pub(in crate::stripe) reason: String,
    pub(in crate::stripe) created: i64,
}
