//! What a meter makes of an event: whose it is, how much it counts, and whether it comes in time.

use super::{
    AggregationFormula, EventPlace, Meter, NewUsageEvent,
    log::Logged,
    tally::{Hour, Tally},
};
use crate::base::{
    id::{CustomerId, MeterId},
    input::{Faults, Input, Json, Location, Text},
    money::Decimal,
    time::Timestamp,
};

/// How far ahead of our clock a client's may be.
pub(super) const AHEAD_MINUTES: i64 = 5;
/// A value of which it counts how many different ones there are.
pub(super) type UniqueValue = Text<1, 200>;
/// The largest value of one event. So many of them that an hour's sum has more digits than the table
/// keeps exactly, nobody sends: 10¹¹.
const LARGEST: i128 = 1_000_000_000_000_000 * Decimal::SCALE;

/// An event that its meter counts, once it is recorded.
#[derive(Clone, Debug)]
pub struct UsageEvent {
    /// The meter.
    pub meter: MeterId,
    /// Who used it.
    pub customer: CustomerId,
    /// What tells it from every other event of the meter.
    pub identifier: Text<1, 255>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// How much it counts; nothing, where events are counted and not summed.
    pub value: Decimal,
    /// Its value, where different values are counted.
    pub unique_value: Option<String>,
    /// Its rank among those of its hour, where the value of one of them counts.
    pub rank: Option<i128>,
    /// What was sent, as JSON.
    pub payload: String,
}

impl UsageEvent {
    /// The hour that it counts in.
    pub fn hour(&self) -> Hour {
        Hour::of(self.timestamp)
    }

    /// Which counter it adds to: the meter's of this customer and day.
    pub fn counter(&self) -> (&MeterId, &CustomerId, String) {
        (&self.meter, &self.customer, self.hour().day())
    }

    /// Where it is counted how often its value was used, where different values are counted.
    pub fn value_counted(&self) -> Option<(&MeterId, &CustomerId, String, &str)> {
        let value = self.unique_value.as_deref()?;
        Some((&self.meter, &self.customer, self.hour().month(), value))
    }

    /// It, as the log has it.
    pub fn logged(&self) -> Logged {
        let logged = Logged::new(self.timestamp, self.value, self.identifier.as_str().to_owned());
        logged.of(self.unique_value.clone())
    }

    /// What it adds.
    pub fn tally(&self) -> Tally {
        Tally::one(self.value)
    }
}

impl Meter {
    /// That no meter counts events of such a name.
    pub fn unknown(place: EventPlace) -> Faults {
        place.at(|at| {
            let mut faults = Faults::default();
            let hint = "is the event_name of no meter";
            faults.not_valid(&at.field(place.event_name()), "no_such_object", hint);
            faults
        })
    }

