//! Processor routes: processors in the order in which they are tried.

use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{ProcessorId, ProcessorRouteId, kind},
        input::Text,
        metadata::Metadata,
        money::Currency,
    },
    model::{
        entity::{Entity, Representation, entity, recorded},
        event_type::{ProcessorRouteEvent, created_or_updated},
        record::Record,
    },
};

entity! {
    /// Processors in the order in which they are tried.
    pub struct ProcessorRoute of kind::ProcessorRoute;

    /// What a client sends to create a route.
    new NewProcessorRoute
    example {"name": "Europe", "processor_ids": ["proc_prod_0mkz6k3cp1r2o3c4"], "currency": "eur"}

    /// What a client sends to change a route.
    patch ProcessorRoutePatch
    example {"active": false}

    fields {
        /// What a person calls it.
        name: required Text<1, 200>,
        /// The processors, 1 to 10, in the order in which they are tried. One that is not active, or does
        /// not exist any more, is passed over.
        pub(crate) processor_ids: pub required Vec<ProcessorId> {
            /// The processors, 1 to 10, each once, in the order in which they are tried.
            new,
            /// The processors, 1 to 10, each once, in the order in which they are tried.
            patch,
        },
        /// The only currency it is for; all, when null.
        currency: optional Currency {
            /// The only currency it is for; all, when left out.
            new,
            patch,
        },
        /// Whether it can be used.
        active: default(true) bool {
            /// Whether it can be used; true, when left out.
            new,
            patch,
        },
        /// Free text by key.
        metadata: required Metadata {
            new,
            /// Free text by key: replaces all of it.
            patch,
        },
    }
}

pub(crate) const NOUN: &str = "processor route";

pub(crate) const MAX_PROCESSORS: usize = 10;

impl ProcessorRoute {
    /// A new route.
    pub fn new(
        record: Record<kind::ProcessorRoute>,
        new: NewProcessorRoute,
    ) -> Result<Self, Error> {
        Self::from_new(record, new).checked()
    }

    /// The route with the changes a client asks for.
    pub fn patched(&self, patch: ProcessorRoutePatch) -> Result<Self, Error> {
        self.with_patch(patch).checked()
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
    use crate::{
        base::input::{Faults, Input, Json, Location},
        model::record::tests::record,
    };

    fn route(processors: &[&str], rest: &str) -> Result<ProcessorRoute, Error> {
        let ids = serde_json::json!(processors);
        let body = format!(r#"{{"name": "Europe", "processor_ids": {ids}{rest}}}"#);
        let json = Json::parse(&body).unwrap();
        let new = NewProcessorRoute::read(&json, &Location::body(NOUN), &mut Faults::default());
        ProcessorRoute::new(record(), new.unwrap())
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
