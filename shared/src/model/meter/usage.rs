//! What a client asks and is told of usage.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Meter,
    tally::{Hour, Tally},
};
use crate::{
    base::{
        error::Error,
        id::MeterId,
        input::{Fault, Faults, Location, choice, input},
        money::Decimal,
        time::Timestamp,
    },
    model::entity::Representation,
};

/// How many days of usage are read at once, at most.
const MOST_DAYS: i64 = 400;
/// How many faults of one event are told.
const MOST_TOLD: usize = 10;

choice! {
    /// What became of an event.
    pub enum UsageVerdict {
        /// It is counted: the next read of the customer's usage includes it.
        Accepted = "accepted",
        /// An event of the meter with this identifier was counted before; this one is not.
        Duplicate = "duplicate",
        /// It cannot be counted; `errors` says why.
        Refused = "refused",
    }
}

/// What became of one event.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UsageResult {
    /// The event's identifier; null, where it cannot be read.
    identifier: Option<String>,
    /// What became of it.
    status: UsageVerdict,
    /// What is wrong with it, if it is refused.
    errors: Vec<Fault>,
}

/// What became of the events that were sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UsageResults {
    /// A result for each event, in the order in which they were sent.
    pub results: Vec<UsageResult>,
}

impl UsageResult {
    /// What became of an event that can be read.
    pub fn new(identifier: Option<String>, status: UsageVerdict) -> Self {
        Self { identifier, status, errors: Vec::new() }
    }

    /// That an event is refused, and why.
    pub fn refused(identifier: Option<String>, faults: &Faults) -> Self {
        let errors = faults.iter().take(MOST_TOLD).cloned().collect();
        Self { identifier, status: UsageVerdict::Refused, errors }
    }
}

impl Representation for UsageResults {
    fn example() -> Value {
        json!({"results": [{"identifier": "req-6735", "status": "accepted", "errors": []}]})
    }
}

input! {
    /// Which usage of a customer a client asks for.
    pub struct UsageQuery {
        /// The meter that counted it.
        pub meter_id: MeterId,
        /// From this instant on; 30 days before `to`, when left out.
        from: Option<Timestamp>,
        /// Up to this instant, which is not included, at most 400 days after `from`; the end of the current
        /// hour, when left out.
        to: Option<Timestamp>,
    }
}

impl UsageQuery {
    /// The time that is asked for at `now`. Usage is counted by the hour; an hour that an instant cuts is read
    /// event by event.
    pub fn time(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Error> {
        let to = self.to.unwrap_or_else(|| Hour::of(now).next().begins());
        let from = self.from.unwrap_or_else(|| to.plus_days(-30));
        let (code, hint) = if to <= from {
            ("not_after_from", "must be after from".to_owned())
        } else if to > from.plus_days(MOST_DAYS) {
            ("too_long", format!("must be at most {MOST_DAYS} days after from"))
        } else {
            return Ok((from, to));
        };
        let (query, mut faults) = (Location::query(), Faults::default());
        let name = if self.to.is_some() { "to" } else { "from" };
        faults.not_understood(&query.field(name), code, &hint);
        Err(Error::Faulty(faults))
    }

    /// That the account has no such meter.
    pub fn no_meter() -> Error {
        let (query, mut faults) = (Location::query(), Faults::default());
        let hint = "names a meter that does not exist";
        faults.not_understood(&query.field("meter_id"), "no_such_object", hint);
        Error::Faulty(faults)
    }
}

/// What a customer used.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Usage {
    /// The meter that counted it.
    meter_id: MeterId,
    /// From this instant on.
    from: Timestamp,
    /// Up to this instant, which is not included.
    to: Timestamp,
    /// What the meter makes of the events: the sum of their values, how many there are, the largest, the
    /// last, or how many different ones there are; 0, where there are none.
    value: Decimal,
    /// How many events there are.
    events: u64,
}

impl Usage {
    /// What `meter` counted from one instant up to another.
    pub fn new(meter: &Meter, (from, to): (Timestamp, Timestamp), tally: Tally) -> Self {
        Self {
            meter_id: meter.id().clone(),
            from,
            to,
            value: meter.value_of(tally),
            events: u64::try_from(tally.events).unwrap_or(0),
        }
    }
}

impl Representation for Usage {
    fn example() -> Value {
        json!({
            "meter_id": "mtr_prod_0mkz6k3cm1e2t3r4",
            "from": "2026-01-01T00:00:00.000Z",
            "to": "2026-02-01T00:00:00.000Z",
            "value": "1250.5",
            "events": 100,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::input::{Input, Json};

    fn time(from: Option<&str>, to: Option<&str>) -> Result<String, Vec<String>> {
        let mut fields =
            vec![("meter_id".to_owned(), Json::Param("mtr_stg_0000000000000001".to_owned()))];
        for (name, value) in [("from", from), ("to", to)] {
            fields.extend(value.map(|value| (name.to_owned(), Json::Param(value.to_owned()))));
        }
        let query = Json::Object(fields);
        let query = UsageQuery::read(&query, &Location::query(), &mut Faults::default());
        match query.unwrap().time("2026-03-31T12:34:56Z".parse().unwrap()) {
            Ok((from, to)) => Ok(format!("{from} {to}")),
            Err(Error::Faulty(faults)) => Err(faults
                .iter()
                .map(|fault| format!("{} {}", fault.pointer, fault.code))
                .collect()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn usage_is_asked_for_between_any_two_instants() {
        let month = "2026-03-01T13:00:00.000Z 2026-03-31T13:00:00.000Z";
        assert_eq!(time(None, None).unwrap(), month);
        let cut = "2026-03-31T12:30:00.000Z 2026-03-31T13:00:00.000Z";
        assert_eq!(time(Some("2026-03-31T12:30:00Z"), None).unwrap(), cut);
        let within = "2026-01-01T00:00:00.001Z 2026-01-01T00:00:00.002Z";
        let found = time(Some("2026-01-01T00:00:00.001Z"), Some("2026-01-01T00:00:00.002Z"));
        assert_eq!(found.unwrap(), within);
        let one = |text: &str| Err(vec![text.to_owned()]);
        assert_eq!(time(Some("2026-03-31T13:00:00Z"), None), one("?from not_after_from"));
        assert_eq!(
            time(Some("2025-01-01T00:00:00Z"), Some("2026-03-01T00:00:00Z")),
            one("?to too_long")
        );
    }
}
