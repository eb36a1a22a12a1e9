//! Subscriptions: prices billed again and again.
//!
//! | file | what |
//! |---|---|
//! | `ledger` | what is remembered of its billing |
//! | `shown` | what is shown beside it, and an example |
//! | `state` | the states and which may follow which |
//! | `usage` | what of its items' usage is measured, and what of that is on invoices |
//! | `span` | a time in which usage is measured by one price |
//! | `item`, `billed` | what is subscribed to, and what was last billed for it |
//! | `discount` | a coupon's terms on a subscription |
//! | `schedule` | what happens next by itself, and when: pure |
//! | `create` | a new subscription and its first invoice |
//! | `renew` | a new period and its invoice, in one transaction |
//! | `change` | other items in the middle of a period; previews |
//! | `books` | the invoices whose lines it gives back |
//! | `superseded`, `again` | what counts when a change's invoice turns void, and what is then billed again |
//! | `pending` | a change that waits for an instant or for its payment |
//! | `requested` | the change request that it has |
//! | `update` | the rest that a client may change |
//! | `threshold` | thresholds of a meter that its usage reaches |
//! | `pause`, `cancel` | stopping for a while, and for good |
//! | `ending` | what is settled once it has ended: drafts, waiting lines, what is given back |
//!
//! Periods are cut from the anchor (`billing::cycle`). An invoice for a period is written together with
//! the subscription's step into that period, on the condition that it had not been made: so there is
//! exactly one, whoever comes how often and however late.

pub(crate) mod again;
mod billed;
pub mod books;
pub mod cancel;
pub mod change;
mod corrected;
pub mod create;
pub mod discount;
pub mod ending;
mod following;
pub mod item;
mod ledger;
pub mod pause;
pub mod pending;
pub mod requested;
pub mod schedule;
mod shown;
mod span;
pub mod state;
pub(crate) mod superseded;
mod threshold;
pub mod update;
pub(crate) mod usage;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::ledger::Ledger;
pub use self::{
    billed::{Billed, BilledItems},
    cancel::{Cancellation, ScheduledCancellation},
    change::{
        ItemAction, ItemEdit, ItemsChange, ItemsChanged, PaymentStatus, PlanChange, Preview,
        PreviewRequest, ProrationBehavior,
    },
    create::{Begun, NewSubscription},
    discount::AppliedDiscount,
    ending::{Ended, Ending},
    item::{ItemQuantity, NewSubscriptionItem, SubscriptionItem},
    pause::{Pause, PauseBehavior, PauseRequest},
    pending::PendingChange,
    requested::ActiveChangeRequest,
    schedule::Step,
    state::SubscriptionState,
    threshold::ReachedThreshold,
    update::SubscriptionPatch,
};
use crate::{
    base::{
        error::Error,
        id::{
            CustomerId, InvoiceId, PaymentMethodId, ProcessorId, SubscriptionId,
            SubscriptionItemId, kind,
        },
        input::Integer,
        metadata::Metadata,
        money::Currency,
        time::Timestamp,
    },
    model::{
        billing::cycle::{Cycle, Interval, IntervalUnit, Period},
        custom_field::FieldValues,
        entity::{Companion, Entity, recorded},
        event_type::SubscriptionEvent,
        external_id::{ExternalId, claim},
        filter::{Filter, filter},
        invoice::CollectionMethod,
        list::List,
        record::Record,
    },
};

