//! What if: the invoices that would come until an instant, as things are or after some changes.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    base::{
        error::Error,
        id::{CustomerId, SubscriptionId},
        input::{Faults, Location, input, rule},
        time::Timestamp,
    },
    model::{
        change_request::ChangesPatch,
        entity::Representation,
        invoice::SimulatedInvoice,
        subscription::{Subscription, SubscriptionState},
    },
};

/// How far ahead a simulation goes, at most: three years.
const MOST_DAYS: i64 = 1_098;

input! {
    /// What is simulated.
    pub struct NewSimulation {
        /// The subscription whose invoices are asked for. Either this or `customer_id`.
        pub(crate) subscription_id: Option<SubscriptionId>,
        /// The customer whose subscriptions are simulated together, with the one credit balance.
        pub(crate) customer_id: Option<CustomerId>,
        /// Until when: at most 1098 days ahead.
        pub(crate) until: Timestamp,
        /// What is changed first, as a change request would: of a subscription.
        pub(crate) changes: Option<ChangesPatch>,
    }
    rules [
        rule::exactly_one(&["subscription_id", "customer_id"]),
        rule::not_together(&["customer_id", "changes"]),
    ]
    example {
        "subscription_id": "sub_prod_0mkz6k3cm3n4o5p6",
        "until": "2026-12-31T00:00:00Z",
        "changes": {
            "effective_at": "period_end",
            "items": [{
                "action": "update",
                "subscription_item_id": "si_prod_0mkz6k3c9i8t7e6m",
                "quantity": 3,
            }],
        },
    }
}

/// Whose invoices are asked for.
#[derive(Clone, Debug)]
pub(crate) enum Simulated {
    Subscription(SubscriptionId, Option<Box<ChangesPatch>>),
    Customer(CustomerId),
}

impl NewSimulation {
    /// Whose invoices are asked for at `now`, and until when.
    pub(crate) fn read(self, now: Timestamp) -> Result<(Simulated, Timestamp), Error> {
        let (body, mut faults) = (Location::body("simulation"), Faults::default());
        let until = body.field("until");
        if self.until <= now {
            faults.not_valid(&until, "out_of_range", "must be in the future");
        }
        if self.until > now.plus_days(MOST_DAYS) {
            let hint = format!("must be at most {MOST_DAYS} days ahead");
            faults.not_valid(&until, "out_of_range", &hint);
        }
        let found = match (self.subscription_id, self.customer_id, self.changes) {
            (Some(id), None, changes) => Some(Simulated::Subscription(id, changes.map(Box::new))),
            (None, Some(id), None) => Some(Simulated::Customer(id)),
            (None, Some(_), Some(_)) => {
                let hint = "are of one subscription: name that in the place of the customer";
                faults.not_valid(&body.field("changes"), "not_combinable", hint);
                None
            }
            (Some(_), Some(_), _) => {
                let hint = "cannot be combined with subscription_id";
                faults.not_valid(&body.field("customer_id"), "not_combinable", hint);
                None
            }
            (None, None, _) => {
                let hint = "is required, or customer_id";
                faults.not_valid(&body.field("subscription_id"), "required", hint);
                None
            }
        };
        faults.settled()?;
        let found = found.ok_or(Error::Internal("a fault was not noted".to_owned()))?;
        Ok((found, self.until))
    }
}

/// A subscription as it would be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SimulatedSubscription {
    /// The subscription.
    pub id: SubscriptionId,
    /// Where it would be in its life.
    pub state: SubscriptionState,
    /// When its current period would have begun.
    pub current_period_start: Timestamp,
    /// When that would end.
    pub current_period_end: Timestamp,
    /// When it would have been cancelled.
    pub cancelled_at: Option<Timestamp>,
}

impl SimulatedSubscription {
    pub(crate) fn of(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id().clone(),
            state: subscription.state(),
            current_period_start: subscription.current_period_start,
            current_period_end: subscription.current_period_end,
            cancelled_at: subscription.cancelled_at,
        }
    }
}

/// What would come.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Simulation {
    /// From when on: the account's time.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Until when all is there that would come: earlier than `until`, where that is more than 100
    /// invoices.
    pub complete_until: Timestamp,
    /// The invoices that would be made, in their order in time. Each is taken to be paid as soon as it is
    /// final; usage is what has been counted by now.
    pub invoices: Vec<SimulatedInvoice>,
    /// The subscriptions as they would be then.
    pub subscriptions: Vec<SimulatedSubscription>,
}

impl Representation for Simulation {
    fn example() -> Value {
        json!({
            "from": "2026-01-31T09:30:00.000Z",
            "until": "2026-02-28T10:00:00.000Z",
            "complete_until": "2026-02-28T10:00:00.000Z",
            "invoices": [{
                "created_at": "2026-02-28T09:30:00.000Z",
                "finalized_at": "2026-02-28T09:30:00.000Z",
                "customer_id": "cus_prod_0mkz6k3ckx2fq0zj",
                "subscription_id": "sub_prod_0mkz6k3cm3n4o5p6",
                "billing_reason": "subscription_cycle",
                "collection_method": "charge_automatically",
                "currency": "usd",
                "period_start": "2026-02-28T09:30:00.000Z",
                "period_end": "2026-03-31T09:30:00.000Z",
                "items": [],
                "subtotal_amount_atom": 3252,
                "discount_amount_atom": 0,
                "tax_amount_atom": 0,
                "taxes": [],
                "total_amount_atom": 3252,
                "credit_applied_amount_atom": 0,
                "due_amount_atom": 3252,
            }],
            "subscriptions": [{
                "id": "sub_prod_0mkz6k3cm3n4o5p6",
                "state": "active",
                "current_period_start": "2026-02-28T09:30:00.000Z",
                "current_period_end": "2026-03-31T09:30:00.000Z",
                "cancelled_at": null,
            }],
        })
    }
}
