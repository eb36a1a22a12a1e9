//! What a customer has and owes at this moment: what decides whether a feature is open to them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    customer::{CreditBalance, Customer},
    invoice::Invoice,
    meter::Usage,
    record::Record,
};
use crate::{
    base::{
        id::{CustomerId, InvoiceId, PriceId, SubscriptionId, SubscriptionItemId},
        money::{Atoms, Currency},
        time::Timestamp,
    },
    model::{
        entity::{Entity, Representation},
        external_id::ExternalId,
        subscription::{Subscription, SubscriptionState},
    },
};

/// What a customer has and owes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CustomerState {
    /// The customer.
    customer_id: CustomerId,
    /// What the caller's own books call it.
    external_id: Option<ExternalId>,
    /// When this was so.
    at: Timestamp,
    /// The subscriptions that are active, trialing or past due, the newest first; where the customer ever
    /// had more than 48, up to a hundred of each state.
    subscriptions: Vec<RunningSubscription>,
    /// The invoices that are past due: up to 48, the newest first.
    past_due_invoices: Vec<OwedInvoice>,
    /// What the customer has in credit.
    credit_balances: Vec<CreditBalance>,
    /// Whether there are more subscriptions or invoices than are shown.
    has_more: bool,
}

/// A subscription that runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct RunningSubscription {
    /// The subscription.
    id: SubscriptionId,
    /// What the caller's own books call it.
    external_id: Option<ExternalId>,
    /// Where it is in its life: `trialing`, `active` or `past_due`.
    state: SubscriptionState,
    /// What is subscribed to.
    items: Vec<RunningItem>,
    /// When the current period began.
    current_period_start: Timestamp,
    /// When it ends.
    current_period_end: Timestamp,
    /// When the trial ends.
    trial_end: Option<Timestamp>,
    /// When it will be cancelled.
    cancel_at: Option<Timestamp>,
    /// Whether it will be cancelled when the current period ends.
    cancel_at_period_end: bool,
}

/// What is subscribed to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct RunningItem {
    /// The item.
    id: SubscriptionItemId,
    /// What it is billed by.
    price_id: PriceId,
    /// How many; null where a meter measures it.
    quantity: Option<i64>,
    /// What was used of it since the current period began, where a meter measures it and it is
    /// measured now; otherwise null.
    usage: Option<Usage>,
}

/// An invoice that was due and is not paid.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct OwedInvoice {
    /// The invoice.
    id: InvoiceId,
    /// Its number.
    number: Option<String>,
    /// The subscription that it is of.
    subscription_id: Option<SubscriptionId>,
    /// Its currency.
    currency: Currency,
    /// What is still to be paid of it.
    due_amount_atom: Atoms,
    /// When it was due, where it was sent.
    due_date: Option<Timestamp>,
}

/// What is shown of a customer's subscriptions and invoices.
#[derive(Debug)]
pub struct Holdings {
    /// The subscriptions that run.
    pub subscriptions: Vec<Subscription>,
    /// The invoices that are past due.
    pub past_due: Vec<Invoice>,
    /// Whether there are more of them.
    pub has_more: bool,
    /// What was used of each item that is measured, by the item.
    pub usage: Vec<(SubscriptionItemId, Usage)>,
}

impl CustomerState {
    /// What `customer` has and owes at `now`.
    pub fn new(customer: &Customer, held: Holdings, now: Timestamp) -> Self {
        let Record { id, .. } = customer.record();
        let running = |one: &Subscription| RunningSubscription::of(one, &held.usage);
        Self {
            customer_id: id.clone(),
            external_id: customer.own_id().cloned(),
            at: now,
            subscriptions: held.subscriptions.iter().map(running).collect(),
            past_due_invoices: held.past_due.iter().map(OwedInvoice::of).collect(),
            credit_balances: customer.balances().to_vec(),
            has_more: held.has_more,
        }
    }
}

impl RunningSubscription {
    fn of(subscription: &Subscription, usage: &[(SubscriptionItemId, Usage)]) -> Self {
        let used = |item: &SubscriptionItemId| {
            usage.iter().find(|(of, _)| of == item).map(|(_, usage)| usage.clone())
        };
        let items = subscription.items.iter().map(|item| RunningItem {
            id: item.id.clone(),
            price_id: item.price_id.clone(),
            quantity: item.quantity,
            usage: used(&item.id),
        });
        Self {
            id: subscription.record.id.clone(),
            external_id: subscription.external_id.clone(),
            state: subscription.state,
            items: items.collect(),
            current_period_start: subscription.current_period_start,
            current_period_end: subscription.current_period_end,
            trial_end: subscription.trial_end,
            cancel_at: subscription.cancel_at,
            cancel_at_period_end: subscription.cancel_at_period_end,
        }
    }
}

impl OwedInvoice {
    fn of(invoice: &Invoice) -> Self {
        Self {
            id: invoice.record().id.clone(),
            number: invoice.number().map(str::to_owned),
            subscription_id: invoice.subscription_id().cloned(),
            currency: invoice.currency(),
            due_amount_atom: invoice.due_amount(),
            due_date: invoice.due_date(),
        }
    }
}

impl Representation for CustomerState {
    fn example() -> Value {
        json!({
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "external_id": null,
            "at": "2026-01-31T09:30:00.000Z",
            "subscriptions": [{
                "id": "sub_prod_0mkz6k3cm3n4o5p6",
                "external_id": null,
                "state": "active",
                "items": [{
                    "id": "si_prod_0mkz6k3ci1t2e3m4",
                    "price_id": "price_prod_0mkz6k3ca9b8c7d6",
                    "quantity": 5,
                    "usage": null,
                }],
                "current_period_start": "2026-01-15T09:30:00.000Z",
                "current_period_end": "2026-02-15T09:30:00.000Z",
                "trial_end": null,
                "cancel_at": null,
                "cancel_at_period_end": false,
            }],
            "past_due_invoices": [],
            "credit_balances": [{"currency": "usd", "amount_atom": 500}],
            "has_more": false,
        })
    }
}
