//! What a client asks and is told of the events of a meter, one by one.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{RecordedUsage, measure::AHEAD_MINUTES};
use crate::{
    base::{
        error::Error,
        id::{CustomerId, MeterId},
        input::{Faults, Location, Text, input},
        page::{Limit, Offset, PageRequest},
        time::Timestamp,
    },
    model::entity::Representation,
};

/// How many days of events are listed at once, at most.
const MOST_DAYS: i64 = 400;

input! {
    /// Which events of usage a client asks for.
    pub struct UsageEventQuery {
        /// Events of this meter.
        pub meter_id: MeterId,
        /// Events of this customer that count. Required, unless an `identifier` is given.
        customer_id: Option<CustomerId>,
        /// The event with this identifier, whether it counts or is void; with nothing else but `meter_id`.
        identifier: Option<Text<1, 255>>,
        /// Events of this instant or later; 30 days before `to`, when left out.
        from: Option<Timestamp>,
        /// Events before this instant, at most 400 days after `from`; five minutes from now, which is as
        /// far ahead as an event may be, when left out.
        to: Option<Timestamp>,
        /// How many events to return, 50 when left out.
        limit: Option<Limit>,
        /// How many events to skip, from the newest.
        offset: Option<Offset>,
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum UsageEventsAsked {
    /// The one with this identifier.
    One(String),
    /// Those of a customer between two instants, the second not included.
    Of(CustomerId, (Timestamp, Timestamp)),
}

impl UsageEventQuery {
    /// What is asked for at `now`.
    pub fn asked(&self, now: Timestamp) -> Result<UsageEventsAsked, Error> {
        let (query, mut faults) = (Location::query(), Faults::default());
        if let Some(identifier) = &self.identifier {
            let beside = [
                ("customer_id", self.customer_id.is_some()),
                ("from", self.from.is_some()),
                ("to", self.to.is_some()),
            ];
            for (name, _) in beside.iter().filter(|(_, given)| *given) {
                let hint = "cannot stand beside identifier, which names one event";
                faults.not_understood(&query.field(name), "not_combinable", hint);
            }
            let one = UsageEventsAsked::One(identifier.as_str().to_owned());
            return faults.settled().map(|()| one);
        }
        let customer = self.customer_id.clone();
        if customer.is_none() {
            let hint = "is required where no identifier is given: events are kept by customer";
            faults.not_understood(&query.field("customer_id"), "required", hint);
        }
        let to = self.to.unwrap_or_else(|| now.plus_seconds(AHEAD_MINUTES * 60).plus_millis(1));
        let from = self.from.unwrap_or_else(|| to.plus_days(-30));
        let name = if self.to.is_some() { "to" } else { "from" };
        if to <= from {
            faults.not_understood(&query.field(name), "not_after_from", "must be after from");
        } else if to > from.plus_days(MOST_DAYS) {
            let hint = format!("must be at most {MOST_DAYS} days after from");
            faults.not_understood(&query.field(name), "too_long", &hint);
        }
        match (faults.settled(), customer) {
            (Ok(()), Some(customer)) => Ok(UsageEventsAsked::Of(customer, (from, to))),
            (Ok(()), None) => Err(Error::NotFound),
            (Err(error), _) => Err(error),
        }
    }

    /// Which part of them.
    pub fn page(&self) -> PageRequest {
        PageRequest::new(self.limit, self.offset)
    }
}

/// A page of the events of a meter.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UsageEventPage {
    /// The page, the newest first: by when they happened.
    items: Vec<RecordedUsage>,
    /// How many there are, whatever the page.
    total: usize,
    /// Whether there are more after this page.
    has_more: bool,
}

impl UsageEventPage {
    /// These of `total` events.
    pub fn of(items: Vec<RecordedUsage>, total: usize, page: PageRequest) -> Self {
        let has_more = page.offset().saturating_add(page.limit()) < total;
        Self { items, total, has_more }
    }
}

impl Representation for UsageEventPage {
    fn example() -> Value {
        json!({"items": [RecordedUsage::example()], "total": 1, "has_more": false})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::input::{Input, Json};

    fn asked(fields: &[(&str, &str)]) -> Result<UsageEventsAsked, Vec<String>> {
        let meter = [("meter_id", "mtr_stg_0000000000000001")];
        let fields = meter.iter().chain(fields);
        let fields =
            fields.map(|(name, value)| ((*name).to_owned(), Json::Param((*value).to_owned())));
        let query = Json::Object(fields.collect());
        let query = UsageEventQuery::read(&query, &Location::query(), &mut Faults::default());
        let now = "2026-03-31T12:34:56Z".parse().unwrap();
        query.unwrap().asked(now).map_err(|error| match error {
            Error::Faulty(faults) => {
                faults.iter().map(|one| format!("{} {}", one.pointer, one.code)).collect()
            }
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn events_are_asked_for_by_customer_or_by_identifier() {
        let customer = ("customer_id", "cus_stg_0000000000000001");
        let Ok(UsageEventsAsked::Of(_, (from, to))) = asked(&[customer]) else { panic!("of") };
        assert_eq!(from.to_string(), "2026-03-01T12:39:56.001Z");
        assert_eq!(to.to_string(), "2026-03-31T12:39:56.001Z");
        let one = asked(&[("identifier", "a/b")]).unwrap();
        assert!(matches!(one, UsageEventsAsked::One(identifier) if identifier == "a/b"));
        for (fields, fault) in [
            (vec![], "?customer_id required"),
            (vec![customer, ("identifier", "1")], "?customer_id not_combinable"),
            (vec![customer, ("from", "2026-04-01T00:00:00Z")], "?from not_after_from"),
            (vec![customer, ("from", "2025-01-01T00:00:00Z")], "?from too_long"),
        ] {
            assert_eq!(asked(&fields).unwrap_err(), [fault]);
        }
    }
}
