//! Each operation, from a form to an object.

use serde_json::Value;

use super::{
    answer::{self, Answer, declined, fault, list, missing, wrong},
    state::{Card, Contested, Intent, Manner, Repaid, Setup, State},
};

/// The smallest charge that is taken, in currencies with cents.
const SMALLEST: i64 = 50;

/// The year in which a card expires.
const EXPIRES: u16 = 2040;

/// How long a page is.
const USUAL: usize = 10;

/// The fields of a form.
struct Form<'a>(&'a [(String, String)]);

impl Form<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A field that is not among these.
    fn unknown(&self, known: &[&str]) -> Option<Answer> {
        let strange = self.0.iter().find(|(name, _)| !known.contains(&name.as_str()))?;
        let message = format!("Received unknown parameter: {}", strange.0);
        Some(wrong(&strange.0, "parameter_unknown", &message))
    }
}

/// The test cards that can be added, by their tokens.
fn card_of(token: &str) -> Option<(&'static str, Manner)> {
    let declines = |code: &str| Manner::Declines(code.to_owned(), None);
    Some(match token {
        "pm_card_visa" => ("4242", Manner::Pays),
        "pm_card_mastercard" => ("4444", Manner::Pays),
        "pm_card_authenticationRequired" => ("3184", Manner::Pays),
        "pm_card_chargeCustomerFail" => ("0341", declines("generic_decline")),
        "pm_card_chargeDeclinedInsufficientFunds" => ("9995", declines("insufficient_funds")),
        "pm_card_threeDSecure2Required" => ("3220", Manner::Asks),
        "pm_card_bypassPending" => ("0077", Manner::Waits),
        "pm_card_pendingRefund" => ("7726", Manner::RefundsPend),
        "pm_card_createDispute" => ("0259", Manner::Disputes),
        "pm_card_refundFail" => ("5126", Manner::RefundsFail),
        _ => return None,
    })
}

