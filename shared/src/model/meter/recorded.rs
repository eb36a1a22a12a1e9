//! An event of usage that was counted, as it is kept: what it is now, and what it was before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Logged, Meter, event::NOUN};
use crate::{
    base::{
        error::Error,
        hash::sha256,
        id::{CustomerId, InvoiceId, MeterId},
        input::choice,
        money::{Atoms, Currency, Decimal},
        time::Timestamp,
    },
    model::{
        entity::{Item, Representation},
        invoice::Invoice,
    },
};

/// The attribute of a kept event that is its value, where different values are counted.
pub const UNIQUE: &str = "unique_value";
const VOIDED_AT: &str = "voided_at";
const REASON: &str = "void_reason";
const PREVIOUS: &str = "previous";
/// How often an event is amended: what it was before is kept beside it.
const MOST_AMENDMENTS: usize = 20;

choice! {
    /// Whether an event counts.
    pub enum UsageEventState {
        /// It does.
        Counted = "counted",
        /// It does not any more.
        Voided = "voided",
    }
}

/// What an event was before it was amended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreviousUsage {
    /// When it was said to have happened.
    pub(super) timestamp: Timestamp,
    /// How much it counted.
    pub(super) value: Decimal,
    /// Its value, where different values are counted.
    #[serde(default)]
    pub(super) unique_value: Option<String>,
    /// When it was amended.
    pub(super) amended_at: Timestamp,
    /// Why, where somebody said so.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// An event of usage that was counted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecordedUsage {
    /// What tells it from every other event of its meter.
    pub(super) identifier: String,
    /// Its meter.
    meter_id: MeterId,
    /// Who used it.
    customer_id: CustomerId,
    /// When it happened.
    pub(super) timestamp: Timestamp,
    /// How much it counts, or counted; nothing, where events are counted by themselves.
    pub(super) value: Decimal,
    /// Its value, of a meter that counts how many different ones there are; null of any other.
    pub(super) unique_value: Option<String>,
    /// Whether it counts.
    state: UsageEventState,
    /// When it was recorded.
    recorded_at: Timestamp,
    /// What it was before it was amended, the oldest first.
    previous: Vec<PreviousUsage>,
    /// Since when it counts no longer.
    voided_at: Option<Timestamp>,
    /// Why, where somebody said so.
    void_reason: Option<String>,
}

/// What an invoice billed above what its usage comes to now. It is proposed, and nothing more: whoever
/// approves it issues the credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProposedCredit {
    /// The invoice that billed it.
    pub invoice_id: InvoiceId,
    /// The invoice's currency.
    pub currency: Currency,
    /// How much, in the currency's smallest unit: after discount, with tax, and without what was given
    /// back already.
    pub amount_atom: Atoms,
    /// That it is for usage which was billed too much: what it gives back counts as not billed.
    pub corrects_usage: bool,
}

/// An event of usage that was corrected, and what of that is for a person to decide.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CorrectedUsage {
    #[serde(flatten)]
    event: RecordedUsage,
    /// The invoices that are final and bill a time in which it happened, or was said to have.
    pub final_invoice_ids: Vec<InvoiceId>,
    /// Credit notes for what these billed too much by now, to be issued with
    /// `POST /customers/{id}/credit-notes` by whoever approves them. Nothing is given back by itself.
    pub proposed_credit_notes: Vec<ProposedCredit>,
}

impl CorrectedUsage {
    /// A corrected event that no final invoice bills.
    pub fn new(event: RecordedUsage) -> Self {
        Self { event, final_invoice_ids: Vec::new(), proposed_credit_notes: Vec::new() }
    }

    /// The same, with a final invoice that bills a time in which it happened, and what it billed too much.
    pub fn billed_by(&mut self, invoice: &Invoice, amount: Atoms) {
        let (invoice_id, currency) = (invoice.id().clone(), invoice.currency());
        if !self.final_invoice_ids.contains(&invoice_id) {
            self.final_invoice_ids.push(invoice_id.clone());
        }
        let known = |one: &ProposedCredit| one.invoice_id == invoice_id;
        if amount.is_positive() && !self.proposed_credit_notes.iter().any(known) {
            let (amount_atom, corrects_usage) = (amount, true);
            let credit = ProposedCredit { invoice_id, currency, amount_atom, corrects_usage };
            self.proposed_credit_notes.push(credit);
        }
    }
}

impl RecordedUsage {
    /// The event with this identifier, as it is kept.
    pub fn kept(meter: &MeterId, identifier: &str, item: &Item) -> Result<Self, Error> {
        let damaged = || Error::Internal(format!("{meter} has a damaged event {identifier:?}"));
        let of = |name: &str| item.get(name).and_then(Value::as_str);
        let read = |name: &str| of(name).and_then(|text| text.parse::<Timestamp>().ok());
        let voided_at = read(VOIDED_AT);
        let previous = item.get(PREVIOUS).cloned().unwrap_or_else(|| json!([]));
        Ok(Self {
            identifier: identifier.to_owned(),
            meter_id: meter.clone(),
            customer_id: of("customer_id").and_then(|id| id.parse().ok()).ok_or_else(damaged)?,
            timestamp: read("timestamp").ok_or_else(damaged)?,
            value: of("value").and_then(|text| text.parse().ok()).ok_or_else(damaged)?,
            unique_value: of(UNIQUE).map(str::to_owned),
            state: match voided_at {
                Some(_) => UsageEventState::Voided,
                None => UsageEventState::Counted,
            },
            recorded_at: read("recorded_at").ok_or_else(damaged)?,
            previous: serde_json::from_value(previous).map_err(|_| damaged())?,
            voided_at,
            void_reason: of(REASON).map(str::to_owned),
        })
    }

