//! What the stand-in keeps, and the rules of it.

mod objects;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(super) use self::objects::{Card, Contested, Intent, Manner, Repaid, Setup};
pub use self::objects::{Charge, Refund};
use super::{
    answer::{self, Answer, declined, fault},
    event::Listener,
    trouble::Trouble,
};
use crate::clock::now;

/// What is known under a key.
pub(super) struct Kept {
    pub(super) asked: String,
    form: Vec<(String, String)>,
    answer: Answer,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) cards: BTreeMap<String, Card>,
    pub(super) customers: Vec<String>,
    pub(super) setups: BTreeMap<String, Setup>,
    pub(super) intents: BTreeMap<String, Intent>,
    pub(super) repaid: BTreeMap<String, Repaid>,
    pub(super) contested: BTreeMap<String, Contested>,
    pub(super) listeners: Vec<Listener>,
    /// What has happened, to what, and whose that is, that was not told yet.
    pub(super) happened: Vec<(String, Value, String)>,
    pub(super) keys: BTreeMap<String, Kept>,
    made: u64,
    /// When the first name was given.
    begun: Option<i64>,
    /// The address that the request came to which is being answered.
    pub(super) host: String,
    /// Whose request is being answered.
    pub(super) by: String,
    /// Keys of accounts of their own.
    pub(super) separate: BTreeSet<String>,
    /// What was answered with a failure and is made later.
    later: Vec<Later>,
}

/// A request that is carried out later.
struct Later {
    asked: String,
    form: Vec<(String, String)>,
    by: String,
}

impl State {
    /// A name that nothing has, nor had anything in an earlier life on the same data.
    pub(super) fn name(&mut self, prefix: &str) -> String {
        let begun = *self.begun.get_or_insert_with(|| now().as_millisecond());
        self.made += 1;
        format!("{prefix}_{begun:011x}{:013}", self.made)
    }

    /// Answers a request, or replays the answer of its key.
    pub(super) fn answer(
        &mut self,
        (asked, form): (&str, &[(String, String)]),
        key: Option<&str>,
        by: &str,
        trouble: Option<&Trouble>,
    ) -> Answer {
        // The others are all of one account.
        by.clone_into(&mut self.by);
        if !self.separate.contains(by) {
            self.by.clear();
        }
        if let Some(kept) = key.and_then(|key| self.keys.get(key)) {
            if kept.asked == asked && kept.form == form {
                return kept.answer.clone();
            }
            let message = "Keys for idempotent requests can only be used with the same parameters";
            return fault(400, "idempotency_error", "", message);
        }
        let broken = || fault(500, "api_error", "", "An unknown error occurred");
        let answer = match trouble {
            Some(Trouble::MadeLater) => {
                let (asked, form, by) = (asked.to_owned(), form.to_vec(), self.by.clone());
                self.later.push(Later { asked, form, by });
                broken()
            }
            Some(Trouble::Broken) => {
                self.operate(asked, form);
                broken()
            }
            _ => self.operate(asked, form),
        };
        // A request that failed its validation is not kept.
        if let Some(key) = key.filter(|_| !matches!(answer.0, 400 | 401 | 404 | 409 | 429)) {
            let (asked, form) = (asked.to_owned(), form.to_vec());
            self.keys.insert(key.to_owned(), Kept { asked, form, answer: answer.clone() });
        }
        answer
    }

    pub(super) fn catch_up(&mut self) {
        for Later { asked, form, by } in std::mem::take(&mut self.later) {
            self.by = by;
            self.operate(&asked, &form);
        }
    }

    pub(super) fn forget_keys(&mut self) {
        self.keys.clear();
    }

    pub(super) fn charges(&self) -> Vec<Charge> {
        let charge = |(id, intent): (&String, &Intent)| Charge {
            id: id.clone(),
            key: intent.key.clone(),
            invoice: intent.invoice.clone(),
            amount: intent.amount,
            currency: intent.currency.clone(),
            status: intent.status.to_owned(),
            refunded: intent.refunded,
        };
        self.intents.iter().map(charge).collect()
    }

    pub(super) fn refunds(&self) -> Vec<Refund> {
        let refund = |(id, refund): (&String, &Repaid)| Refund {
            id: id.clone(),
            intent: refund.intent.clone(),
            amount: refund.amount,
            status: refund.status.clone(),
        };
        self.repaid.iter().map(refund).collect()
    }

    /// The payer confirms a card that is to be charged from now on, or fails to.
    fn act_on_setup(&mut self, id: &str, succeeds: bool) -> bool {
        let waits = |setup: &&mut Setup| setup.status == "requires_action";
        let Some(setup) = self.setups.get_mut(id).filter(waits) else { return false };
        match (succeeds, self.cards.get_mut(&setup.method)) {
            (true, Some(card)) => {
                setup.status = "succeeded";
                card.customer = Some(setup.customer.clone());
            }
            _ => {
                setup.status = "requires_payment_method";
                let code = "setup_intent_authentication_failure";
                let mut error = declined((code, None), None, Value::Null);
                if let Some(fields) = error.as_object_mut() {
                    fields.remove("payment_method");
                    fields.insert("type".to_owned(), "invalid_request_error".into());
                }
                setup.error = Some(error);
            }
        }
        self.set_up_happened(id);
        true
    }

    /// Whether something waits for its payer, and where they come back to then.
    pub(super) fn waits(&self, id: &str) -> Option<Option<String>> {
        let setup = self.setups.get(id).map(|one| (one.status, &one.return_url));
        let intent = self.intents.get(id).map(|one| (one.status, &one.return_url));
        let (status, back) = setup.or(intent)?;
        (status == "requires_action").then(|| back.clone())
    }

