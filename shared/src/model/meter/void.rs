//! Corrections: an event that counts no longer. What it was stays.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Logged, Meter, event::NOUN};
use crate::{
    base::{
        error::Error,
        id::{CustomerId, InvoiceId, MeterId},
        input::{Faults, Location, Text, Word, choice, input},
        money::Decimal,
        time::Timestamp,
    },
    model::entity::{Item, Representation},
};

const VOIDED_AT: &str = "voided_at";
const REASON: &str = "void_reason";

input! {
    /// An event of usage that is to count no longer.
    pub struct UsageVoid {
        /// The `event_name` that it was sent with.
        event_name: Word<100>,
        /// The `identifier` that it was sent with.
        identifier: Text<1, 255>,
        /// Why, for your records.
        reason: Option<Text<0, 500>>,
    }
    example {"event_name": "api_call", "identifier": "req-6735", "reason": "A test run"}
}

choice! {
    /// Whether an event counts.
    pub enum UsageEventState {
        /// It does.
        Counted = "counted",
        /// It does not any more.
        Voided = "voided",
    }
}

/// An event of usage that was counted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecordedUsage {
    /// What tells it from every other event of its meter.
    identifier: String,
    /// Its meter.
    meter_id: MeterId,
    /// Who used it.
    customer_id: CustomerId,
    /// When it happened.
    timestamp: Timestamp,
    /// How much it counted; nothing, where events are counted and not summed.
    value: Decimal,
    /// Whether it counts.
    state: UsageEventState,
    /// When it was recorded.
    recorded_at: Timestamp,
    /// Since when it counts no longer.
    voided_at: Option<Timestamp>,
    /// Why, where somebody said so.
    void_reason: Option<String>,
    /// The invoices that are final and bill the time it happened in. What of them is given back is for
    /// a person to decide, by a credit note.
    pub final_invoice_ids: Vec<InvoiceId>,
}

impl UsageVoid {
    /// The name of its meter's events.
    pub fn event_name(&self) -> &str {
        self.event_name.as_str()
    }

    /// What tells the event from others.
    pub fn identifier(&self) -> &str {
        self.identifier.as_str()
    }

    /// That no meter counts events of such a name, or none with this identifier.
    pub fn unknown(&self, meter: Option<&Meter>) -> Error {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        match meter {
            None => {
                let hint = "is the event_name of no meter";
                faults.not_valid(&body.field("event_name"), "no_such_object", hint);
            }
            Some(_) => {
                let hint = "is the identifier of no event that the meter has counted";
                faults.not_valid(&body.field("identifier"), "no_such_object", hint);
            }
        }
        Error::Faulty(faults)
    }
}

impl RecordedUsage {
    /// The event with this identifier, as it is kept.
    pub fn kept(meter: &MeterId, identifier: &str, item: &Item) -> Result<Self, Error> {
        let damaged = || Error::Internal(format!("{meter} has a damaged event {identifier:?}"));
        let of = |name: &str| item.get(name).and_then(Value::as_str);
        let read = |name: &str| of(name).and_then(|text| text.parse::<Timestamp>().ok());
        let voided_at = read(VOIDED_AT);
        Ok(Self {
            identifier: identifier.to_owned(),
            meter_id: meter.clone(),
            customer_id: of("customer_id").and_then(|id| id.parse().ok()).ok_or_else(damaged)?,
            timestamp: read("timestamp").ok_or_else(damaged)?,
            value: of("value").and_then(|text| text.parse().ok()).ok_or_else(damaged)?,
            state: match voided_at {
                Some(_) => UsageEventState::Voided,
                None => UsageEventState::Counted,
            },
            recorded_at: read("recorded_at").ok_or_else(damaged)?,
            voided_at,
            void_reason: of(REASON).map(str::to_owned),
            final_invoice_ids: Vec::new(),
        })
    }

    /// What it is kept as once it counts no longer.
    pub fn voided_item(&self, mut item: Item) -> Item {
        let at = self.voided_at.map(|at| (VOIDED_AT, at.to_string()));
        let reason = self.void_reason.clone().map(|reason| (REASON, reason));
        let told = at.into_iter().chain(reason);
        item.extend(told.map(|(name, text)| (name.to_owned(), Value::String(text))));
        item
    }

    /// The event, which counts no longer from `now` on; or why that is too late.
    pub fn voided(
        &self,
        meter: &Meter,
        request: &UsageVoid,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let days = meter.correction_window_days();
        if self.timestamp < now.plus_days(-days) {
            let hint = format!("is of more than {days} days ago, and cannot be corrected any more");
            return Err(Error::not_now(NOUN, "too_old", &hint));
        }
        let reason = request.reason.as_ref().map(|reason| reason.as_str().to_owned());
        Ok(Self {
            state: UsageEventState::Voided,
            voided_at: Some(now),
            void_reason: reason.filter(|reason| !reason.is_empty()),
            ..self.clone()
        })
    }

    /// Whether it counts no longer.
    pub fn is_void(&self) -> bool {
        self.state == UsageEventState::Voided
    }

    /// Whose it is, and when it happened.
    pub fn place(&self) -> (&MeterId, &CustomerId, Timestamp) {
        (&self.meter_id, &self.customer_id, self.timestamp)
    }

    /// What the log says of it: that it counts no longer.
    pub fn void_entry(&self) -> Logged {
        let logged = Logged::new(self.timestamp, self.value, self.identifier.clone());
        Logged { void: true, ..logged }
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
            "state": "voided",
            "recorded_at": "2026-01-31T09:30:01.000Z",
            "voided_at": "2026-01-31T10:00:00.000Z",
            "void_reason": "A test run",
            "final_invoice_ids": [],
        })
    }
}
