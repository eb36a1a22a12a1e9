//! Meters: what of a customer's usage is counted, and how.
//!
//! | file | what |
//! |---|---|
//! | `mod` | a meter, as an object |
//! | `event` | what a client sends of usage: one event, or a batch |
//! | `cloud` | the same as CloudEvents |
//! | `place` | where an event is in what was sent |
//! | `measure` | what a meter makes of an event: whose it is, and how much |
//! | `tally` | hours, and what was counted in them |
//! | `peak` | the one event of many whose value counts: the largest, or the last |
//! | `log` | the events of an hour one by one |
//! | `recorded` | an event that was counted: what it is, and what it was before |
//! | `threshold` | from which values on it is told that much was used |
//! | `void` | what a client sends to correct one: that it counts no longer, or was otherwise |
//! | `list` | what a client asks and is told of the events one by one |
//! | `usage` | what a client asks and is told of a customer's usage |
//!
//! A meter is found by the `event_name` of an event, so that name is claimed: the claim holds a copy of
//! the meter, and one read finds it. What it counts and how never changes, because what was counted
//! would not change with it. A meter is never deleted; archived, it takes no more events.

mod cloud;
mod event;
mod list;
mod log;
mod measure;
mod peak;
mod place;
mod recorded;
mod tally;
mod threshold;
mod usage;
mod void;

use serde_json::{Value, json};

pub use self::{
    cloud::SentUsage,
    event::{Entry, MOST_EVENTS, NewUsage, NewUsageEvent, Payload, Recording},
    list::{UsageEventPage, UsageEventQuery, UsageEventsAsked},
    log::Logged,
    measure::UsageEvent,
    peak::Peak,
    place::{EventPlace, Form},
    recorded::{
        CorrectedUsage, PreviousUsage, ProposedCredit, RecordedUsage, UNIQUE, UsageEventState,
    },
    tally::{Hour, Span, Tally},
    threshold::UsageThresholds,
    usage::{Usage, UsageQuery, UsageResult, UsageResults, UsageVerdict},
    void::{NamedUsage, UsageAmendment, UsageCorrection, UsageIdentifier, UsageMeter, UsageVoid},
};
use crate::{
    base::{
        error::Error,
        id::{MeterId, kind},
        input::{Integer, Text, Word, choice},
    },
    model::{
        entity::{Companion, Entity, Item, Place, Representation, encode, entity, recorded},
        event_type::{MeterEvent, created_or_updated},
        filter::{Filter, filter},
        list::List,
        record::Record,
    },
};

pub(crate) const NOUN: &str = "meter";

/// What the names of events are unique within.
pub const CLAIM: &str = "meters?event_name";

/// For how many days an event is taken, and can be corrected, unless the meter says otherwise.
const CORRECTION_WINDOW_DAYS: i64 = 35;

choice! {
    /// What a meter makes of the events of a period.
    pub enum AggregationFormula {
        /// The sum of their values.
        Sum = "sum",
        /// How many there are; their values do not matter.
        Count = "count",
        /// The largest of their values.
        Max = "max",
        /// The value of the last of them, by when they happened; of two at one instant the larger.
        Last = "last",
        /// How many different values they have.
        Unique = "unique",
    }
}

entity! {
    /// What of a customer's usage is counted.
    pub struct Meter of kind::Meter;

    /// What a client sends to create a meter.
    new NewMeter
    example {"display_name": "API calls", "event_name": "api_call", "aggregation_formula": "sum"}

    /// What a client sends to change a meter. What it counts, and how, never changes.
    patch MeterPatch
    example {"active": false}

    fields {
        /// What people know it by.
        display_name: required Text<1, 200>,
        /// The `event_name` of the events that it counts.
        event_name: required Word<100> {
            /// The `event_name` of the events that it counts: no other meter's, also no archived one's.
            new,
        },
        /// What it makes of the events of a period.
        aggregation_formula: required AggregationFormula { new },
        /// Where in an event's payload its customer's id is.
        event_payload_customer_mapping_key: default(Word::of("customer_id")) Word<40> {
            /// Where in an event's payload its customer's id is; `customer_id`, when left out.
            new,
        },
        /// Where in an event's payload its value is, unless events are counted by themselves.
        event_payload_value_key: default(Word::of("value")) Word<40> {
            /// Where in an event's payload its value is; `value`, when left out.
            new,
        },
        /// How many days old an event may be when it is sent.
        correction_window_days: default(Integer::clamped(CORRECTION_WINDOW_DAYS)) Integer<1, 366> {
            /// How many days old an event may be when it is sent; 35, when left out.
            new,
            patch,
        },
        /// What a subscription's usage of a period has to reach for an event to tell of it: once a period each.
        #[serde(default)]
        usage_thresholds: default(UsageThresholds::default()) UsageThresholds {
            /// Up to ten values, each more than the one before: when what a subscription uses in a period reaches
            /// one, an event `customer.subscription.usage_threshold_reached` tells of it. None, when left out.
            new,
            /// What usage of a period has to reach to be told of. What was told of in a period is not told again.
            patch,
        },
        /// Whether it takes events. An archived meter does not; what it has counted stays.
        active: default(true) bool {
            /// Whether it takes events; true, when left out.
            new,
            /// Whether it takes events: false archives it.
            patch,
        },
    }
}

impl Meter {
    /// A new meter.
    pub fn new(record: Record<kind::Meter>, new: NewMeter) -> Self {
        Self::from_new(record, new)
    }

    /// The meter with the changes a client asks for.
    pub fn patched(&self, patch: MeterPatch) -> Self {
        self.with_patch(patch)
    }

    /// The meter's id.
    pub fn id(&self) -> &MeterId {
        &self.record.id
    }

    /// For how many days it takes an event.
    pub fn correction_window_days(&self) -> i64 {
        self.correction_window_days.get()
    }

    /// The name of the events that it counts.
    pub fn event_name(&self) -> &str {
        self.event_name.as_str()
    }
}

impl Representation for Meter {
    fn example() -> Value {
        json!({
            "id": "mtr_prod_0mkz6k3cm1e2t3r4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "display_name": "API calls",
            "event_name": "api_call",
            "aggregation_formula": "sum",
            "event_payload_customer_mapping_key": "customer_id",
            "event_payload_value_key": "value",
            "correction_window_days": 35,
            "usage_thresholds": ["80", "100"],
            "active": true,
        })
    }
}

impl Entity for Meter {
    recorded!(kind::Meter);
    type Event = MeterEvent;
    const RESOURCE: &'static str = "meters";

    fn lists(&self) -> Vec<List> {
        MeterFilter::lists(self)
    }

    /// The claim of its event name, with a copy of it.
    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let place =
            Place::Unique { what: CLAIM.to_owned(), value: self.event_name.as_str().to_owned() };
        let mut item = Item::new();
        item.insert("meter".to_owned(), Value::Object(encode(self)?));
        Ok(vec![Companion { place, item, claims: Some((NOUN, "event_name")) }])
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<MeterEvent> {
        created_or_updated(before)
    }
}

filter! {
    /// Which meters to list.
    pub struct MeterFilter of Meter {
        /// Only those that take events, or only those that are archived.
        active: bool,
    }
    together [active]
}
