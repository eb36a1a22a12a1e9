//! Processor routes: processors in the order in which they are tried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{ProcessorId, ProcessorRouteId, kind},
        input::{Text, input},
        metadata::Metadata,
        money::Currency,
        patch::{Change, Patch},
    },
    model::{
        entity::{Entity, Representation, recorded},
        event_type::{ProcessorRouteEvent, created_or_updated},
        record::Record,
    },
};

/// Processors in the order in which they are tried.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProcessorRoute {
    #[serde(flatten)]
    record: Record<kind::ProcessorRoute>,
    /// What a person calls it.
    name: Text<1, 200>,
    /// The processors, 1 to 10, in the order in which they are tried. One that is not active, or does
    /// not exist any more, is passed over.
    pub(crate) processor_ids: Vec<ProcessorId>,
    /// The only currency it is for; all, when null.
    currency: Option<Currency>,
    /// Whether it can be used.
    active: bool,
    /// Free text by key.
    metadata: Metadata,
}

input! {
    /// What a client sends to create a route.
    pub struct NewProcessorRoute {
        /// What a person calls it.
        name: Text<1, 200>,
        /// The processors, 1 to 10, each once, in the order in which they are tried.
        pub processor_ids: Vec<ProcessorId>,
        /// The only currency it is for; all, when left out.
        currency: Option<Currency>,
        /// Whether it can be used; true, when left out.
        active: Option<bool>,
        /// Free text by key.
        metadata: Metadata,
    }
    example {"name": "Europe", "processor_ids": ["proc_prod_0mkz6k3cp1r2o3c4"], "currency": "eur"}
}

input! {
    /// What a client sends to change a route.
    pub struct ProcessorRoutePatch {
        /// What a person calls it.
        name: Change<Text<1, 200>>,
        /// The processors, 1 to 10, each once, in the order in which they are tried.
        pub processor_ids: Change<Vec<ProcessorId>>,
        /// The only currency it is for; all, when null.
        currency: Patch<Currency>,
        /// Whether it can be used.
        active: Change<bool>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
    }
    example {"active": false}
}

pub(crate) const NOUN: &str = "processor route";

pub(crate) const MAX_PROCESSORS: usize = 10;

impl ProcessorRoute {
    /// A new route.
    pub fn new(
        record: Record<kind::ProcessorRoute>,
        new: NewProcessorRoute,
    ) -> Result<Self, Error> {
        Self {
            record,
            name: new.name,
            processor_ids: new.processor_ids,
            currency: new.currency,
            active: new.active.unwrap_or(true),
            metadata: new.metadata,
        }
        .checked()
    }

    /// The route with the changes a client asks for.
    pub fn patched(&self, patch: ProcessorRoutePatch) -> Result<Self, Error> {
        Self {
            name: patch.name.apply(self.name.clone()),
            processor_ids: patch.processor_ids.apply(self.processor_ids.clone()),
            currency: patch.currency.apply(self.currency),
            active: patch.active.apply(self.active),
            metadata: patch.metadata.apply(self.metadata.clone()),
            ..self.clone()
        }
        .checked()
    }

    fn checked(self) -> Result<Self, Error> {
        let refused = |code: &str, hint: &str| Err(Error::rule(NOUN, "processor_ids", code, hint));
        let mut sorted: Vec<_> = self.processor_ids.iter().collect();
        sorted.sort_unstable();
        let twins = sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        match self.processor_ids.len() {
            0 => refused("too_short", "must name at least one processor"),
            1..=MAX_PROCESSORS if twins => refused("duplicate", "name a processor twice"),
            1..=MAX_PROCESSORS => Ok(self),
            count => {
                refused("too_long", &format!("are {count}; at most {MAX_PROCESSORS} are allowed"))
            }
        }
    }

    /// The id.
    pub fn id(&self) -> &ProcessorRouteId {
        &self.record.id
    }

    /// Whether it is for amounts in `currency`.
    pub fn takes(&self, currency: Currency) -> bool {
        self.active && self.currency.is_none_or(|only| only == currency)
    }
}

impl Representation for ProcessorRoute {
    fn example() -> Value {
        serde_json::json!({
            "id": "proute_prod_0mkz6k3cr1o2u3t4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "name": "Europe",
            "processor_ids": ["proc_prod_0mkz6k3cp1r2o3c4"],
            "currency": "eur",
            "active": true,
            "metadata": {},
        })
    }
}

impl Entity for ProcessorRoute {
    recorded!(kind::ProcessorRoute);
    type Event = ProcessorRouteEvent;
    const RESOURCE: &'static str = "processor-routes";

    fn events(before: Option<&Self>, _: &Self) -> Vec<ProcessorRouteEvent> {
        created_or_updated(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::input::Faults;
    use crate::base::input::Location;
    use crate::base::{
        id::{AccountId, IdSource},
        input::{Input, Json},
        time::Clock,
    };

    fn route(processors: &[&str], rest: &str) -> Result<ProcessorRoute, Error> {
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let id = ProcessorRouteId::new(account.environment(), Clock.now(), &IdSource::new(Clock));
        let ids = serde_json::json!(processors);
        let body = format!(r#"{{"name": "Europe", "processor_ids": {ids}{rest}}}"#);
        let json = Json::parse(&body).unwrap();
        let new = NewProcessorRoute::read(&json, &Location::body(NOUN), &mut Faults::default());
        ProcessorRoute::new(Record::new(id, account, Clock.now()), new.unwrap())
    }

    #[test]
    fn a_route_names_one_to_ten_processors_each_once() {
        let names: Vec<String> = (10..21).map(|n| format!("proc_stg_00000000000000{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(route(&names[..1], "").is_ok() && route(&names[..10], "").is_ok());
        for refused in [&names[..0], &names[..], &[names[0], names[0]]] {
            assert_eq!(route(refused, "").unwrap_err().status(), 422);
        }
    }

    #[test]
    fn a_route_takes_its_currency_while_it_is_active() {
        let one = ["proc_stg_0000000000000010"];
        let eur: Currency = "eur".parse().unwrap();
        assert!(route(&one, "").unwrap().takes(eur));
        assert!(route(&one, r#", "currency": "EUR""#).unwrap().takes(eur));
        assert!(!route(&one, r#", "currency": "usd""#).unwrap().takes(eur));
        assert!(!route(&one, r#", "active": false"#).unwrap().takes(eur));
    }
}
