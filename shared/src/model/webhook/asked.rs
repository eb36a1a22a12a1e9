//! What a client sends about webhooks: an endpoint, its changes, and what is sent again.

use super::{EndpointState, NOUN, Pattern, Target};
use crate::base::{
    error::Error,
    id::WebhookEndpointId,
    input::{Faults, Integer, Location, Text, choice, input},
    patch::{Change, Patch},
    time::Timestamp,
};

input! {
    /// What a client sends to create a webhook endpoint.
    pub struct NewWebhookEndpoint {
        /// The address: https, on port 443 or from 1024 up, of a public machine; no user name in it.
        pub(super) url: Text<1, 2048>,
        /// What it is told of: types of events, `customer.*`, or `*` alone.
        pub(super) events: Vec<Pattern>,
        /// What it is for.
        pub(super) description: Option<Text<0, 500>>,
    }
    example {"url": "https://example.com/webhooks", "events": ["invoice.*", "customer.created"]}
}

input! {
    /// What a client sends to change a webhook endpoint.
    pub struct WebhookEndpointPatch {
        /// The address.
        pub(super) url: Change<Text<1, 2048>>,
        /// What it is told of: replaces all of it.
        pub(super) events: Change<Vec<Pattern>>,
        /// What it is for.
        pub(super) description: Patch<Text<0, 500>>,
        /// Whether events are sent.
        pub(super) state: Change<EndpointState>,
        /// When it is enabled: from which instant on what it has not received is sent now.
        pub replay_since: Option<Timestamp>,
    }
    example {"state": "enabled"}
}

impl WebhookEndpointPatch {
    /// Whether nothing is to be sent any more to where the endpoint was.
    pub fn leaves(&self) -> bool {
        self.url.value().is_some() || self.state.value() == Some(&EndpointState::Disabled)
    }
}

input! {
    /// How a client replaces the secret of a webhook endpoint.
    pub struct RotateSecret {
        /// For how long the old secret goes on being valid beside the new one; 24, when left out.
        pub(super) expires_in_hours: Option<Integer<0, 168>>,
    }
    example {"expires_in_hours": 24}
}

input! {
    /// Which events a client wants to be sent once more.
    pub struct Replay {
        /// From this instant on.
        pub since: Timestamp,
        /// Only these types of events; all that the endpoint wants, when left out.
        pub types: Option<Vec<Pattern>>,
        /// Whether also those are sent that were received; `failed`, when left out.
        pub only: Option<Which>,
    }
    example {"since": "2026-01-31T09:30:00Z", "only": "failed"}
}

choice! {
    /// Which events are replayed.
    pub enum Which {
        /// Those that the endpoint has not received.
        Failed = "failed",
        /// All of them.
        All = "all",
    }
}

input! {
    /// To whom an event is sent once more.
    pub struct Resend {
        /// The endpoint; all that want the event, when left out.
        pub endpoint_id: Option<WebhookEndpointId>,
    }
    example {"endpoint_id": "we_prod_0mkz6k3cw1e2b3h4"}
}

pub(super) fn check(url: &Text<1, 2048>, events: &[Pattern], loopback: bool) -> Result<(), Error> {
    let (mut faults, at) = (Faults::default(), Location::body(NOUN));
    if let Err((code, hint)) = Target::parse(url.as_str(), loopback) {
        faults.not_valid(&at.field("url"), code, hint);
    }
    if events.is_empty() || events.len() > 100 {
        faults.not_valid(&at.field("events"), "wrong_count", "must be 1 to 100 types of events");
    }
    if events.len() > 1 && events.iter().any(Pattern::is_all) {
        faults.not_valid(&at.field("events"), "not_combinable", "cannot name others beside *");
    }
    faults.settled()
}
