//! Processors: who moves the money, and the boundary across which they are asked to.
//!
//! | file | what |
//! |---|---|
//! | `mod` | the processor of an account, as an object |
//! | `route` | processors in the order in which they are tried |
//! | `credentials` | what an account entrusts to us to be let in there |
//! | `boundary` | what may be asked of a processor, and what can become of asking |
//! | `wire` | the JSON documents that go there and come back |
//! | `test` | the built-in processor that moves no money, and keeps a record like one that does |
//!
//! A processor is outside: it has its own names for things, its own record and its own idempotency
//! keys, and what it answers may be lost on the way. Nothing on this side of `boundary` knows which
//! kind of processor it talks to, and nothing on the other side sees an object of ours.

pub mod boundary;
pub mod credentials;
pub mod entry;

pub mod route;

#[cfg(test)]
pub(crate) mod tests;
pub mod watch;
pub mod wire;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::credentials::{WEBHOOK, stripe_fault};
pub use self::{
    boundary::{
        Attached, Attaching, Charge, Lost, NewCard, Opened, Outcome, RefundOrder, Standing,
        Subject, Told,
    },
    credentials::{ProcessorState, Sealed, Secret},
    entry::{Entry, EntryKind},
    route::{NewProcessorRoute, ProcessorRoute, ProcessorRoutePatch},
    wire::{
        Action, ActionType, Advice, Blame, Card, DeclineKind, DisputeState, Disputed, Failure,
        Rejection, Taken,
    },
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, Environment, Id, IdSource, ProcessorId, kind},
        input::{Faults, Location, Text, choice, input},
        metadata::Metadata,
        patch::Change,
        time::Timestamp,
    },
    model::{
        entity::{Companion, Entity, Item, Place, Representation, recorded},
        event_type::{ProcessorEvent, created_or_updated},
        record::Record,
    },
};

choice! {
    /// Which processor it is.
    pub enum ProcessorType {
        /// The built-in one, which moves no money.
        Test = "test",
        /// Stripe, by the account's own agreement with it.
        Stripe = "stripe",
    }
}

/// A processor that an account has an agreement with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
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
    /// Whether it does what it is asked.
    #[serde(default = "ready")]
    state: ProcessorState,
    /// What the page that shows a card's fields is given.
    publishable_key: Option<Text<1, 255>>,
    /// The end of the key that requests are sent with.
    secret_key_last_four: Option<String>,
    /// Free text by key.
    metadata: Metadata,
    #[schemars(skip)]
    sealed: Option<Sealed>,
}

fn ready() -> ProcessorState {
    ProcessorState::Ready
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
        /// The key that requests are sent with, secret or restricted; needed for `stripe`. It is tried,
        /// sealed, and never shown again.
        pub(crate) secret_key: Option<Secret>,
        /// What the page that shows a card's fields is given.
        publishable_key: Option<Text<1, 255>>,
        /// What the processor's events are signed with: one, or two while one is replaced. Sealed, and
        /// never shown again.
        pub(crate) webhook_secrets: Option<Vec<Secret>>,
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
        /// Another key that requests are sent with, of the same account at the processor.
        pub(crate) secret_key: Change<Secret>,
        /// What the page that shows a card's fields is given.
        publishable_key: Change<Text<1, 255>>,
        /// What its events are signed with from now on: replaces all. Send the old one and the new one
        /// while the processor may use either.
        pub(crate) webhook_secrets: Change<Vec<Secret>>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
    }
    example {"active": false}
}