    /// The page on which the payer of `id` is asked.
    pub(super) fn bank_of(&self, id: &str) -> String {
        format!("http://{}{}{id}", self.host, super::bank::PATH)
    }

    /// Something happened to a setup.
    pub(super) fn set_up_happened(&mut self, id: &str) {
        let Some(setup) = self.setups.get(id) else { return };
        let kind = match setup.status {
            "requires_payment_method" => "setup_failed",
            status => status,
        };
        let shown = answer::setup(id, setup, setup.method.clone().into());
        self.happened.push((format!("setup_intent.{kind}"), shown, setup.by.clone()));
    }

    pub(super) fn act(&mut self, id: &str, succeeds: bool) -> bool {
        if self.setups.contains_key(id) {
            return self.act_on_setup(id, succeeds);
        }
        // A payer who was sent there and failed may try again there.
        let waits = |intent: &&mut Intent| match intent.status {
            "requires_action" | "processing" => true,
            "requires_payment_method" => intent.return_url.is_some(),
            _ => false,
        };
        let Some(intent) = self.intents.get_mut(id).filter(waits) else { return false };
        match succeeds {
            true => intent.succeed(id),
            false => intent.fail(("payment_intent_authentication_failure", None), None),
        }
        let (shown, by) = (answer::intent(id, intent), intent.by.clone());
        self.happened(&shown, by);
        true
    }

    /// Something happened to an intent.
    fn happened(&mut self, intent: &Value, by: String) {
        let kind = match intent.get("status").and_then(Value::as_str).unwrap_or_default() {
            "requires_confirmation" => "created",
            "requires_payment_method" => "payment_failed",
            status => status,
        };
        self.happened.push((format!("payment_intent.{kind}"), intent.clone(), by));
    }

    /// The answer of what has changed an intent, if it has.
    pub(super) fn told(&mut self, answer: Answer) -> Answer {
        let intent = match answer.0 {
            200 => Some(&answer.1),
            402 => answer.1.pointer("/error/payment_intent"),
            _ => None,
        };
        if let Some(intent) = intent {
            self.happened(intent, self.by.clone());
        }
        answer
    }

    /// Puts an intent into a state, as if something had happened there.
    pub(super) fn force(&mut self, id: &str, status: &'static str, code: Option<&str>) {
        let Some(intent) = self.intents.get_mut(id) else { return };
        match (status, code) {
            ("succeeded", _) => intent.succeed(id),
            (_, Some(code)) => intent.fail(("card_declined", Some(code)), None),
            (_, None) => {}
        }
        intent.status = status;
    }

    pub(super) fn change_refund(&mut self, id: &str, status: &str) {
        let Some(refund) = self.repaid.get_mut(id) else { return };
        if let Some(intent) = self.intents.get_mut(&refund.intent).filter(|_| status == "failed") {
            intent.refunded -= refund.amount;
        }
        status.clone_into(&mut refund.status);
        let kind = if status == "failed" { "refund.failed" } else { "refund.updated" };
        let shown = answer::refund(id, refund);
        let by = self.owner(&shown);
        self.happened.push((kind.to_owned(), shown, by));
    }

    /// The payer's bank takes back what an intent took; none, where it took nothing.
    pub(super) fn dispute(&mut self, intent: &str, reason: &str) -> Option<String> {
        let taken = self.intents.get(intent).filter(|intent| intent.status == "succeeded")?;
        let dispute = Contested {
            intent: intent.to_owned(),
            amount: taken.received,
            currency: taken.currency.clone(),
            status: "needs_response".to_owned(),
            reason: reason.to_owned(),
            created: now().as_second(),
        };
        let id = self.name("dp");
        self.contested.insert(id.clone(), dispute);
        self.disputed(&id, "created");
        Some(id)
    }

    pub(super) fn change_dispute(&mut self, id: &str, status: &str) {
        let Some(dispute) = self.contested.get_mut(id) else { return };
        status.clone_into(&mut dispute.status);
        let closed = matches!(status, "won" | "lost" | "warning_closed" | "prevented");
        self.disputed(id, if closed { "closed" } else { "updated" });
    }

    /// Something happened to a dispute.
    fn disputed(&mut self, id: &str, what: &str) {
        let Some(dispute) = self.contested.get(id) else { return };
        let shown = answer::dispute(id, dispute, dispute.intent.clone().into());
        let by = self.owner(&shown);
        self.happened.push((format!("charge.dispute.{what}"), shown, by));
    }

    /// Whose charge a refund or a dispute is of.
    pub(super) fn owner(&self, shown: &Value) -> String {
        let intent = shown.get("payment_intent").and_then(Value::as_str);
        let intent = intent.and_then(|intent| self.intents.get(intent));
        intent.map_or_else(String::new, |intent| intent.by.clone())
    }

    pub(super) fn pays_again(&mut self, method: &str) {
        if let Some(card) = self.cards.get_mut(method) {
            card.manner = Manner::Pays;
        }
    }

    /// A card's bank has given it another number and date.
    pub(super) fn renew(&mut self, id: &str, last4: &str, exp_year: u16) {
        let Some(card) = self.cards.get_mut(id) else { return };
        (card.last4, card.exp_year) = (last4.to_owned(), exp_year);
        self.method_happened(id, "automatically_updated");
    }

    /// Something happened to a card.
    pub(super) fn method_happened(&mut self, id: &str, what: &str) {
        let Some(card) = self.cards.get(id) else { return };
        let (shown, by) = (answer::card(id, card), card.by.clone());
        self.happened.push((format!("payment_method.{what}"), shown, by));
    }

    pub(super) fn decline(&mut self, method: &str, code: &str, advice: Option<&str>) {
        if let Some(card) = self.cards.get_mut(method) {
            card.manner = Manner::Declines(code.to_owned(), advice.map(str::to_owned));
        }
    }
}
