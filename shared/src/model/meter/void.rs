//! What a client sends to correct an event: that it counts no longer, or that it was otherwise.

use super::{
    AggregationFormula, CorrectedUsage, Meter, RecordedUsage,
    event::NOUN,
    measure::{UniqueValue, check_value},
};
use crate::base::{
    error::Error,
    id::MeterId,
    input::{Faults, Location, Text, Word, input, rule},
    money::Decimal,
    time::Timestamp,
};

input! {
    /// An event of usage that is to count no longer.
    pub struct UsageVoid {
        /// The `event_name` that it was sent with. It may be left out where one meter alone has counted an event
        /// of this identifier.
        event_name: Option<Word<100>>,
        /// The meter that counted it, in place of `event_name`.
        meter_id: Option<MeterId>,
        /// The `identifier` that it was sent with, where the path does not say it.
        identifier: Option<UsageIdentifier>,
        /// Why, for your records.
        reason: Option<Text<0, 500>>,
    }
    rules [rule::not_together(&["event_name", "meter_id"])]
    example {"event_name": "api_call", "reason": "A test run"}
}

input! {
    /// An event of usage that was otherwise than it was sent.
    pub struct UsageAmendment {
        /// The `event_name` that it was sent with. It may be left out where one meter alone has counted an event
        /// of this identifier.
        event_name: Option<Word<100>>,
        /// The meter that counted it, in place of `event_name`.
        meter_id: Option<MeterId>,
        /// The `identifier` that it was sent with, where the path does not say it.
        identifier: Option<UsageIdentifier>,
        /// How much it counts; as before, when left out.
        value: Option<Decimal>,
        /// Its value, of a meter that counts how many different ones there are; as before, when left out.
        unique_value: Option<UniqueValue>,
        /// When it happened; as before, when left out.
        timestamp: Option<Timestamp>,
        /// Why, for your records.
        reason: Option<Text<0, 500>>,
    }
    rules [
        rule::at_least_one(&["value", "unique_value", "timestamp"]),
        rule::not_together(&["event_name", "meter_id"]),
    ]
    example {"event_name": "api_call", "value": "12.5", "reason": "Counted twice"}
}

/// A correction of an event of usage.
#[derive(Clone, Debug)]
pub enum UsageCorrection {
    /// It counts no longer.
    Void(UsageVoid),
    /// It was otherwise.
    Amendment(UsageAmendment),
}

/// An event's name in the books of whoever sent it.
pub type UsageIdentifier = Text<1, 255>;

/// An event of usage that was named by its identifier, which is one of each meter that has counted such an
/// event.
#[derive(Debug)]
pub struct NamedUsage {
    /// What it is called.
    pub identifier: UsageIdentifier,
    /// The meters that have counted an event that is called so.
    pub meters: Vec<Meter>,
}

/// How a correction says whose event it is about.
#[derive(Clone, Copy, Debug)]
pub enum UsageMeter<'a> {
    /// By the name of the meter's events.
    Named(&'a str),
    /// By its id.
    Id(&'a MeterId),
}

impl UsageMeter<'_> {
    fn is(self, meter: &Meter) -> bool {
        match self {
            Self::Named(name) => meter.event_name() == name,
            Self::Id(id) => meter.id() == id,
        }
    }

    fn field(self) -> &'static str {
        match self {
            Self::Named(_) => "event_name",
            Self::Id(_) => "meter_id",
        }
    }
}

impl UsageCorrection {
    fn said(&self) -> (Option<&Word<100>>, Option<&MeterId>, Option<&UsageIdentifier>) {
        match self {
            Self::Void(void) => {
                (void.event_name.as_ref(), void.meter_id.as_ref(), void.identifier.as_ref())
            }
            Self::Amendment(one) => {
                (one.event_name.as_ref(), one.meter_id.as_ref(), one.identifier.as_ref())
            }
        }
    }

    /// How the body says which meter has counted the event; it may say it in one way alone.
    fn meter(&self) -> Result<Option<UsageMeter<'_>>, Error> {
        let (name, id, _) = self.said();
        if name.is_some() && id.is_some() {
            let (body, mut faults) = (Location::body(NOUN), Faults::default());
            let hint = "cannot stand beside event_name, which says it too";
            faults.not_understood(&body.field("meter_id"), "not_combinable", hint);
            return Err(Error::Faulty(faults));
        }
        let name = name.map(|name| UsageMeter::Named(name.as_str()));
        Ok(name.or(id.map(UsageMeter::Id)))
    }

    /// Which meter's event it is, and what that is called, where the body alone says it.
    pub fn in_body(&self) -> Result<(UsageMeter<'_>, &UsageIdentifier), Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let (meter, (.., identifier)) = (self.meter()?, self.said());
        if meter.is_none() {
            let hint = "is required, or meter_id, where the path names no event";
            faults.not_understood(&body.field("event_name"), "required", hint);
        }
        if identifier.is_none() {
            let hint = "is required, where the path names no event";
            faults.not_understood(&body.field("identifier"), "required", hint);
        }
        match (meter, identifier) {
            (Some(meter), Some(identifier)) => Ok((meter, identifier)),
            _ => Err(Error::Faulty(faults)),
        }
    }

    /// Of an event that the path names, which meter's it is.
    pub fn of_named(&self, named: NamedUsage) -> Result<(Meter, UsageIdentifier), Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let (said, (.., identifier)) = (self.meter()?, self.said());
        if identifier.is_some_and(|one| *one != named.identifier) {
            let hint = "is not the one that the path says; it can be left out";
            faults.not_valid(&body.field("identifier"), "not_the_same", hint);
        }
        let one_of_several = named.meters.len() > 1;
        let mut meters = named.meters.into_iter();
        let meter = match said {
            Some(said) => meters.find(|meter| said.is(meter)),
            None => meters.next().filter(|_| !one_of_several),
        };
        match said {
            _ if meter.is_some() => {}
            Some(said) => {
                let hint = "is of no meter that has counted an event with this identifier";
                faults.not_valid(&body.field(said.field()), "no_such_object", hint);
            }
            None => {
                let hint = "is required, or meter_id: several meters have counted an event with this \
                            identifier";
                faults.not_valid(&body.field("event_name"), "ambiguous", hint);
            }
        }
        faults.settled()?;
        let meter = meter.ok_or_else(|| Error::Internal("a fault was not noted".to_owned()))?;
        Ok((meter, named.identifier))
    }

    /// That there is no such meter, or that it has counted no event with this identifier.
    pub fn unknown(&self, meter: Option<&Meter>) -> Error {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let (name, ..) = self.said();
        let (field, hint) = match (meter, name) {
            (None, Some(_)) => ("event_name", "is the event_name of no meter"),
            (None, None) => ("meter_id", "does not exist"),
            (Some(_), _) => {
                ("identifier", "is the identifier of no event that the meter has counted")
            }
        };
        faults.not_valid(&body.field(field), "no_such_object", hint);
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