    /// That an event names a customer whom the account does not have.
    pub fn unknown_customer(&self, event: &NewUsageEvent, place: EventPlace) -> Faults {
        place.at(|at| {
            let mut faults = Faults::default();
            let hint = "names a customer that does not exist";
            let note = |at: &Location<'_>, _: Option<&Json>| {
                faults.not_valid(at, "no_such_object", hint);
            };
            self.at_customer(event, place, at, note);
            faults
        })
    }

    /// The customer whom an event names, if it names one, whether there is such a customer or not.
    pub fn customer_of(&self, event: &NewUsageEvent, place: EventPlace) -> Option<CustomerId> {
        place.at(|at| {
            self.at_customer(event, place, at, |at, given| {
                CustomerId::read(given?, at, &mut Faults::default())
            })
        })
    }

    /// Calls `read` with the place where an event names its customer, and what is there.
    fn at_customer<T>(
        &self,
        event: &NewUsageEvent,
        place: EventPlace,
        at: &Location<'_>,
        read: impl FnOnce(&Location<'_>, Option<&Json>) -> T,
    ) -> T {
        let (key, payload) = (self.event_payload_customer_mapping_key.as_str(), event.payload());
        match (payload.get(key), payload.subject()) {
            (None, Some(subject)) => read(&at.field("subject"), Some(subject)),
            (given, _) => read(&at.field(place.payload()).field(key), given),
        }
    }

    /// The value of what was counted.
    pub fn value_of(&self, tally: Tally) -> Decimal {
        match self.aggregation_formula {
            AggregationFormula::Sum => tally.sum(),
            AggregationFormula::Count => tally.count(),
            AggregationFormula::Max | AggregationFormula::Last => self.value_at(tally.peak),
            AggregationFormula::Unique => tally.different(),
        }
    }

    /// Whether it counts different values, which do not add up over hours.
    pub fn counts_values(&self) -> bool {
        self.aggregation_formula == AggregationFormula::Unique
    }

    /// What the events of one hour come to, some of which count no longer as they did.
    pub fn tally_of(&self, rows: Vec<Logged>) -> Tally {
        let events = Logged::counted(rows);
        let sum = events.iter().fold(Tally::default(), |sum, event| sum.plus(event.tally()));
        let hour = events.first().map(|event| Hour::of(event.at));
        let peak = self.top_rank(&events).zip(hour).map(|(rank, hour)| self.peak(hour, rank));
        Tally { peak, ..sum }
    }

    /// What it makes of an event that arrives at `now` at `place` of a batch, or alone; or what is wrong
    /// with that.
    pub fn measured(
        &self,
        event: &NewUsageEvent,
        place: EventPlace,
        now: Timestamp,
    ) -> Result<UsageEvent, Faults> {
        place.at(|at| {
            let mut faults = Faults::default();
            let measured = self.read(event, (place, at), now, &mut faults);
            measured.filter(|_| faults.is_empty()).ok_or(faults)
        })
    }

    fn read(
        &self,
        event: &NewUsageEvent,
        (place, at): (EventPlace, &Location<'_>),
        now: Timestamp,
        faults: &mut Faults,
    ) -> Option<UsageEvent> {
        if !self.active {
            let hint = "names a meter that is archived and takes no events";
            faults.not_valid(&at.field(place.event_name()), "archived", hint);
        }
        let timestamp = event.timestamp().unwrap_or(now);
        self.check_time(timestamp, now, &at.field(place.timestamp()), faults);
        let (payload, in_payload) = (event.payload(), at.field(place.payload()));
        let customer = self.at_customer(event, place, at, |at, given| required(given, at, faults));
        let key = self.event_payload_value_key.as_str();
        let (given, at) = (payload.get(key), in_payload.field(key));
        let mut unique_value = None;
        let value = match self.aggregation_formula {
            AggregationFormula::Count => Some(Decimal::default()),
            AggregationFormula::Sum | AggregationFormula::Max | AggregationFormula::Last => {
                amount(given, &at, faults)
            }
            AggregationFormula::Unique => {
                unique_value = Some(different(given, &at, faults)?);
                Some(Decimal::default())
            }
        };
        let value = value?;
        Some(UsageEvent {
            meter: self.id().clone(),
            customer: customer?,
            identifier: event.identifier().clone(),
            timestamp,
            value,
            unique_value,
            rank: self.rank(timestamp, value),
            payload: payload.to_json(),
        })
    }

    pub(super) fn check_time(
        &self,
        timestamp: Timestamp,
        now: Timestamp,
        at: &Location<'_>,
        faults: &mut Faults,
    ) {
        let days = self.correction_window_days.get();
        if timestamp < now.plus_days(-days) {
            let hint = format!("is more than {days} days ago; the meter takes no older events");
            faults.not_valid(at, "too_old", &hint);
        }
        if timestamp > now.plus_seconds(AHEAD_MINUTES * 60) {
            let hint = format!("is more than {AHEAD_MINUTES} minutes in the future");
            faults.not_valid(at, "in_the_future", &hint);
        }
    }
}

fn required<T: Input>(value: Option<&Json>, at: &Location<'_>, faults: &mut Faults) -> Option<T> {
    match value {
        Some(value) => T::read(value, at, faults),
        None => faults.missing(at),
    }
}

/// The value of an event: nothing is used less than not at all.
fn amount(value: Option<&Json>, at: &Location<'_>, faults: &mut Faults) -> Option<Decimal> {
    let amount: Decimal = required(value, at, faults)?;
    check_value(amount, at, faults).then_some(amount)
}

/// The value of an event, where different values are counted: text, or what a number or a boolean is as text.
fn different(value: Option<&Json>, at: &Location<'_>, faults: &mut Faults) -> Option<String> {
    match value {
        Some(Json::Bool(value)) => Some(value.to_string()),
        Some(Json::Number(_)) => Decimal::read(value?, at, faults).map(|number| number.to_string()),
        given => required::<UniqueValue>(given, at, faults).map(|text| text.as_str().to_owned()),
    }
}

/// Whether a value is one that an event can have; if not, that is noted.
pub(super) fn check_value(amount: Decimal, at: &Location<'_>, faults: &mut Faults) -> bool {
    let is = !amount.is_negative() && amount.scaled() <= LARGEST;
    if !is {
        let hint = format!("must be from 0 to {}", LARGEST / Decimal::SCALE);
        faults.not_valid(at, "out_of_range", &hint);
    }
    is
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Form, NewMeter},
        *,
    };
    use crate::{
        base::{
            id::{AccountId, Environment, Id, IdSource},
            time::Clock,
        },
        model::record::Record,
    };

    fn meter(rest: &str) -> Meter {
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let id = Id::new(Environment::Stg, Clock.now(), &IdSource::new(Clock));
        let body = format!(r#"{{"display_name": "x", "event_name": "call"{rest}}}"#);
        let json = Json::parse(&body).unwrap();
        let new = NewMeter::read(&json, &Location::body("meter"), &mut Faults::default());
        Meter::new(Record::new(id, account, Clock.now()), new.unwrap())
    }

    const CUSTOMER: &str = r#""customer_id": "cus_stg_0000000000000001""#;

    fn measured(meter: &Meter, at: &str, payload: &str) -> Result<UsageEvent, Vec<String>> {
        let body = format!(
            r#"{{"event_name": "call", "identifier": "1", "timestamp": "{at}", "payload": {payload}}}"#
        );
        let json = Json::parse(&body).unwrap();
        let event = NewUsageEvent::read(&json, &Location::body("x"), &mut Faults::default());
        let now = "2026-03-31T12:00:00Z".parse().unwrap();
        let code = |fault: &crate::base::input::Fault| format!("{} {}", fault.pointer, fault.code);
        meter
            .measured(&event.unwrap(), EventPlace::new(Form::Own, Some(3)), now)
            .map_err(|faults| faults.iter().map(code).collect())
    }

    #[test]
    fn the_horizon_is_exact() {
        let meter = meter(r#", "aggregation_formula": "count""#);
        let payload = format!("{{{CUSTOMER}}}");
        for (at, fault) in [
            ("2026-02-24T12:00:00Z", None),
            ("2026-02-24T11:59:59.999Z", Some("/events/3/timestamp too_old")),
            ("2026-03-31T12:05:00Z", None),
            ("2026-03-31T12:05:00.001Z", Some("/events/3/timestamp in_the_future")),
        ] {
            let found = measured(&meter, at, &payload).err();
            assert_eq!(found, fault.map(|fault| vec![fault.to_owned()]), "{at}");
        }
    }

    #[test]
    fn of_events_the_largest_or_the_last_counts() {
        let event = |at: &str, value: &str, name: &str| {
            Logged::new(at.parse().unwrap(), value.parse().unwrap(), name.to_owned())
        };
        let hours = || {
            [
                vec![
                    event("2026-03-31T09:00:00Z", "1000000000000000", "a"),
                    event("2026-03-31T09:59:59.999Z", "0.000000000001", "b"),
                    event("2026-03-31T09:59:59.999Z", "0", "c"),
                ],
                vec![event("2026-03-31T10:00:00Z", "2", "d")],
            ]
        };
        let value = |meter: &Meter, hours: Vec<Vec<Logged>>| {
            let sum = hours.into_iter().map(|hour| meter.tally_of(hour));
            meter.value_of(sum.fold(Tally::default(), Tally::plus)).to_string()
        };
        let (max, last) =
            (r#", "aggregation_formula": "max""#, r#", "aggregation_formula": "last""#);
        let (max, last) = (meter(max), meter(last));
        assert_eq!(value(&max, hours().into()), "1000000000000000");
        assert_eq!(value(&last, hours().into()), "2");
        let [first, _] = hours();
        assert_eq!(value(&last, vec![first.clone()]), "0.000000000001");
        let gone = Logged { void: true, ..first[0].clone() };
        let rest = first.into_iter().chain([gone]).collect();
        assert_eq!(value(&max, vec![rest]), "0.000000000001");
        assert_eq!((value(&max, vec![]), value(&last, vec![])), ("0".to_owned(), "0".to_owned()));
    }

    #[test]
    fn a_value_is_an_exact_number_that_is_not_negative() {
        let sum = meter(r#", "aggregation_formula": "sum", "event_payload_value_key": "gb""#);
        let now = "2026-03-31T12:00:00Z";
        let of = |value: &str| measured(&sum, now, &format!(r#"{{{CUSTOMER}, "gb": {value}}}"#));
        assert_eq!(of("0.000000000001").unwrap().value.to_string(), "0.000000000001");
        assert_eq!(of(r#""1000000000000000""#).unwrap().value.to_string(), "1000000000000000");
        for (value, code) in [
            ("-1", "out_of_range"),
            ("1000000000000000.000000000001", "out_of_range"),
            ("1e2", "invalid_decimal"),
            ("true", "wrong_type"),
        ] {
            assert_eq!(of(value).unwrap_err(), [format!("/events/3/payload/gb {code}")], "{value}");
        }
        let unique =
            meter(r#", "aggregation_formula": "unique", "event_payload_value_key": "user""#);
        let of =
            |value: &str| measured(&unique, now, &format!(r#"{{{CUSTOMER}, "user": {value}}}"#));
        for (value, text) in
            [("\"ann\"", "ann"), ("7", "7"), ("7.50", "7.5"), ("\"7\"", "7"), ("true", "true")]
        {
            let event = of(value).unwrap();
            assert_eq!((event.unique_value.as_deref(), event.rank), (Some(text), None));
        }
        assert_eq!(of("\"\"").unwrap_err(), ["/events/3/payload/user too_short"]);
        let long = format!("\"{}\"", "x".repeat(201));
        assert_eq!(of(&long).unwrap_err(), ["/events/3/payload/user too_long"]);
        let faults = measured(&sum, now, "{}").unwrap_err();
        let required = ["/events/3/payload/customer_id required", "/events/3/payload/gb required"];
        assert_eq!(faults, required);
    }
}
