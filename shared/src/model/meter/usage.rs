//! What a client asks and is told of usage.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Meter,
    tally::{Hour, Span, Tally},
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
        /// From this instant on: a full hour, such as 2026-01-01T00:00:00Z; 30 days before `to`, when
        /// left out.
        from: Option<Timestamp>,
        /// Up to this instant, which is not included: a full hour, at most 400 days after `from`; the
        /// end of the current hour, when left out.
        to: Option<Timestamp>,
    }
}

impl UsageQuery {
    /// The hours that are asked for at `now`.
    pub fn span(&self, now: Timestamp) -> Result<Span, Error> {
        let (query, mut faults) = (Location::query(), Faults::default());
        let mut full = |at: Timestamp, name: &str| {
            let hour = Hour::beginning(at);
            if hour.is_none() {
                let hint = "must be a full hour, because usage is counted by the hour";
                faults.not_understood(&query.field(name), "not_a_full_hour", hint);
            }
            hour
        };
        let to = self.to.unwrap_or_else(|| Hour::of(now).next().begins());
        let from = self.from.unwrap_or_else(|| Hour::of(to).begins().plus_days(-30));
        let (from, to) = (full(from, "from"), full(to, "to"));
        if let (Some(from), Some(to)) = (from, to) {
            let span = Span { from, to };
            let fault = match span.hours() {
                hours if hours <= 0 => ("not_after_from", "must be after from".to_owned()),
                hours if hours > MOST_DAYS * 24 => {
                    ("too_long", format!("must be at most {MOST_DAYS} days after from"))
                }
                _ => return Ok(span),
            };
            let name = if self.to.is_some() { "to" } else { "from" };
            faults.not_understood(&query.field(name), fault.0, &fault.1);
        }
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
    /// What `meter` counted in these hours.
    pub fn new(meter: &Meter, span: Span, tally: Tally) -> Self {
        Self {
            meter_id: meter.id().clone(),
            from: span.from.begins(),
            to: span.to.begins(),
            value: meter.value_of(tally),
            events: u64::try_from(tally.events).unwrap_or(0),
        }
    }

    /// The same, counted to the millisecond from an instant on.
    pub fn since(self, from: Timestamp) -> Self {
        Self { from, ..self }
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

    fn span(from: Option<&str>, to: Option<&str>) -> Result<i64, Vec<String>> {
        let mut fields =
            vec![("meter_id".to_owned(), Json::Param("mtr_stg_0000000000000001".to_owned()))];
        for (name, value) in [("from", from), ("to", to)] {
            fields.extend(value.map(|value| (name.to_owned(), Json::Param(value.to_owned()))));
        }
        let query = Json::Object(fields);
        let query = UsageQuery::read(&query, &Location::query(), &mut Faults::default());
        match query.unwrap().span("2026-03-31T12:34:56Z".parse().unwrap()) {
            Ok(span) => Ok(span.hours()),
            Err(Error::Faulty(faults)) => Err(faults
                .iter()
                .map(|fault| format!("{} {}", fault.pointer, fault.code))
                .collect()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn usage_is_asked_for_by_full_hours() {
        assert_eq!(span(None, None), Ok(30 * 24));
        assert_eq!(span(Some("2026-03-31T12:00:00Z"), None), Ok(1));
        assert_eq!(span(Some("2026-01-01T00:00:00Z"), Some("2026-02-01T00:00:00Z")), Ok(31 * 24));
        let one = |text: &str| Err(vec![text.to_owned()]);
        assert_eq!(span(Some("2026-01-01T00:30:00Z"), None), one("?from not_a_full_hour"));
        assert_eq!(span(None, Some("2026-01-01T00:00:01Z")), one("?to not_a_full_hour"));
        assert_eq!(span(Some("2026-04-01T00:00:00Z"), None), one("?from not_after_from"));
        assert_eq!(
            span(Some("2025-01-01T00:00:00Z"), Some("2026-03-01T00:00:00Z")),
            one("?to too_long")
        );
    }
}
