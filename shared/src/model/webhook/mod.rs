//! Webhooks: who is told of events, and how.
//!
//! | file | what |
//! |---|---|
//! | `mod` | an endpoint, as an object |
//! | `asked` | what a client sends about them |
//! | `pattern` | which events an endpoint wants |
//! | `address` | where a webhook may be sent: the one file that decides |
//! | `sign` | secrets, signatures, headers |
//! | `envelope` | the bytes that are sent |
//! | `attempt` | what an answer means, and when the next attempt is |
//! | `lane` | the order of the events of one object on their way to one endpoint |
//! | `delivery` | one event on its way to one endpoint, as an object |
//! | `example` | an event of each type, to try an endpoint with |

mod address;
mod asked;
mod attempt;
mod delivery;
mod envelope;
mod example;
mod lane;
mod pattern;
mod sign;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::asked::check;
pub use self::{
    address::{Target, is_public},
    asked::{NewWebhookEndpoint, Replay, Resend, RotateSecret, WebhookEndpointPatch, Which},
    attempt::{Sent, Verdict, wished},
    delivery::{Delivery, DeliveryFilter, DeliveryState, NotReceived},
    envelope::envelope,
    example::{TestSend, example_of},
    lane::{LONGEST_QUEUE, Lane, Replaying, Waiting},
    pattern::Pattern,
    sign::{Message, SigningSecret, Valid},
};
use crate::{
    base::{
        error::Error,
        id::{WebhookEndpointId, kind},
        input::{Integer, Text, choice},
        time::Timestamp,
    },
    model::{
        entity::{Companion, Entity, Item, Place, Representation, encode, recorded},
        event::subject_of,
        event_type::{
            ALL, CustomerEvent, EventType, InvoiceEvent, SubscriptionEvent, WebhookEndpointEvent,
        },
        record::Record,
    },
};

pub(crate) const NOUN: &str = "webhook endpoint";
/// The claim of the places that an account's endpoints have.
pub const CLAIM: &str = "webhook-endpoints";
/// How many endpoints an account has at most.
pub const MOST: usize = 100;
/// How many secrets are valid beside the newest.
const MOST_BEFORE: usize = 3;
/// An endpoint that does nothing but fail for this long is disabled…
const DISABLED_AFTER_DAYS: i64 = 5;
/// …and its account is warned after this long.
const WARNED_AFTER_HOURS: i64 = 60;

choice! {
    /// Whether events are sent.
    pub enum EndpointState {
        /// They are.
        Enabled = "enabled",
        /// They are not; what was on its way waits.
        Disabled = "disabled",
    }
}

choice! {
    /// Why an endpoint is disabled.
    pub enum DisabledBecause {
        /// A client asked for it.
        Asked = "asked",
        /// It did nothing but fail for five days.
        Failing = "failing",
        /// It answered 410.
        Gone = "gone",
    }
}

/// How an endpoint has been doing, in real time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// When it last received an event, to the minute or so.
    pub last_success_at: Option<Timestamp>,
    /// Since when it has done nothing but fail.
    pub failing_since: Option<Timestamp>,
    /// When the next attempt is, at the latest, of what it failed to receive last.
    pub next_attempt_at: Option<Timestamp>,
    /// When an attempt that failed last took seconds.
    #[serde(skip)]
    #[schemars(skip)]
    pub hung_at: Option<Timestamp>,
}

/// Where an account wants its events sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct WebhookEndpoint {
    #[serde(flatten)]
    pub(crate) record: Record<kind::WebhookEndpoint>,
    /// The address: https, on port 443 or from 1024 up, of a public machine.
    url: Text<1, 2048>,
    /// What it is told of: types of events, `customer.*`, or `*` alone.
    events: Vec<Pattern>,
    /// What it is for.
    description: Option<Text<0, 500>>,
    /// Whether events are sent.
    pub state: EndpointState,
    /// Why not.
    disabled_because: Option<DisabledBecause>,
    /// How it has been doing; null before its first delivery.
    #[serde(default)]
    pub(crate) health: Option<Health>,
    #[schemars(skip)]
    secrets: Vec<Valid>,
    #[schemars(skip)]
    slot: usize,
    /// For which failing it was warned.
    #[schemars(skip)]
    #[serde(default)]
    warned_of: Option<Timestamp>,
    /// When it was last enabled again, or given another address: what was failed before that is forgiven.
    #[schemars(skip)]
    #[serde(default)]
    enabled_at: Option<Timestamp>,
}

