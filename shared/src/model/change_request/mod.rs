//! Change requests: changes of one subscription that are gathered, looked at, and made once.
//!
//! | from | to | when |
//! |---|---|---|
//! | draft | pending | it is applied, and takes effect later |
//! | draft | applied | it is applied, and takes effect now |
//! | pending | applied | its instant has come |
//! | pending | failed | its instant has come, and what it asks for is not allowed then |
//! | draft, pending | cancelled | it is taken back, or the subscription has ended |
//!
//! The last three are final. A draft and a pending one are *active*, and a subscription names the one
//! that it has: so there is at most one, and whoever makes, applies or ends one writes both.

mod changes;
mod effective;
mod preview;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::changes::Manner;
pub use self::{
    changes::{Changes, ChangesPatch, CouponName, RequestedPause},
    effective::EffectiveAt,
    preview::ChangePreview,
};
use crate::{
    base::{
        error::Error,
        id::{ChangeRequestId, CustomerId, InvoiceId, SubscriptionId, kind},
        input::{Faults, choice, input},
        metadata::Metadata,
        time::Timestamp,
    },
    model::{
        entity::{Entity, Representation, recorded},
        event_type::ChangeRequestEvent,
        expansion::{Expansion, Reference},
        filter::{Filter, filter},
        list::List,
        record::Record,
        subscription::Subscription,
    },
};

pub(crate) const NOUN: &str = "change request";

choice! {
    /// Where a change request is in its life.
    pub enum ChangeRequestState {
        /// Its changes are gathered.
        Draft = "draft",
        /// It waits for its instant.
        Pending = "pending",
        /// Its changes were made.
        Applied = "applied",
        /// It was taken back, or its subscription has ended.
        Cancelled = "cancelled",
        /// Its instant came, and its changes were not allowed.
        Failed = "failed",
    }
}

impl ChangeRequestState {
    /// Whether a request in this state may go over into `next`.
    pub const fn can_become(self, next: Self) -> bool {
        use ChangeRequestState::{Applied, Cancelled, Draft, Failed, Pending};
        match (self, next) {
            (Draft, Pending | Applied | Cancelled) | (Pending, Applied | Cancelled | Failed) => {
                true
            }
            (Draft | Pending | Applied | Cancelled | Failed, _) => false,
        }
    }

    const fn described(self) -> &'static str {
        match self {
            Self::Draft => "a draft",
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// Why the changes of a request were not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Problem {
    /// For programs.
    pub code: String,
    /// For people.
    pub detail: String,
}

impl Problem {
    /// The first of the faults for which changes are refused.
    pub fn of(faults: &Faults) -> Self {
        let first = faults.iter().next();
        let text = |text: Option<&str>| text.unwrap_or("refused").to_owned();
        Self {
            code: text(first.map(|fault| fault.code.as_ref())),
            detail: text(first.map(|fault| fault.detail.as_ref())),
        }
    }
}

/// Changes of a subscription that are made together, at most once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct ChangeRequest {
    #[serde(flatten)]
    record: Record<kind::ChangeRequest>,
    /// What it changes.
    subscription_id: SubscriptionId,
    /// Who is billed for that.
    customer_id: CustomerId,
    /// Where it is in its life.
    state: ChangeRequestState,
    /// What is asked for.
    changes: Changes,
    /// When its changes are made, or were; null before it is applied.
    effective_at: Option<Timestamp>,
    /// The invoice that its changes made.
    invoice_id: Option<InvoiceId>,
    /// Why it failed, or was cancelled by nobody.
    problem: Option<Problem>,
    /// Free text by key.
    metadata: Metadata,
}