impl State {
    pub(super) fn operate(&mut self, asked: &str, form: &[(String, String)]) -> Answer {
        let form = Form(form);
        let (method, path) = asked.split_once(' ').unwrap_or_default();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            ("POST", ["v1", "customers"]) => self.customer(&form),
            ("POST", ["v1", "setup_intents"]) => self.set_up(&form),
            ("GET", ["v1", "setup_intents", id]) => self.shown_setup(id, &form),
            ("GET", ["v1", "payment_methods", id]) => self.shown_card(id),
            ("POST", ["v1", "payment_methods", id, "detach"]) => self.detach(id),
            ("DELETE", ["v1", "customers", id]) => self.delete_customer(id),
            ("GET", ["v1", "payment_intents" | "refunds" | "disputes"]) => self.listed(path, &form),
            ("POST", ["v1", "payment_intents"]) => {
                let opened = self.open(&form);
                self.told(opened)
            }
            ("GET", ["v1", "payment_intents", id]) => self.shown(id),
            ("POST", ["v1", "payment_intents", id, "confirm"]) => {
                let confirmed = self.confirm(id, &form);
                let confirmed = self.told(confirmed);
                if self.is_disputed_at_once(id) {
                    self.dispute(id, "fraudulent");
                }
                confirmed
            }
            ("POST", ["v1", "payment_intents", id, "cancel"]) => {
                let cancelled = self.cancel(id, &form);
                self.told(cancelled)
            }
            ("POST", ["v1", "refunds"]) => self.refund(&form),
            ("GET", ["v1", "refunds", id]) => match self.repaid.get(*id) {
                Some(refund) => (200, answer::refund(id, refund)),
                None => missing("refund", id),
            },
            ("GET", ["v1", "disputes", id]) => self.contested(id, &form),
            _ => fault(404, "invalid_request_error", "", "Unrecognized request URL"),
        }
    }

    /// A page of a list, the newest first.
    fn listed(&self, path: &str, form: &Form<'_>) -> Answer {
        let known = ["limit", "starting_after", "payment_intent", "expand[]", "created[gte]"];
        if let Some(refusal) = form.unknown(&known) {
            return refusal;
        }
        let of = form.get("payment_intent");
        let is_own = |intent: &str| self.intents.get(intent).is_some_and(|one| one.by == self.by);
        let is_of = |intent: &str| of.is_none_or(|of| of == intent) && is_own(intent);
        let whole = form.get("expand[]") == Some("data.payment_intent");
        let charge = |id: &str| match self.intents.get(id).filter(|_| whole) {
            Some(intent) => answer::intent(id, intent),
            None => id.into(),
        };
        let all: Vec<(&String, Value)> = match path.rsplit('/').next() {
            Some("refunds") => {
                let found = self.repaid.iter().filter(|(_, refund)| is_of(&refund.intent));
                found.map(|(id, refund)| (id, answer::refund(id, refund))).collect()
            }
            Some("disputes") => {
                let since = form.get("created[gte]").and_then(|since| since.parse::<i64>().ok());
                let is_new =
                    |dispute: &Contested| since.is_none_or(|since| dispute.created >= since);
                let found = self.contested.iter();
                let found = found.filter(|(_, one)| is_of(&one.intent) && is_new(one));
                found.map(|(id, one)| (id, answer::dispute(id, one, charge(&one.intent)))).collect()
            }
            _ => {
                let found = self.intents.iter().filter(|(id, _)| is_own(id));
                found.map(|(id, one)| (id, answer::intent(id, one))).collect()
            }
        };
        let limit = form.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(USUAL);
        let after = form.get("starting_after");
        let newest = all.into_iter().rev();
        let mut rest = newest.skip_while(|(id, _)| after.is_some_and(|after| id.as_str() >= after));
        let page = rest.by_ref().take(limit).map(|(_, shown)| shown).collect();
        let more = rest.next().is_some();
        (200, answer::with(list(path, page), "has_more", more))
    }

    fn customer(&mut self, form: &Form<'_>) -> Answer {
        if let Some(refusal) = form.unknown(&["metadata[customer]"]) {
            return refusal;
        }
        let id = self.name("cus");
        self.customers.push(id.clone());
        (200, answer::customer(&id))
    }

    fn set_up(&mut self, form: &Form<'_>) -> Answer {
        let known = [
            "customer",
            "payment_method",
            "confirmation_token",
            "confirm",
            "usage",
            "payment_method_types[0]",
            "expand[0]",
            "metadata[payer]",
            "metadata[kept]",
            "return_url",
        ];
        if let Some(refusal) = form.unknown(&known) {
            return refusal;
        }
        let customer = form.get("customer").unwrap_or_default().to_owned();
        if !self.customers.contains(&customer) {
            return missing("customer", &customer);
        }
        let token = form.get("payment_method").unwrap_or_default();
        if token == "pm_card_chargeDeclined" {
            let mut error = declined(("card_declined", Some("generic_decline")), None, Value::Null);
            if let Some(fields) = error.as_object_mut() {
                fields.remove("payment_method");
            }
            return (402, serde_json::json!({"error": error}));
        }
        let Some((last4, manner)) = card_of(token) else {
            return missing("payment_method", token);
        };
        let (id, setup) = (self.name("pm"), self.name("seti"));
        let asks = token == "pm_card_authenticationRequired";
        let (last4, owner) = (last4.to_owned(), Some(customer.clone()).filter(|_| !asks));
        let (exp_year, by) = (EXPIRES, self.by.clone());
        let card = Card { last4, customer: owner, manner, exp_year, gone: false, by };
        self.cards.insert(id.clone(), card);
        let made = Setup {
            customer,
            method: id,
            status: if asks { "requires_action" } else { "succeeded" },
            error: None,
            return_url: form.get("return_url").map(str::to_owned),
            bank: self.bank_of(&setup),
            payer: form.get("metadata[payer]").unwrap_or_default().to_owned(),
            kept: form.get("metadata[kept]") == Some("true"),
            by: self.by.clone(),
        };
        self.setups.insert(setup.clone(), made);
        self.set_up_happened(&setup);
        self.whole_setup(&setup)
    }

    fn shown_setup(&self, id: &str, form: &Form<'_>) -> Answer {
        if let Some(refusal) = form.unknown(&["expand[0]"]) {
            return refusal;
        }
        self.whole_setup(id)
    }

    /// A setup with its card.
    fn whole_setup(&self, id: &str) -> Answer {
        let Some(setup) = self.setups.get(id) else { return missing("setup_intent", id) };
        let card = self.cards.get(&setup.method);
        let card = card.map_or(Value::Null, |card| answer::card(&setup.method, card));
        (200, answer::setup(id, setup, card))
    }

    fn shown_card(&self, id: &str) -> Answer {
        match self.cards.get(id) {
            Some(card) => (200, answer::card(id, card)),
            None => missing("payment_method", id),
        }
    }

    fn open(&mut self, form: &Form<'_>) -> Answer {
        let known = [
            "amount",
            "currency",
            "customer",
            "payment_method",
            "payment_method_types[0]",
            "metadata[key]",
            "metadata[invoice]",
        ];
        if let Some(refusal) = form.unknown(&known) {
            return refusal;
        }
        let amount = form.get("amount").and_then(|amount| amount.parse::<i64>().ok());
        let Some(amount) = amount.filter(|amount| *amount > 0) else {
            return wrong("amount", "parameter_invalid_integer", "Invalid positive integer");
        };
        let currency = form.get("currency").unwrap_or_default().to_owned();
        let whole = matches!(currency.as_str(), "isk" | "ugx");
        let tenths = matches!(currency.as_str(), "bhd" | "jod" | "kwd" | "omr" | "tnd");
        if (whole && amount % 100 != 0) || (tenths && amount % 10 != 0) {
            return wrong("amount", "invalid_charge_amount_no_decimal_compatible", "Whole only");
        }
        if amount < SMALLEST {
            return wrong("amount", "amount_too_small", "Amount must be at least 50 cents");
        }
        let method = form.get("payment_method").unwrap_or_default().to_owned();
        let customer = form.get("customer").map(str::to_owned);
        match self.cards.get(&method) {
            Some(card) if !card.gone && card.customer == customer => {}
            _ => return missing("payment_method", &method),
        }
        let id = self.name("pi");
        let intent = Intent {
            key: form.get("metadata[key]").unwrap_or_default().to_owned(),
            invoice: form.get("metadata[invoice]").unwrap_or_default().to_owned(),
            amount,
            currency,
            customer,
            method,
            status: "requires_confirmation",
            received: 0,
            refunded: 0,
            charge: None,
            error: None,
            return_url: None,
            bank: self.bank_of(&id),
            by: self.by.clone(),
        };
        let shown = answer::intent(&id, &intent);
        self.intents.insert(id, intent);
        (200, shown)
    }

    fn shown(&self, id: &str) -> Answer {
        match self.intents.get(id) {
            Some(intent) => (200, answer::intent(id, intent)),
            None => missing("payment_intent", id),
        }
    }

    fn confirm(&mut self, id: &str, form: &Form<'_>) -> Answer {
        if let Some(refusal) = form.unknown(&["off_session", "return_url"]) {
            return refusal;
        }
        let Some(intent) = self.intents.get_mut(id) else { return missing("intent", id) };
        if intent.status != "requires_confirmation" {
            return unexpected(id, intent, "confirm");
        }
        let absent = form.get("off_session") == Some("true");
        intent.return_url = form.get("return_url").map(str::to_owned);
        let card = self.cards.get(&intent.method).filter(|card| !card.gone);
        let Some(card) = card else { return missing("payment_method", &intent.method) };
        match &card.manner {
            Manner::Pays | Manner::RefundsPend | Manner::RefundsFail | Manner::Disputes => {
                intent.succeed(id);
            }
            Manner::Waits => intent.status = "processing",
            Manner::Asks if absent => intent.fail(("authentication_required", None), None),
            Manner::Asks => intent.status = "requires_action",
            Manner::Declines(code, advice) => {
                intent.fail(("card_declined", Some(code)), advice.as_deref());
            }
        }
        match intent.error.clone() {
            Some(error) => {
                let error = answer::with(error, "payment_intent", answer::intent(id, intent));
                (402, serde_json::json!({"error": error}))
            }
            None => (200, answer::intent(id, intent)),
        }
    }

    fn is_disputed_at_once(&self, id: &str) -> bool {
        let intent = self.intents.get(id).filter(|intent| intent.status == "succeeded");
        let card = intent.and_then(|intent| self.cards.get(&intent.method));
        card.is_some_and(|card| card.manner == Manner::Disputes)
            && !self.contested.values().any(|dispute| dispute.intent == id)
    }

    fn contested(&self, id: &str, form: &Form<'_>) -> Answer {
        if let Some(refusal) = form.unknown(&["expand[0]"]) {
            return refusal;
        }
        let Some(dispute) = self.contested.get(id) else { return missing("dispute", id) };
        let whole = self.intents.get(&dispute.intent);
        let of = match whole.filter(|_| form.get("expand[0]") == Some("payment_intent")) {
            Some(intent) => answer::intent(&dispute.intent, intent),
            None => dispute.intent.clone().into(),
        };
        (200, answer::dispute(id, dispute, of))
    }

    fn cancel(&mut self, id: &str, form: &Form<'_>) -> Answer {
        if let Some(refusal) = form.unknown(&["cancellation_reason"]) {
            return refusal;
        }
        let Some(intent) = self.intents.get_mut(id) else { return missing("intent", id) };
        if matches!(intent.status, "succeeded" | "canceled" | "processing") {
            return unexpected(id, intent, "cancel");
        }
        intent.status = "canceled";
        (200, answer::intent(id, intent))
    }

    fn refund(&mut self, form: &Form<'_>) -> Answer {
        if let Some(refusal) = form.unknown(&["payment_intent", "amount", "metadata[key]"]) {
            return refusal;
        }
        let of = form.get("payment_intent").unwrap_or_default();
        let Some(intent) = self.intents.get_mut(of) else { return missing("payment_intent", of) };
        let amount = form.get("amount").and_then(|amount| amount.parse().ok()).unwrap_or(0);
        let holds = |dispute: &Contested| dispute.intent == of && dispute.status != "won";
        if self.contested.values().any(holds) {
            return wrong("payment_intent", "charge_disputed", "The charge has been charged back");
        }
        let left = intent.received - intent.refunded;
        if left == 0 {
            return wrong("payment_intent", "charge_already_refunded", "Already refunded");
        }
        if amount <= 0 || amount > left {
            return wrong("amount", "", "Refund amount is greater than unrefunded amount");
        }
        let manner = self.cards.get(&intent.method).map(|card| card.manner.clone());
        let status = match manner {
            Some(Manner::RefundsPend | Manner::RefundsFail) => "pending",
            _ => "succeeded",
        };
        intent.refunded += amount;
        let refund = Repaid {
            key: form.get("metadata[key]").unwrap_or_default().to_owned(),
            intent: of.to_owned(),
            amount,
            currency: intent.currency.clone(),
            status: status.to_owned(),
        };
        let id = self.name("re");
        let shown = answer::refund(&id, &refund);
        self.happened.push(("refund.created".to_owned(), shown.clone(), self.by.clone()));
        self.repaid.insert(id, refund);
        (200, shown)
    }
}

/// That an intent is past this.
fn unexpected(id: &str, intent: &Intent, what: &str) -> Answer {
    let message = format!("You cannot {what} this PaymentIntent: it is {}", intent.status);
    let code = "payment_intent_unexpected_state";
    answer::refused(code, &message, "payment_intent", answer::intent(id, intent))
}