/// An endpoint as the answer shows it that makes its secret: the only time it is seen.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IssuedEndpoint {
    #[serde(flatten)]
    shown: WebhookEndpoint,
    /// The key of all signatures: `whsec_` and 32 bytes in base64. It cannot be shown again.
    secret: String,
}

impl WebhookEndpoint {
    /// A new endpoint in the place `slot`, and its secret.
    pub fn new(
        record: Record<kind::WebhookEndpoint>,
        new: NewWebhookEndpoint,
        slot: usize,
        loopback: bool,
    ) -> Result<(Self, SigningSecret), Error> {
        check(&new.url, &new.events, loopback)?;
        let secret = SigningSecret::new();
        let endpoint = Self {
            record,
            url: new.url,
            events: new.events,
            description: new.description,
            state: EndpointState::Enabled,
            disabled_because: None,
            health: None,
            secrets: vec![Valid { secret: secret.clone(), until: None }],
            slot,
            warned_of: None,
            enabled_at: None,
        };
        Ok((endpoint, secret))
    }

    /// The endpoint with the changes a client asks for.
    pub fn patched(
        &self,
        patch: WebhookEndpointPatch,
        loopback: bool,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let state = patch.state.apply(self.state);
        let disabled_because = match state {
            EndpointState::Enabled => None,
            EndpointState::Disabled => self.disabled_because.or(Some(DisabledBecause::Asked)),
        };
        let url = patch.url.apply(self.url.clone());
        let is_another = !self.is_enabled() || url.as_str() != self.url.as_str();
        let patched = Self {
            url,
            events: patch.events.apply(self.events.clone()),
            description: patch.description.apply(self.description.clone()),
            state,
            disabled_because,
            enabled_at: if is_another { Some(now) } else { self.enabled_at },
            ..self.clone()
        };
        if patch.replay_since.is_some() && state == EndpointState::Disabled {
            let hint = "cannot be given while the endpoint is disabled";
            return Err(Error::rule(NOUN, "replay_since", "not_allowed", hint));
        }
        check(&patched.url, &patched.events, loopback).map(|()| patched)
    }

    /// The endpoint with a new secret beside the old one, and that secret, at `now` of real time.
    pub fn rotated(&self, rotate: &RotateSecret, now: Timestamp) -> (Self, SigningSecret) {
        let until = now.plus_hours(rotate.expires_in_hours.map_or(24, Integer::get));
        let secret = SigningSecret::new();
        let newest = Valid { secret: secret.clone(), until: None };
        // Each of those before until it was to end: whoever rotates twice breaks no receiver.
        let valid = self.secrets.iter().filter(|one| one.until.is_none_or(|end| end > now));
        let old = valid.map(|old| Valid {
            until: Some(old.until.map_or(until, |end| end.min(until))),
            ..old.clone()
        });
        let secrets = std::iter::once(newest).chain(old.take(MOST_BEFORE)).collect();
        (Self { secrets, ..self.clone() }, secret)
    }

    /// The endpoint, to which nothing is sent any more.
    pub fn disabled(&self, why: DisabledBecause) -> Self {
        Self { state: EndpointState::Disabled, disabled_because: Some(why), ..self.clone() }
    }

    /// What follows from its doing nothing but fail since an instant, at `now`: it is disabled, its
    /// account is warned, or neither.
    pub fn after_failing(&self, since: Timestamp, now: Timestamp) -> Option<Self> {
        let since = self.failing_from(since);
        if now >= since.plus_days(DISABLED_AFTER_DAYS) {
            return Some(self.disabled(DisabledBecause::Failing));
        }
        let warn = now >= since.plus_hours(WARNED_AFTER_HOURS) && self.warned_of != Some(since);
        warn.then(|| Self { warned_of: Some(since), ..self.clone() })
    }

    /// Since when it has done nothing but fail, of what counts: not before it was enabled again or moved.
    pub fn failing_from(&self, since: Timestamp) -> Timestamp {
        self.enabled_at.map_or(since, |enabled| since.max(enabled))
    }

