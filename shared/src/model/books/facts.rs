//! What books are made of: of each object what an entry needs, and no more. An account has as many of these
//! as it has invoices and payments, and all of them are in memory at once.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    base::time::Timestamp,
    model::{entity::Item, event::Event},
};

/// What is known of an account's money.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The account's id.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its time zone.
    pub timezone: String,
    pub(super) invoices: BTreeMap<String, Invoice>,
    pub(super) notes: BTreeMap<String, Note>,
    pub(super) intents: BTreeMap<String, Intent>,
    pub(super) refunds: BTreeMap<String, Refund>,
    pub(super) customers: BTreeMap<String, Customer>,
}

/// What an invoice is as far as money goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Draft,
    Expected,
    Uncollectible,
    Void,
}

/// What a version of an invoice says of money.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) state: State,
    pub(super) at: Option<Timestamp>,
    pub(super) total: i128,
    pub(super) discount: i128,
    pub(super) tax: i128,
    pub(super) credit: i128,
    pub(super) reduced: i128,
    pub(super) paid: i128,
    pub(super) due: i128,
    pub(super) intent: Option<Box<str>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Invoice {
    /// Nothing, as long as it is a draft.
    pub(super) number: String,
    pub(super) customer: String,
    pub(super) currency: String,
    /// As it is.
    pub(super) state: State,
    pub(super) due: i128,
    /// As it was, but for drafts.
    pub(super) versions: BTreeMap<u64, Said>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Note {
    pub(super) at: Option<Timestamp>,
    pub(super) customer: String,
    pub(super) invoice: String,
    pub(super) currency: String,
    pub(super) reason: String,
    pub(super) amount: i128,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Intent {
    pub(super) invoice: String,
    pub(super) processor: String,
    pub(super) captured: i128,
    newest: u64,
    /// When it succeeded first: the version, and the instant.
    pub(super) taken: Option<(u64, Option<Timestamp>)>,
}

/// What became of money that was to be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeded,
    Failed,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Refund {
    pub(super) customer: String,
    pub(super) invoice: String,
    pub(super) intent: String,
    pub(super) currency: String,
    pub(super) amount: i128,
    pub(super) outcomes: BTreeMap<u64, (Outcome, Option<Timestamp>)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Customer {
    pub(super) name: String,
    /// Currencies, and what is owed in each.
    pub(super) credit: Vec<(String, i128)>,
    newest: u64,
}

impl Facts {
    /// Of the account with this id, of which nothing is known yet.
    pub fn of(account: &str, name: &str, timezone: &str) -> Self {
        let [account, name, timezone] = [account, name, timezone].map(str::to_owned);
        Self { account, name, timezone, ..Self::default() }
    }

    /// Takes in what an event says, in whatever order they come and however often.
    pub fn hear(&mut self, event: &Event) {
        if let Some((object, _)) = event.seen() {
            let version = event.object_version();
            self.version(event.object_id(), (version, Some(event.happened_at())), object);
        }
        if event.name().ends_with(".deleted") {
            self.forget(event.object_id());
        }
    }

    /// Takes in an object as it was at one of its versions, since an instant.
    pub fn version(&mut self, id: &str, at: (u64, Option<Timestamp>), object: &Item) {
        match prefix(id) {
            "in" => self.invoice(id, at, object),
            "pi" => self.intent(id, at, object),
            "re" => self.refund(id, at, object),
            "cn" => drop(self.notes.insert(id.to_owned(), Note::of(object))),
            "cus" => self.customer(id, at.0, object),
            _ => {}
        }
    }

    /// Takes in an object as it is stored: what it is now, whatever its versions said.
    pub fn object(&mut self, id: &str, object: &Item) {
        let version = object.get("version").and_then(Value::as_u64).unwrap_or_default();
        match prefix(id) {
            "in" => self.invoices.entry(id.to_owned()).or_default().now(object),
            "pi" => self.intent(id, (version, None), object),
            "cn" | "cus" => self.version(id, (version, None), object),
            _ => {}
        }
    }

    /// Nothing is left of an object but what others say of it.
    fn forget(&mut self, id: &str) {
        match prefix(id) {
            "in" => drop(self.invoices.remove(id)),
            "cus" => drop(self.customers.remove(id)),
            _ => {}
        }
    }

    fn invoice(&mut self, id: &str, (version, at): (u64, Option<Timestamp>), object: &Item) {
        let said = Said::by(at, object);
        let invoice = self.invoices.entry(id.to_owned()).or_default();
        if invoice.versions.last_key_value().is_none_or(|(newest, _)| *newest <= version) {
            invoice.now(object);
        }
        if said.state != State::Draft {
            invoice.versions.insert(version, said);
        }
    }

    fn intent(&mut self, id: &str, (version, at): (u64, Option<Timestamp>), object: &Item) {
        let intent = self.intents.entry(id.to_owned()).or_default();
        intent.invoice = owned(object, "invoice_id");
        intent.processor = owned(object, "processor_id");
        if version >= intent.newest {
            intent.captured = number(object, "captured_amount_atom");
            intent.newest = version;
        }
        let is_first = intent.taken.is_none_or(|(first, _)| version < first);
        if text(object, "state") == "succeeded" && is_first {
            intent.taken = Some((version, at));
        }
    }

    fn refund(&mut self, id: &str, (version, at): (u64, Option<Timestamp>), object: &Item) {
        let refund = self.refunds.entry(id.to_owned()).or_default();
        refund.customer = owned(object, "customer_id");
        refund.invoice = owned(object, "invoice_id");
        refund.intent = owned(object, "payment_intent_id");
        refund.currency = owned(object, "currency");
        refund.amount = number(object, "amount_atom");
        let outcome = match text(object, "state") {
            "succeeded" => Outcome::Succeeded,
            "failed" => Outcome::Failed,
            _ => return,
        };
        refund.outcomes.insert(version, (outcome, at));
    }

    fn customer(&mut self, id: &str, version: u64, object: &Item) {
        let customer = self.customers.entry(id.to_owned()).or_default();
        if version < customer.newest {
            return;
        }
        let balances = object.get("credit_balances").and_then(Value::as_array);
        let credit = balances.into_iter().flatten().filter_map(Value::as_object);
        let credit = credit.map(|one| (owned(one, "currency"), number(one, "amount_atom")));
        *customer = Customer { name: name_of(object), credit: credit.collect(), newest: version };
    }
}

impl Invoice {
    fn now(&mut self, object: &Item) {
        let said = Said::by(None, object);
        self.number = owned(object, "number");
        self.customer = owned(object, "customer_id");
        self.currency = owned(object, "currency");
        (self.state, self.due) = (said.state, said.due);
    }
}

impl Said {
    fn by(at: Option<Timestamp>, invoice: &Item) -> Self {
        let of = |name: &str| number(invoice, name);
        let intent = text(invoice, "payment_intent_id");
        Self {
            state: match text(invoice, "state") {
                "draft" => State::Draft,
                "uncollectible" => State::Uncollectible,
                "void" => State::Void,
                _ => State::Expected,
            },
            at,
            total: of("total_amount_atom"),
            discount: of("discount_amount_atom"),
            tax: of("tax_amount_atom"),
            credit: of("credit_applied_amount_atom"),
            reduced: of("reduced_amount_atom"),
            paid: of("paid_amount_atom"),
            due: of("due_amount_atom"),
            intent: (!intent.is_empty()).then(|| intent.into()),
        }
    }
}

impl Note {
    fn of(note: &Item) -> Self {
        Self {
            at: text(note, "created_at").parse().ok(),
            customer: owned(note, "customer_id"),
            invoice: owned(note, "invoice_id"),
            currency: owned(note, "currency"),
            reason: owned(note, "reason"),
            amount: number(note, "amount_atom"),
        }
    }
}

fn prefix(id: &str) -> &str {
    id.split('_').next().unwrap_or_default()
}

/// What a customer is called: by name, or else by address.
fn name_of(customer: &Item) -> String {
    let full = format!("{} {}", text(customer, "first_name"), text(customer, "last_name"));
    let names = [
        text(customer, "name"),
        full.trim(),
        text(customer, "business_name"),
        text(customer, "email"),
    ];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn owned(item: &Item, name: &str) -> String {
    text(item, name).to_owned()
}

fn number(item: &Item, name: &str) -> i128 {
    item.get(name).and_then(Value::as_i64).map_or(0, i128::from)
}