input! {
    /// What a client sends to create a change request.
    pub struct NewChangeRequest {
        /// What it changes.
        pub(crate) subscription_id: SubscriptionId,
        /// What is asked for; it can be added later.
        pub(crate) changes: Option<ChangesPatch>,
        /// Free text by key.
        pub(crate) metadata: Metadata,
    }
    example {
        "subscription_id": "sub_prod_0mkz6k3cm3n4o5p6",
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

impl ChangeRequest {
    /// A new draft, whose parts were checked.
    pub(crate) fn new(
        record: Record<kind::ChangeRequest>,
        subscription: &Subscription,
        changes: Changes,
        metadata: Metadata,
    ) -> Self {
        Self {
            record,
            subscription_id: subscription.id().clone(),
            customer_id: subscription.customer_id().clone(),
            state: ChangeRequestState::Draft,
            changes,
            effective_at: None,
            invoice_id: None,
            problem: None,
            metadata,
        }
    }

    /// The id.
    pub fn id(&self) -> &ChangeRequestId {
        &self.record.id
    }

    /// What it changes.
    pub fn subscription_id(&self) -> &SubscriptionId {
        &self.subscription_id
    }

    /// Where it is in its life.
    pub fn state(&self) -> ChangeRequestState {
        self.state
    }

    /// Free text by key.
    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What is asked for.
    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// When a pending one takes effect.
    pub(crate) fn effective_at(&self) -> Option<Timestamp> {
        self.effective_at
    }

    /// Refuses what only an active one can be `done` ("changed"), or only a draft.
    pub(crate) fn must_be(&self, states: &[ChangeRequestState], done: &str) -> Result<(), Error> {
        if states.contains(&self.state) {
            return Ok(());
        }
        let hint = format!("is {} and cannot be {done}", self.state.described());
        Err(Error::not_now(NOUN, "illegal_state", &hint))
    }

    fn moved(&self, next: ChangeRequestState, done: &str) -> Result<Self, Error> {
        match self.state.can_become(next) {
            true => Ok(Self { state: next, ..self.clone() }),
            false => self.must_be(&[], done).map(|()| self.clone()),
        }
    }

    /// The draft, asking for this.
    pub(crate) fn asking_for(&self, changes: Changes) -> Self {
        Self { changes, ..self.clone() }
    }

    /// The request, waiting for the instant `at`.
    pub(crate) fn scheduled(&self, at: Timestamp) -> Result<Self, Error> {
        let pending = self.moved(ChangeRequestState::Pending, "applied")?;
        Ok(Self { effective_at: Some(at), ..pending })
    }

    /// The request, whose changes were made `now`, with an invoice where there is one.
    pub(crate) fn applied(
        &self,
        now: Timestamp,
        invoice_id: Option<InvoiceId>,
    ) -> Result<Self, Error> {
        let applied = self.moved(ChangeRequestState::Applied, "applied")?;
        Ok(Self { effective_at: Some(now), invoice_id, ..applied })
    }

    /// The request, taken back.
    pub(crate) fn taken_back(&self) -> Result<Self, Error> {
        self.moved(ChangeRequestState::Cancelled, "cancelled")
    }

    /// The request, given up because its subscription has ended.
    pub(crate) fn given_up(&self) -> Result<Self, Error> {
        let problem = Problem {
            code: "subscription_ended".to_owned(),
            detail: "The subscription has ended before the changes were made".to_owned(),
        };
        Ok(Self { problem: Some(problem), ..self.taken_back()? })
    }

    /// The request, whose changes were not allowed when their instant had come.
    pub(crate) fn failed(&self, problem: Problem) -> Result<Self, Error> {
        let failed = self.moved(ChangeRequestState::Failed, "applied")?;
        Ok(Self { problem: Some(problem), ..failed })
    }
}

impl Entity for ChangeRequest {
    recorded!(kind::ChangeRequest);
    type Event = ChangeRequestEvent;
    const RESOURCE: &'static str = "change-requests";

    fn lists(&self) -> Vec<List> {
        ChangeRequestFilter::lists(self)
    }

    fn events(before: Option<&Self>, after: &Self) -> Vec<ChangeRequestEvent> {
        let Some(before) = before else { return vec![ChangeRequestEvent::Created] };
        vec![match after.state {
            state if state == before.state => ChangeRequestEvent::Updated,
            ChangeRequestState::Draft | ChangeRequestState::Pending => ChangeRequestEvent::Updated,
            ChangeRequestState::Applied => ChangeRequestEvent::Applied,
            ChangeRequestState::Cancelled => ChangeRequestEvent::Cancelled,
            ChangeRequestState::Failed => ChangeRequestEvent::Failed,
        }]
    }
}

filter! {
    /// Which change requests to list.
    pub struct ChangeRequestFilter of ChangeRequest {
        /// Only those of this subscription.
        subscription_id: SubscriptionId,
        /// Only those in this state.
        state: ChangeRequestState,
        /// The same as `state`.
        status: ChangeRequestState,
    }
    same status = state
    together [subscription_id, state]
}

impl Representation for ChangeRequest {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::reference("subscription", "subscription_id", Reference::Subscription),
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("invoice", "invoice_id", Reference::Invoice),
    ];

    fn example() -> Value {
        json!({
            "id": "cr_prod_0mkz6k3cr3e4q5u6",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "subscription_id": "sub_prod_0mkz6k3cm3n4o5p6",
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "state": "draft",
            "changes": {
                "effective_at": "period_end",
                "items": [{
                    "action": "update",
                    "subscription_item_id": "si_prod_0mkz6k3c9i8t7e6m",
                    "price_id": null,
                    "quantity": 3,
                }],
                "proration_behavior": "always_invoice",
                "pay_before_change": null,
                "coupon_id": null,
                "promotion_code": null,
                "trial_end": null,
                "trial_period_days": null,
                "cancellation": null,
                "pause": null,
            },
            "effective_at": null,
            "invoice_id": null,
            "problem": null,
            "metadata": {},
            "status": "draft",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_final_stays() {
        use ChangeRequestState::{Applied, Cancelled, Draft, Failed, Pending};
        let allowed = [
            (Draft, Pending),
            (Draft, Applied),
            (Draft, Cancelled),
            (Pending, Applied),
            (Pending, Cancelled),
            (Pending, Failed),
        ];
        for from in ChangeRequestState::ALL {
            for to in ChangeRequestState::ALL {
                assert_eq!(from.can_become(*to), allowed.contains(&(*from, *to)), "{from} {to}");
            }
        }
    }
}