    /// Whether it was neither enabled again nor given another address since an instant.
    pub fn is_the_same_since(&self, at: Timestamp) -> bool {
        self.enabled_at.is_none_or(|changed| changed <= at)
    }

    /// Whether it wants events of this type.
    pub fn wants(&self, name: &str) -> bool {
        self.events.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether it wants any event of this kind of object.
    pub fn is_about(&self, subject: &str) -> bool {
        let moved = CustomerEvent::StateChanged.as_str();
        let is_own = |name: &&str| subject_of(name) == subject && *name != moved;
        let own = ALL.iter().map(|(name, _)| *name).filter(is_own);
        let moves = [SubscriptionEvent::SUBJECT, InvoiceEvent::SUBJECT].contains(&subject);
        own.chain(moves.then_some(moved)).any(|name| self.wants(name))
    }

    /// Whether events are sent to it.
    pub fn is_enabled(&self) -> bool {
        self.state == EndpointState::Enabled
    }

    /// Where they are sent.
    pub fn target(&self, loopback: bool) -> Result<Target, address::Refusal> {
        Target::parse(self.url.as_str(), loopback)
    }

    /// What they are signed with.
    pub fn secrets(&self) -> &[Valid] {
        &self.secrets
    }

    /// The endpoint, shown with how it has been doing.
    pub fn doing(self, health: Option<Health>) -> Self {
        Self { health, ..self }
    }

    /// The place it has among its account's.
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// The id.
    pub fn id(&self) -> &WebhookEndpointId {
        &self.record.id
    }

    /// Whether its account was certainly not told of `event` before it was made: the event is of an
    /// object that is younger than the endpoint, or was changed before after the endpoint was made.
    pub fn knew(&self, object: &str, before: Timestamp) -> bool {
        let tail = |id: &str| id.rsplit('_').next().unwrap_or_default().to_owned();
        tail(object) > tail(self.id().as_str()) || before > self.record.created_at
    }
}

impl Representation for IssuedEndpoint {
    fn example() -> Value {
        let mut example = WebhookEndpoint::example();
        if let Value::Object(object) = &mut example {
            let text = "whsec_dGhpcyBpcyAzMiBieXRlcyBvZiBhbiBleGFtcGxlISE=";
            object.insert("secret".to_owned(), text.into());
        }
        example
    }
}

impl Representation for WebhookEndpoint {
    fn example() -> Value {
        json!({
            "id": "we_prod_0mkz6k3cw1e2b3h4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "url": "https://example.com/webhooks",
            "events": ["invoice.*", "customer.created"],
            "description": "Accounting",
            "state": "enabled",
            "status": "enabled",
            "disabled_because": null,
            "health": {
                "last_success_at": "2026-01-31T09:30:00.000Z",
                "failing_since": null,
                "next_attempt_at": null,
            },
        })
    }
}

impl Entity for WebhookEndpoint {
    recorded!(kind::WebhookEndpoint);
    type Event = WebhookEndpointEvent;
    const RESOURCE: &'static str = "webhook-endpoints";
    const HIDDEN: &'static [&'static str] = &["secrets", "slot", "warned_of", "enabled_at"];

    /// Its place, with a copy of it: one query reads all of an account's.
    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let place = Place::Unique { what: CLAIM.to_owned(), value: format!("{:03}", self.slot) };
        let mut item = Item::new();
        item.insert("endpoint".to_owned(), Value::Object(encode(self)?));
        Ok(vec![Companion { place, item, claims: None }])
    }

    fn events(before: Option<&Self>, after: &Self) -> Vec<WebhookEndpointEvent> {
        let Some(before) = before else { return vec![WebhookEndpointEvent::Created] };
        let fails = after.disabled_because == Some(DisabledBecause::Failing)
            || after.disabled_because == Some(DisabledBecause::Gone);
        if before.is_enabled() && !after.is_enabled() && fails {
            return vec![WebhookEndpointEvent::Disabled];
        }
        match before.warned_of == after.warned_of {
            true => vec![WebhookEndpointEvent::Updated],
            false => vec![WebhookEndpointEvent::Failing],
        }
    }
}

#[cfg(test)]
mod tests;