pub(crate) const NOUN: &str = "processor";
/// One, and the one that replaces it.
const MOST_WEBHOOK_SECRETS: usize = 2;

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
            (ProcessorType::Test, Environment::Stg) | (ProcessorType::Stripe, _) => true,
        };
        if !allowed {
            let hint = "cannot be test in production: this deployment has the test processor in \
                        staging only (its setting TestProcessorInProd allows it)";
            return Err(Error::rule(NOUN, "type", "not_allowed", hint));
        }
        let processor = Self {
            record,
            name: new.name,
            r#type: new.r#type,
            active: new.active.unwrap_or(true),
            used: false,
            state: ProcessorState::Ready,
            publishable_key: new.publishable_key,
            secret_key_last_four: new.secret_key.as_ref().map(Secret::last_four),
            metadata: new.metadata,
            sealed: None,
        };
        let webhooks = new.webhook_secrets.as_deref().unwrap_or_default();
        processor.credible(new.secret_key.as_ref(), webhooks)?;
        Ok(processor)
    }

    /// Nothing, if it may have these credentials.
    fn credible(&self, secret_key: Option<&Secret>, webhooks: &[Secret]) -> Result<(), Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let public = self.publishable_key();
        let environment = self.record.account_id.environment();
        match self.r#type {
            ProcessorType::Test => {
                let sent = [
                    ("secret_key", secret_key.is_some()),
                    ("publishable_key", public.is_some()),
                    ("webhook_secrets", !webhooks.is_empty()),
                ];
                for (field, _) in sent.into_iter().filter(|(_, sent)| *sent) {
                    let hint = "is nothing that the test processor has";
                    faults.not_valid(&body.field(field), "not_allowed", hint);
                }
            }
            ProcessorType::Stripe => {
                let known = self.secret_key_last_four.is_some();
                if !known {
                    let hint = "is required: Stripe is asked with it";
                    faults.not_valid(&body.field("secret_key"), "required", hint);
                }
                let keys = [
                    ("secret_key", secret_key.map(Secret::reveal), true),
                    ("publishable_key", public, false),
                ];
                for (field, key, secret) in keys {
                    let fault = key.and_then(|key| stripe_fault(key, secret, environment));
                    if let Some((code, hint)) = fault {
                        faults.not_valid(&body.field(field), code, hint);
                    }
                }
                let at = body.field("webhook_secrets");
                if webhooks.len() > MOST_WEBHOOK_SECRETS {
                    faults.not_valid(&at, "too_many", "are more than two");
                }
                let holds = |secret: &Secret| {
                    secret.reveal().strip_prefix(WEBHOOK).is_some_and(|rest| !rest.is_empty())
                };
                if !webhooks.iter().all(holds) {
                    faults.not_valid(&at, "invalid", "holds what is no signing secret of Stripe");
                }
            }
        }
        faults.settled()
    }

    /// The processor with its secrets, as they are sealed.
    pub(crate) fn sealed(&self, sealed: Sealed) -> Self {
        Self { sealed: Some(sealed), state: ProcessorState::Ready, ..self.clone() }
    }

    /// What the page that shows a card's fields is given.
    pub(crate) fn publishable_key(&self) -> Option<&str> {
        self.publishable_key.as_ref().map(Text::as_str)
    }

    /// Its secrets, as they are sealed.
    pub(crate) fn secrets(&self) -> Option<&Sealed> {
        self.sealed.as_ref()
    }

    /// The processor after it was asked for something, if that says anything new of it.
    pub(crate) fn found(&self, state: ProcessorState) -> Option<Self> {
        (self.state != state).then(|| Self { state, ..self.clone() })
    }

    /// Whether it does what it is asked.
    pub fn state(&self) -> ProcessorState {
        self.state
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
            state: ProcessorState::Ready,
            publishable_key: None,
            secret_key_last_four: None,
            metadata: Metadata::default(),
            sealed: None,
        })
    }

    /// The processor with the changes a client asks for.
    pub fn patched(&self, patch: ProcessorPatch) -> Result<Self, Error> {
        let secret_key = patch.secret_key.value();
        let last_four = secret_key.map(Secret::last_four);
        let public = patch.publishable_key.value().cloned();
        let patched = Self {
            name: patch.name.clone().apply(self.name.clone()),
            active: patch.active.clone().apply(self.active),
            publishable_key: public.or_else(|| self.publishable_key.clone()),
            secret_key_last_four: last_four.or_else(|| self.secret_key_last_four.clone()),
            metadata: patch.metadata.clone().apply(self.metadata.clone()),
            ..self.clone()
        };
        let webhooks = patch.webhook_secrets.value().map_or(&[][..], Vec::as_slice);
        patched.credible(secret_key, webhooks).map(|()| patched)
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

    /// Whether a charge is prepared before it is made.
    pub fn takes_two_steps(&self) -> bool {
        match self.r#type {
            ProcessorType::Test => false,
            ProcessorType::Stripe => true,
        }
    }

    /// Whether it has names of its own for those who pay.
    pub(crate) fn has_payers(&self) -> bool {
        match self.r#type {
            ProcessorType::Test => false,
            ProcessorType::Stripe => true,
        }
    }

    /// Whether it tells by itself what became of a payment.
    fn has_events(&self) -> bool {
        match self.r#type {
            ProcessorType::Test => false,
            ProcessorType::Stripe => true,
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
            "state": "ready",
            "status": "ready",
            "publishable_key": null,
            "secret_key_last_four": null,
            "metadata": {},
        })
    }
}

impl Entity for Processor {
    recorded!(kind::Processor);
    type Event = ProcessorEvent;
    const RESOURCE: &'static str = "processors";
    const HIDDEN: &'static [&'static str] = &["sealed"];

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        if !self.has_events() {
            return Ok(Vec::new());
        }
        let account = Value::String(self.account_id().to_string());
        let item = Item::from_iter([("account_id".to_owned(), account)]);
        Ok(vec![Companion { place: Place::Processor(self.id().clone()), item, claims: None }])
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<ProcessorEvent> {
        created_or_updated(before)
    }
}