    /// What it is kept as; `item` is what it was kept as before it was corrected.
    pub fn corrected_item(&self, mut item: Item) -> Result<Item, Error> {
        let mut put = |name: &str, value: Value| item.insert(name.to_owned(), value);
        put("timestamp", Value::String(self.timestamp.to_string()));
        put("value", Value::String(self.value.to_string()));
        if let Some(unique) = &self.unique_value {
            put(UNIQUE, Value::String(unique.clone()));
        }
        if let Some(at) = self.voided_at {
            put(VOIDED_AT, Value::String(at.to_string()));
        }
        if let Some(reason) = &self.void_reason {
            put(REASON, Value::String(reason.clone()));
        }
        if !self.previous.is_empty() {
            let previous = serde_json::to_value(&self.previous);
            put(PREVIOUS, previous.map_err(|error| Error::Internal(error.to_string()))?);
        }
        Ok(item)
    }

    /// Whether it may still be corrected at `now`; if not, why.
    fn check_age(&self, meter: &Meter, now: Timestamp) -> Result<(), Error> {
        let days = meter.correction_window_days();
        if self.timestamp < now.plus_days(-days) {
            let hint = format!("is of more than {days} days ago, and cannot be corrected any more");
            return Err(Error::not_now(NOUN, "too_old", &hint));
        }
        Ok(())
    }

    /// The event, which counts no longer from `now` on; or why that is too late.
    pub(super) fn voided(
        &self,
        meter: &Meter,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        self.check_age(meter, now)?;
        Ok(Self {
            state: UsageEventState::Voided,
            voided_at: Some(now),
            void_reason: reason,
            ..self.clone()
        })
    }

    /// The event with another instant and value from `now` on; or why it cannot be amended any more.
    pub(super) fn amended(
        &self,
        meter: &Meter,
        (timestamp, value, unique_value): (Timestamp, Decimal, Option<String>),
        (reason, now): (Option<String>, Timestamp),
    ) -> Result<Self, Error> {
        if self.is_void() {
            let hint = "is void: what counts no longer is not amended";
            return Err(Error::not_now(NOUN, "voided", hint));
        }
        self.check_age(meter, now)?;
        if self.previous.len() >= MOST_AMENDMENTS {
            let hint = format!("was amended {MOST_AMENDMENTS} times, which is as often as can be");
            return Err(Error::not_now(NOUN, "too_many", &hint));
        }
        let was = PreviousUsage {
            timestamp: self.timestamp,
            value: self.value,
            unique_value: self.unique_value.clone(),
            amended_at: now,
            reason,
        };
        let previous = self.previous.iter().cloned().chain([was]).collect();
        Ok(Self { timestamp, value, unique_value, previous, ..self.clone() })
    }

    /// Whether it counts no longer.
    pub fn is_void(&self) -> bool {
        self.state == UsageEventState::Voided
    }

    /// Whether it says the same as `other` of when and how much.
    pub fn is_like(&self, other: &Self) -> bool {
        let says = |one: &Self| (one.timestamp, one.value, one.state, one.unique_value.clone());
        says(self) == says(other)
    }

    /// Whose it is, and when it happened.
    pub fn place(&self) -> (&MeterId, &CustomerId, Timestamp) {
        (&self.meter_id, &self.customer_id, self.timestamp)
    }

    /// The instants at which it happened, or was said to have.
    pub fn instants(&self) -> Vec<Timestamp> {
        let before = self.previous.iter().map(|one| one.timestamp);
        before.chain([self.timestamp]).collect()
    }

    /// The name by which its next correction is found in the log. Whoever corrects it as it is now writes
    /// there, so of two that do one is told. No batch has such a name.
    pub fn next_correction(&self) -> String {
        let digest = sha256(&self.identifier);
        match self.previous.len() {
            0 => digest,
            count => format!("{digest}.{count}"),
        }
    }

    /// It, as the log has it.
    pub fn logged(&self) -> Logged {
        let logged = Logged::new(self.timestamp, self.value, self.identifier.clone());
        logged.of(self.unique_value.clone())
    }
}

impl Representation for CorrectedUsage {
    fn example() -> Value {
        let mut example = RecordedUsage::example();
        if let Value::Object(fields) = &mut example {
            let invoice = "in_prod_0mkz6k3ci9j8k7l6";
            fields.insert("final_invoice_ids".to_owned(), json!([invoice]));
            let credit = json!([{"invoice_id": invoice, "currency": "usd", "amount_atom": 250,
                "corrects_usage": true}]);
            fields.insert("proposed_credit_notes".to_owned(), credit);
        }
        example
    }
}

impl Representation for RecordedUsage {
    fn example() -> Value {
        json!({
            "identifier": "req-6735",
            "meter_id": "mtr_prod_0mkz6k3cm1e2t3r4",
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "timestamp": "2026-01-31T09:30:00.000Z",
            "value": "12.5",
            "unique_value": null,
            "state": "counted",
            "recorded_at": "2026-01-31T09:30:01.000Z",
            "previous": [{
                "timestamp": "2026-01-31T09:30:00.000Z",
                "value": "15",
                "unique_value": null,
                "amended_at": "2026-01-31T10:00:00.000Z",
                "reason": "Counted twice",
            }],
            "voided_at": null,
            "void_reason": null,
        })
    }
}
