//! Deliveries: one event on its way to one endpoint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attempt::{Sent, Verdict};
use crate::{
    base::{
        id::{DeliveryId, EventId, WebhookEndpointId, derived, kind},
        input::choice,
        time::Timestamp,
    },
    model::{
        entity::{Entity, Representation, recorded},
        event_type::NoEvent,
        filter::{Filter, filter},
        list::List,
        record::Record,
    },
};

choice! {
    /// How far a delivery has come.
    pub enum DeliveryState {
        /// It is tried, or waits for earlier events of its object.
        Pending = "pending",
        /// The receiver has it.
        Succeeded = "succeeded",
        /// The receiver refused it, or was tried for the last time.
        Failed = "failed",
        /// It was not sent: its endpoint is gone, or too many events of its object wait.
        Skipped = "skipped",
    }
}

choice! {
    /// How a delivery ended that was not received.
    pub enum NotReceived {
        /// The receiver refused it, or was tried for the last time.
        Failed = "failed",
        /// It was not sent: its endpoint is gone, or too many events of its object wait.
        Skipped = "skipped",
    }
}

filter! {
    /// Which deliveries to list.
    pub struct DeliveryFilter of Delivery {
        /// Only those that ended like this, of those that were not received.
        state: NotReceived,
        /// The same as `state`.
        status: NotReceived,
    }
    same status = state
    together [state]
}

/// An event on its way to an endpoint.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct Delivery {
    #[serde(flatten)]
    record: Record<kind::Delivery>,
    /// What is delivered.
    pub event_id: EventId,
    /// What happened.
    pub event_type: String,
    /// To whom.
    pub endpoint_id: WebhookEndpointId,
    /// Whose event it is.
    pub object_id: String,
    /// The version of the object that the event shows.
    pub object_version: u64,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempt: u32,
    /// The status of the last answer; null, when there was none.
    pub response_status: Option<u16>,
    /// The beginning of the last answer.
    pub response_body: Option<String>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// When the last attempt began; null before the first.
    #[serde(default)]
    pub attempted_at: Option<Timestamp>,
    /// How long the last attempt took.
    pub duration_ms: Option<i64>,
    /// When it is tried again; null while it waits for earlier events of its object.
    pub next_attempt_at: Option<Timestamp>,
    /// When the receiver had it.
    pub delivered_at: Option<Timestamp>,
    /// Whether it was sent once more because somebody asked.
    #[serde(default)]
    resent: bool,
    /// Whether it is an example that was asked for.
    #[serde(default)]
    pub test: bool,
}

impl Delivery {
    /// The id of the delivery of an event to an endpoint: always the same, so that an event that arrives
    /// twice is delivered once.
    pub fn id_of(event: &EventId, endpoint: &WebhookEndpointId) -> DeliveryId {
        derived(event.environment(), Some(event.as_str()), &[event.as_str(), endpoint.as_str()])
    }

    /// The delivery of an event that has not been tried.
    pub fn new(
        record: Record<kind::Delivery>,
        endpoint_id: WebhookEndpointId,
        (event_id, event_type): (EventId, &str),
        (object_id, object_version): (&str, u64),
    ) -> Self {
        Self {
            record,
            event_id,
            event_type: event_type.to_owned(),
            endpoint_id,
            object_id: object_id.to_owned(),
            object_version,
            state: DeliveryState::Pending,
            attempt: 0,
            response_status: None,
            response_body: None,
            error: None,
            attempted_at: None,
            duration_ms: None,
            next_attempt_at: None,
            delivered_at: None,
            resent: false,
            test: false,
        }
    }

    /// The delivery after an attempt at `now`, and when the next one is.
    pub fn tried(&self, sent: &Sent, now: Timestamp, next: Option<Timestamp>) -> Self {
        let state = match (sent.verdict(), next) {
            (Verdict::Received, _) => DeliveryState::Succeeded,
            (Verdict::Later, Some(_)) => DeliveryState::Pending,
            (Verdict::Later | Verdict::Never | Verdict::Gone, _) => DeliveryState::Failed,
        };
        let delivered_at = (state == DeliveryState::Succeeded).then_some(now);
        Self {
            state,
            attempt: self.attempt.saturating_add(1),
            response_status: sent.status,
            response_body: sent.body.clone(),
            error: sent.failure.map(str::to_owned),
            attempted_at: sent.began_at,
            duration_ms: Some(sent.millis),
            next_attempt_at: next.filter(|_| state == DeliveryState::Pending),
            delivered_at: self.delivered_at.or(delivered_at),
            ..self.clone()
        }
    }

    /// The delivery, to be tried once more.
    pub fn again(&self, at: Timestamp) -> Self {
        let state = DeliveryState::Pending;
        Self { state, next_attempt_at: Some(at), resent: true, ..self.clone() }
    }

    /// The delivery, which is of an example.
    pub fn being_test(self) -> Self {
        Self { test: true, ..self }
    }

    /// The delivery, which is not made.
    pub fn skipped(&self) -> Self {
        Self { state: DeliveryState::Skipped, next_attempt_at: None, ..self.clone() }
    }

    /// The deliveries to an endpoint.
    pub fn of_endpoint(id: &WebhookEndpointId) -> List {
        List::filtered(Self::RESOURCE, "endpoint_id", id.as_str())
    }

    /// The deliveries of an event.
    pub fn of_event(id: &EventId) -> List {
        List::filtered(Self::RESOURCE, "event_id", id.as_str())
    }

    /// When something of it was last written down, in real time: of one that was received, its last attempt.
    pub fn written_at(&self) -> Timestamp {
        self.record.updated_at
    }

    /// The id.
    pub fn id(&self) -> &DeliveryId {
        &self.record.id
    }
}

impl Representation for Delivery {
    fn example() -> Value {
        serde_json::json!({
            "id": "dlv_prod_0mkz6k3cd1l2v3r4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "event_id": "evt_prod_0mkz6k3ce1v2e3n4",
            "event_type": "customer.updated",
            "endpoint_id": "we_prod_0mkz6k3cw1e2b3h4",
            "object_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "object_version": 2,
            "state": "succeeded",
            "status": "succeeded",
            "attempt": 1,
            "response_status": 200,
            "response_body": "ok",
            "error": null,
            "attempted_at": "2026-01-31T09:29:59.962Z",
            "duration_ms": 38,
            "next_attempt_at": null,
            "delivered_at": "2026-01-31T09:30:00.000Z",
            "resent": false,
            "test": false,
        })
    }
}

impl Entity for Delivery {
    recorded!(kind::Delivery);
    type Event = NoEvent;
    const RESOURCE: &'static str = "deliveries";
    const LATER: &'static [&'static str] = &["state"];

    /// Those of its endpoint and of its event. In those of a state are the few that were not received: what
    /// succeeds, as nearly all do, pays for none.
    fn lists(&self) -> Vec<List> {
        let own = [Self::of_endpoint(&self.endpoint_id), Self::of_event(&self.event_id)];
        let state = match self.state {
            DeliveryState::Failed => NotReceived::Failed,
            DeliveryState::Skipped => NotReceived::Skipped,
            DeliveryState::Pending | DeliveryState::Succeeded => return own.to_vec(),
        };
        let ended = DeliveryFilter { state: Some(state), status: None };
        own.iter().cloned().chain(own.iter().cloned().map(|list| ended.within(list))).collect()
    }

    fn events(_: Option<&Self>, _: &Self) -> Vec<NoEvent> {
        Vec::new()
    }
}
