//! Processors: who moves the money, and the boundary across which they are asked to.
//!
//! | file | what |
//! |---|---|
//! | `mod` | the processor of an account, as an object |
//! | `route` | processors in the order in which they are tried |
//! | `boundary` | what may be asked of a processor, and what can become of asking |
//! | `wire` | the JSON documents that go there and come back |
//! | `test` | the built-in processor that moves no money, and keeps a record like one that does |
//!
//! A processor is outside: it has its own names for things, its own record and its own idempotency
//! keys, and what it answers may be lost on the way. Nothing on this side of `boundary` knows which
//! kind of processor it talks to, and nothing on the other side sees an object of ours.

pub mod boundary;
pub mod entry;

pub mod route;

pub mod wire;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    boundary::{Attached, Charge, Lost, Outcome, RefundOrder, Told},
    entry::{Entry, EntryKind},
    route::{NewProcessorRoute, ProcessorRoute, ProcessorRoutePatch},
    wire::{Card, DeclineKind, Failure},
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, Environment, Id, IdSource, ProcessorId, kind},
        input::{Text, choice, input},
        metadata::Metadata,
        patch::Change,
        time::Timestamp,
    },
    model::{
        entity::{Entity, Representation, recorded},
        event_type::{ProcessorEvent, created_or_updated},
        record::Record,
    },
};

choice! {
    /// Which processor it is.
    pub enum ProcessorType {
        /// The built-in one, which moves no money.
        Test = "test",
    }
}

/// A processor that an account has an agreement with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Processor {
    #[serde(flatten)]
    record: Record<kind::Processor>,
    /// What a person calls it.
    name: Text<1, 200>,
    /// Which processor it is; never changes.
    pub(crate) r#type: ProcessorType,
    /// Whether payment methods can be added with it. Those that there are can be charged and refunded
    /// in any case.
    pub(crate) active: bool,
    /// Whether a payment method was ever added with it. Such a processor cannot be deleted, because
    /// its payments may still be refunded.
    used: bool,
    /// Free text by key.
    metadata: Metadata,
}

input! {
    /// What a client sends to add a processor.
    pub struct NewProcessor {
        /// What a person calls it.
        name: Text<1, 200>,
        /// Which processor it is; never changes. The test processor moves no money; in production
        /// only some deployments have it.
        r#type: ProcessorType,
        /// Whether payment methods can be added with it; true, when left out.
        active: Option<bool>,
        /// Free text by key.
        metadata: Metadata,
    }
    example {"name": "Cards", "type": "test"}
}

input! {
    /// What a client sends to change a processor.
    pub struct ProcessorPatch {
        /// What a person calls it.
        name: Change<Text<1, 200>>,
        /// Whether payment methods can be added with it.
        active: Change<bool>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
    }
    example {"active": false}
}

const NOUN: &str = "processor";

impl Processor {
    /// A new processor; `test_in_prod` says whether the deployment has the test processor in
    /// production.
    pub fn new(
        record: Record<kind::Processor>,
        new: NewProcessor,
        test_in_prod: bool,
    ) -> Result<Self, Error> {
        let allowed = match (new.r#type, record.account_id.environment()) {
            (ProcessorType::Test, Environment::Prod) => test_in_prod,
            (ProcessorType::Test, Environment::Stg) => true,
        };
        if !allowed {
            let hint = "cannot be test in production: this deployment has the test processor in \
                        staging only (its setting TestProcessorInProd allows it)";
            return Err(Error::rule(NOUN, "type", "not_allowed", hint));
        }
        let active = new.active.unwrap_or(true);
        let (name, r#type, metadata) = (new.name, new.r#type, new.metadata);
        Ok(Self { record, name, r#type, active, used: false, metadata })
    }

    /// What a new account is charged by from its first day: in staging the test processor, in
    /// production nothing.
    pub fn first(account: &AccountId, now: Timestamp, ids: &IdSource) -> Option<Self> {
        (account.environment() == Environment::Stg).then(|| Self {
            record: Record::new(Id::new(Environment::Stg, now, ids), account.clone(), now),
            name: Text::of("Test cards"),
            r#type: ProcessorType::Test,
            active: true,
            used: false,
            metadata: Metadata::default(),
        })
    }

    /// The processor with the changes a client asks for.
    pub fn patched(&self, patch: ProcessorPatch) -> Self {
        Self {
            name: patch.name.apply(self.name.clone()),
            active: patch.active.apply(self.active),
            metadata: patch.metadata.apply(self.metadata.clone()),
            ..self.clone()
        }
    }

    /// The processor, now that a payment method is added with it.
    pub fn used(&self) -> Self {
        Self { used: true, ..self.clone() }
    }

    /// Whether a payment method was ever added with it.
    pub fn is_used(&self) -> bool {
        self.used
    }

    /// Whether payment methods can be added with it.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// The processor, if it can be deleted. The version that says so is a condition of the deletion,
    /// and adding its first payment method changes the version: of the two only one can happen.
    pub fn deletable(self) -> Result<Self, Error> {
        match self.used {
            true => {
                let hint = "has had payment methods, whose payments may still be refunded; set \
                            active to false instead";
                Err(Error::not_now(NOUN, "in_use", hint))
            }
            false => Ok(self),
        }
    }

    /// The id.
    pub fn id(&self) -> &ProcessorId {
        &self.record.id
    }

    /// Whose it is.
    pub(crate) fn account_id(&self) -> &AccountId {
        &self.record.account_id
    }
}

impl Representation for Processor {
    fn example() -> Value {
        serde_json::json!({
            "id": "proc_prod_0mkz6k3cp1r2o3c4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "name": "Cards",
            "type": "test",
            "active": true,
            "used": false,
            "metadata": {},
        })
    }
}

impl Entity for Processor {
    recorded!(kind::Processor);
    type Event = ProcessorEvent;
    const RESOURCE: &'static str = "processors";

    fn events(before: Option<&Self>, _: &Self) -> Vec<ProcessorEvent> {
        created_or_updated(before)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::base::{
        id::IdSource,
        input::{Faults, Input, Json, Location},
        time::Clock,
    };

    fn new_in(account: &str, test_in_prod: bool) -> Result<Processor, Error> {
        let account: AccountId = account.parse().unwrap();
        let id = ProcessorId::new(account.environment(), Clock.now(), &IdSource::new(Clock));
        let json = Json::parse(r#"{"name": "Cards", "type": "test"}"#).unwrap();
        let new = NewProcessor::read(&json, &Location::body(NOUN), &mut Faults::default());
        Processor::new(Record::new(id, account, Clock.now()), new.unwrap(), test_in_prod)
    }

    #[test]
    fn the_test_processor_is_in_production_only_where_the_deployment_has_it() {
        let (stg, prod) = ("acc_stg_0000000000000001", "acc_prod_0000000000000001");
        assert!(new_in(stg, false).is_ok() && new_in(prod, true).is_ok());
        assert_eq!(new_in(prod, false).unwrap_err().status(), 422);
    }

    #[test]
    fn a_processor_that_was_used_cannot_be_deleted() {
        let processor = new_in("acc_stg_0000000000000001", false).unwrap();
        assert!(processor.clone().deletable().is_ok());
        assert_eq!(processor.used().deletable().unwrap_err().status(), 422);
    }
}