/// Prices that a customer is billed for again and again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct Subscription {
    #[serde(flatten)]
    pub(crate) record: Record<kind::Subscription>,
    /// Who is billed.
    pub(crate) customer_id: CustomerId,
    /// Where it is in its life.
    pub(crate) state: SubscriptionState,
    /// The currency of its prices.
    pub(crate) currency: Currency,
    /// How its invoices get paid.
    pub(crate) collection_method: CollectionMethod,
    /// Days until an invoice that is sent is due; the account's payment terms, when null.
    pub(crate) net_d: Option<i64>,
    /// The processor whose payment methods are charged; any, when null.
    pub(crate) processor_id: Option<ProcessorId>,
    /// What is charged; the customer's default, when null.
    pub(crate) default_payment_method_id: Option<PaymentMethodId>,
    /// What is subscribed to.
    pub(crate) items: Vec<SubscriptionItem>,
    /// What periods are counted in.
    pub(crate) billing_interval: IntervalUnit,
    /// How many of them a period is long.
    pub(crate) billing_interval_count: i64,
    /// What all periods are counted from.
    pub(crate) billing_anchor: Timestamp,
    /// When the current period began.
    pub(crate) current_period_start: Timestamp,
    /// When it ends.
    pub(crate) current_period_end: Timestamp,
    /// When the trial began.
    pub(crate) trial_start: Option<Timestamp>,
    /// When it ends.
    pub(crate) trial_end: Option<Timestamp>,
    /// When it will be cancelled.
    pub(crate) cancel_at: Option<Timestamp>,
    /// Whether it will be cancelled when the current period ends.
    pub(crate) cancel_at_period_end: bool,
    /// When it was cancelled.
    pub(crate) cancelled_at: Option<Timestamp>,
    /// How many periods the contract runs.
    pub(crate) contract_length: Option<i64>,
    /// Whether another contract follows; if not, the subscription ends with this one.
    pub(crate) auto_renew: bool,
    /// The pause it is in, or that is scheduled.
    pub(crate) pause: Option<Pause>,
    /// A change of its items that has not happened yet.
    #[serde(default)]
    pub(crate) pending_change: Option<PendingChange>,
    /// The change request that is being made, or waits for its instant.
    #[serde(default)]
    pub(crate) change_request: Option<ActiveChangeRequest>,
    /// What its cancellation gave back.
    #[serde(default)]
    pub(crate) cancellation: Option<Ended>,
    /// The threshold of a meter that its usage reached last; null where it has reached none.
    #[serde(default)]
    pub(crate) usage_threshold_reached: Option<ReachedThreshold>,
    /// The discount on its invoices.
    pub(crate) discount: Option<AppliedDiscount>,
    /// The newest invoice.
    pub(crate) latest_invoice_id: Option<InvoiceId>,
    /// What its invoices say about it.
    pub(crate) description: Option<String>,
    /// Why it was cancelled or got its last plan, where somebody said so.
    pub(crate) change_reason: Option<String>,
    /// What the caller's own books call it: unique among the account's subscriptions.
    pub(crate) external_id: Option<ExternalId>,
    /// Free text by key.
    pub(crate) metadata: Metadata,
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) custom_fields: FieldValues,
    #[schemars(skip)]
    pub(crate) ledger: Ledger,
}

impl Subscription {
    /// Its id.
    pub fn id(&self) -> &SubscriptionId {
        &self.record.id
    }

    /// What is subscribed to.
    pub fn items(&self) -> &[SubscriptionItem] {
        &self.items
    }

    /// Who is billed.
    pub fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// Where it is in its life.
    pub fn state(&self) -> SubscriptionState {
        self.state
    }

    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        self.state == SubscriptionState::Cancelled
    }

    /// The processor whose payment methods are charged.
    pub fn processor_id(&self) -> Option<&ProcessorId> {
        self.processor_id.as_ref()
    }

    /// What is charged before anything else.
    pub fn default_payment_method_id(&self) -> Option<&PaymentMethodId> {
        self.default_payment_method_id.as_ref()
    }

    /// The newest invoice.
    pub fn latest_invoice_id(&self) -> Option<&InvoiceId> {
        self.latest_invoice_id.as_ref()
    }

    /// The current period.
    pub fn current_period(&self) -> Period {
        Period { start: self.current_period_start, end: self.current_period_end }
    }

    /// How long a period is.
    pub fn cycle_seconds(&self) -> i64 {
        let period = self.ledger.period.unwrap_or(0);
        let whole = self.cycle().period(period);
        whole.unwrap_or_else(|_| self.current_period()).seconds()
    }

    /// When the next invoice is made, if there will be one. What begins later, and without a trial, is
    /// billed when it begins.
    pub fn next_invoice_at(&self) -> Option<Timestamp> {
        let begins = self.state == SubscriptionState::Scheduled && self.trial_end.is_none();
        let at = if begins { self.current_period_start } else { self.current_period_end };
        let ends = (self.cancel_at_period_end && !begins)
            || self.cancel_at.is_some_and(|end| end <= at)
            || self.state == SubscriptionState::Cancelled;
        Some(at).filter(|_| !ends)
    }

    /// When a pause is over by itself.
    pub(crate) fn resumes_at(&self) -> Option<Timestamp> {
        self.pause.as_ref().and_then(|pause| pause.resumes_at)
    }

    pub(crate) fn cycle(&self) -> Cycle {
        let count = Integer::clamped(self.billing_interval_count);
        Cycle {
            anchor: self.billing_anchor,
            interval: Interval { unit: self.billing_interval, count },
            zone: self.ledger.zone.clone(),
        }
    }

    /// The subscription in the state `next`, or why it cannot be `done` ("paused") now.
    pub(crate) fn moved(&self, next: SubscriptionState, done: &str) -> Result<Self, Error> {
        match self.state.can_become(next) {
            true => Ok(Self { state: next, ..self.clone() }),
            false => {
                let hint = format!("is {} and cannot be {done}", self.state.described());
                Err(Error::not_now("subscription", "illegal_state", &hint))
            }
        }
    }

    /// The subscription in the state `next` if it can be, else as it is.
    pub(crate) fn moved_if_it_can(self, next: SubscriptionState) -> Self {
        match self.state.can_become(next) {
            true => Self { state: next, ..self },
            false => self,
        }
    }

    /// By what it decides, while it runs, what is open to its customer.
    fn gates_by(&self) -> Option<impl PartialEq + use<>> {
        let items =
            |item: &SubscriptionItem| (item.id.clone(), item.price_id.clone(), item.quantity);
        let ends = (self.trial_end, self.cancel_at, self.cancel_at_period_end);
        let gate = (self.state, self.items.iter().map(items).collect::<Vec<_>>(), ends);
        self.state.runs().then_some(gate)
    }

    /// Whether its trial is over, or there was none.
    pub(crate) fn is_past_trial(&self) -> bool {
        self.ledger.period.is_some()
    }
}

