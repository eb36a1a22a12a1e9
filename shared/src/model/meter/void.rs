//! What a client sends to correct an event: that it counts no longer, or that it was otherwise.

use super::{
    AggregationFormula, CorrectedUsage, Meter, RecordedUsage,
    event::NOUN,
    measure::{UniqueValue, check_value},
};
use crate::base::{
    error::Error,
    input::{Faults, Location, Text, Word, input, rule},
    money::Decimal,
    time::Timestamp,
};

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

input! {
    /// An event of usage that was otherwise than it was sent.
    pub struct UsageAmendment {
        /// The `event_name` that it was sent with.
        event_name: Word<100>,
        /// The `identifier` that it was sent with.
        identifier: Text<1, 255>,
        /// How much it counts; as before, when left out.
        value: Option<Decimal>,
        /// Its value, of a meter that counts how many different ones there are; as before, when left out.
        unique_value: Option<UniqueValue>,
        /// When it happened; as before, when left out.
        timestamp: Option<Timestamp>,
        /// Why, for your records.
        reason: Option<Text<0, 500>>,
    }
    rules [rule::at_least_one(&["value", "unique_value", "timestamp"])]
    example {
        "event_name": "api_call", "identifier": "req-6735", "value": "12.5",
        "reason": "Counted twice",
    }
}

/// A correction of an event of usage.
#[derive(Clone, Debug)]
pub enum UsageCorrection {
    /// It counts no longer.
    Void(UsageVoid),
    /// It was otherwise.
    Amendment(UsageAmendment),
}

impl UsageCorrection {
    /// The name of its meter's events.
    pub fn event_name(&self) -> &str {
        match self {
            Self::Void(void) => void.event_name.as_str(),
            Self::Amendment(amendment) => amendment.event_name.as_str(),
        }
    }

    /// What tells the event from others.
    pub fn identifier(&self) -> &str {
        match self {
            Self::Void(void) => void.identifier.as_str(),
            Self::Amendment(amendment) => amendment.identifier.as_str(),
        }
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

    /// The event as it is from `now` on, which is as it was where it says so already; or why it cannot be.
    pub fn of(
        &self,
        event: &RecordedUsage,
        meter: &Meter,
        now: Timestamp,
    ) -> Result<RecordedUsage, Error> {
        match self {
            Self::Void(_) if event.is_void() => Ok(event.clone()),
            Self::Void(void) => event.voided(meter, said(void.reason.as_ref()), now),
            Self::Amendment(amendment) => amendment.of(event, meter, now),
        }
    }
}

impl UsageAmendment {
    fn of(
        &self,
        event: &RecordedUsage,
        meter: &Meter,
        now: Timestamp,
    ) -> Result<RecordedUsage, Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        if self.value.is_none() && self.timestamp.is_none() && self.unique_value.is_none() {
            let hint = "is required, or timestamp: an amendment says what was otherwise";
            faults.not_understood(&body.field("value"), "required", hint);
        }
        if let Some(value) = self.value {
            let at = body.field("value");
            match meter.aggregation_formula {
                AggregationFormula::Count => {
                    let hint = "does not matter to a meter that counts events";
                    faults.not_valid(&at, "not_allowed", hint);
                }
                AggregationFormula::Unique => {
                    let hint = "does not matter to a meter that counts different values: send \
                                unique_value";
                    faults.not_valid(&at, "not_allowed", hint);
                }
                AggregationFormula::Sum | AggregationFormula::Max | AggregationFormula::Last => {
                    check_value(value, &at, &mut faults);
                }
            }
        }
        if self.unique_value.is_some() && !meter.counts_values() {
            let hint = "does not matter to a meter that counts no different values";
            faults.not_valid(&body.field("unique_value"), "not_allowed", hint);
        }
        if let Some(timestamp) = self.timestamp {
            meter.check_time(timestamp, now, &body.field("timestamp"), &mut faults);
        }
        faults.settled()?;
        let timestamp = self.timestamp.unwrap_or(event.timestamp);
        let value = self.value.unwrap_or(event.value);
        let sent = self.unique_value.as_ref().map(|text| text.as_str().to_owned());
        let unique = sent.or_else(|| event.unique_value.clone());
        let is_so = (timestamp, value) == (event.timestamp, event.value);
        if !event.is_void() && is_so && unique == event.unique_value {
            return Ok(event.clone());
        }
        let why = (said(self.reason.as_ref()), now);
        event.amended(meter, (timestamp, value, unique), why)
    }
}

fn said(reason: Option<&Text<0, 500>>) -> Option<String> {
    reason.map(|reason| reason.as_str().to_owned()).filter(|reason| !reason.is_empty())
}

impl From<RecordedUsage> for CorrectedUsage {
    fn from(event: RecordedUsage) -> Self {
        Self::new(event)
    }
}