/// The subscriptions of a customer.
pub fn of_customer(customer: &CustomerId) -> List {
    SubscriptionFilter { customer_id: Some(customer.clone()), ..Default::default() }.list()
}

/// Those of them that are in a state.
pub(crate) fn of_customer_in(customer: &CustomerId, state: SubscriptionState) -> List {
    let customer_id = Some(customer.clone());
    SubscriptionFilter { customer_id, state: Some(state), ..Default::default() }.list()
}

impl Entity for Subscription {
    recorded!(kind::Subscription);
    type Event = SubscriptionEvent;
    const RESOURCE: &'static str = "subscriptions";
    const HIDDEN: &'static [&'static str] = &["custom_fields", "ledger"];
    // The lines of a draft that goes wait again, and each invoice that is not paid is remembered.
    const MOST_BYTES: usize = 240_000;

    fn lists(&self) -> Vec<List> {
        let mut lists = SubscriptionFilter::lists(self);
        lists.extend(crate::model::custom_field::lists_of_values(&self.custom_fields));
        lists
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.next_step().map(|(at, _)| at)
    }

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let own = claim("subscription", Self::RESOURCE, self.external_id.as_ref());
        Ok(own.into_iter().collect())
    }

    fn events(before: Option<&Self>, after: &Self) -> Vec<SubscriptionEvent> {
        let Some(before) = before else { return vec![SubscriptionEvent::Created] };
        let reminded = after.ledger.reminded && !before.ledger.reminded;
        let paused = |one: &Self| one.state == SubscriptionState::Paused;
        let reached = after.usage_threshold_reached != before.usage_threshold_reached
            && after.usage_threshold_reached.is_some();
        let changed = match () {
            () if before.state != after.state && paused(after) => SubscriptionEvent::Paused,
            () if after.state == SubscriptionState::Cancelled && before.state != after.state => {
                SubscriptionEvent::Cancelled
            }
            () if paused(before) && !paused(after) => SubscriptionEvent::Resumed,
            () if reminded => SubscriptionEvent::TrialWillEnd,
            () => SubscriptionEvent::Updated,
        };
        match (changed, reached) {
            (SubscriptionEvent::Updated, true) => vec![SubscriptionEvent::UsageThresholdReached],
            (changed, true) => vec![changed, SubscriptionEvent::UsageThresholdReached],
            (changed, false) => vec![changed],
        }
    }

    /// A new period alone moves nothing.
    fn moves_customer(before: Option<&Self>, after: &Self) -> bool {
        before.and_then(Self::gates_by) != after.gates_by()
    }
}

filter! {
    /// Which subscriptions to list.
    pub struct SubscriptionFilter of Subscription {
        /// Only those of this customer.
        customer_id: CustomerId,
        /// Only those in this state.
        state: SubscriptionState,
        /// The same as `state`.
        status: SubscriptionState,
        /// Only the one with this id of the caller's own.
        external_id: ExternalId,
    }
    same status = state
    together [customer_id, state]
    together [external_id]
}

/// The item of a subscription with an id.
pub(crate) fn item_of<'a>(
    items: &'a [SubscriptionItem],
    id: &SubscriptionItemId,
) -> Option<&'a SubscriptionItem> {
    items.iter().find(|item| item.id == *id)
}
