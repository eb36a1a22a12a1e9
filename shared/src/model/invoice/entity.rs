//! How an invoice is shown, listed and found, and what its changes are called.

use serde_json::Value;

use super::{BillingReason, Invoice, InvoiceState, explain, taxes};
use crate::{
    base::{
        error::Error,
        id::{CustomerId, SubscriptionId, kind},
        input::Text,
        page::TimeRange,
        time::Timestamp,
    },
    model::{
        entity::{Companion, Entity, Item, Place, Representation, recorded},
        entity_type::EntityType,
        event_type::InvoiceEvent,
        expansion::{Expansion, Reference},
        external_id::{ExternalId, claim},
        filter::{Filter, filter},
        list::List,
    },
};

/// The invoices of a subscription.
pub fn of_subscription(subscription: &SubscriptionId) -> List {
    InvoiceFilter { subscription_id: Some(subscription.clone()), ..Default::default() }.list()
}

/// The invoices of a customer.
pub fn of_customer(customer: &CustomerId) -> List {
    InvoiceFilter { customer_id: Some(customer.clone()), ..Default::default() }.list()
}

/// The invoices of a customer that are in a state.
pub fn of_customer_in(customer: &CustomerId, state: InvoiceState) -> List {
    let customer_id = Some(customer.clone());
    InvoiceFilter { customer_id, state: Some(state), ..Default::default() }.list()
}

impl Entity for Invoice {
    recorded!(kind::Invoice);
    type Event = InvoiceEvent;
    const RESOURCE: &'static str = "invoices";
    const HIDDEN: &'static [&'static str] = &["custom_fields", "collection", "credit_notes"];
    const LATER: &'static [&'static str] = &["number", "due_date"];
    // What its lines come to and what becomes of them is written beside them.
    const MOST_BYTES: usize = 340_000;

    fn lists(&self) -> Vec<List> {
        let mut lists = InvoiceFilter::lists(self);
        lists.extend(crate::model::custom_field::lists_of_values(&self.custom_fields));
        lists
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.collection.due_at(self.state, self.due_date)
    }

    /// Its external id, and a claim on the period that it bills: that there is one invoice for it
    /// does not depend on anything but this.
    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let cycle = matches!(
            self.billing_reason,
            BillingReason::SubscriptionCreate | BillingReason::SubscriptionCycle
        );
        let period = match (&self.subscription_id, self.period_start, cycle) {
            (Some(subscription), Some(start), true) => Some(Companion {
                place: Place::Unique {
                    what: format!("billed-periods/{subscription}"),
                    value: start.to_string(),
                },
                item: Item::new(),
                claims: None,
            }),
            _ => None,
        };
        let own = claim("invoice", Self::RESOURCE, self.external_id.as_ref());
        Ok(period.into_iter().chain(own).collect())
    }

    fn complete(&self, object: &mut Item) {
        let rates = taxes::by_rate(&self.items).unwrap_or_default();
        object.insert("taxes".to_owned(), serde_json::to_value(rates).unwrap_or_default());
    }

    fn events(before: Option<&Self>, after: &Self) -> Vec<InvoiceEvent> {
        let mut happened: Vec<InvoiceEvent> =
            before.is_none().then_some(InvoiceEvent::Created).into_iter().collect();
        let was = |of: fn(&Self) -> bool| before.is_some_and(of);
        if after.finalized_at.is_some() && !was(|invoice| invoice.finalized_at.is_some()) {
            happened.push(InvoiceEvent::Finalized);
        }
        if after.collection.failures > before.map_or(0, |before| before.collection.failures) {
            happened.push(InvoiceEvent::PaymentFailed);
        }
        if before.map(|before| before.state) != Some(after.state) {
            happened.extend(match after.state {
                InvoiceState::Paid => Some(InvoiceEvent::Paid),
                InvoiceState::PastDue => Some(InvoiceEvent::PastDue),
                InvoiceState::Void => Some(InvoiceEvent::Voided),
                InvoiceState::Uncollectible => Some(InvoiceEvent::MarkedUncollectible),
                InvoiceState::Draft | InvoiceState::Open | InvoiceState::PartiallyPaid => None,
            });
        }
        if happened.is_empty() { vec![InvoiceEvent::Updated] } else { happened }
    }

    fn moves_customer(before: Option<&Self>, after: &Self) -> bool {
        let is_past_due = |one: &Self| one.state == InvoiceState::PastDue;
        before.is_some_and(is_past_due) != is_past_due(after)
    }
}

impl Representation for Invoice {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::custom_fields(EntityType::Invoice),
        Expansion::computed("explanation", explain::explanation_of),
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("subscription", "subscription_id", Reference::Subscription),
    ];

    fn example() -> Value {
        serde_json::json!({
            "id": "in_prod_0mkz6k3cq1r2s3t4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 3,
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "subscription_id": null,
            "state": "paid",
            "number": "INV-0001",
            "billing_reason": "manual",
            "collection_method": "charge_automatically",
            "currency": "usd",
            "description": null,
            "issued_at": "2026-01-31T09:30:00.000Z",
            "due_date": null,
            "period_start": null,
            "period_end": null,
            "items": [{
                "id": "ii_prod_0mkz6k3c1a2b3c4d",
                "name": "Consulting",
                "description": null,
                "quantity": 2,
                "quantity_decimal": null,
                "unit_amount_atom": 15000,
                "price_id": null,
                "subscription_item_id": null,
                "amount_atom": 30000,
                "discount_amount_atom": 0,
                "tax_amount_atom": 0,
                "calculation": {
                    "quantity": "2",
                    "unit_amount_decimal": "15000",
                    "quantity_divisor": 1,
                    "tiers_mode": null,
                    "tiers": null,
                    "full_amount_atom": 30000,
                    "part": null,
                    "rounding": "half_down",
                    "earlier_amount_atom": 0,
                    "most_amount_atom": null,
                    "least_amount_atom": null,
                },
                "discount": null,
                "taxes": [],
                "period_start": null,
                "period_end": null,
                "proration": false,
                "reduced_amount_atom": 0,
                "given_back_amount_atom": 0,
                "credit_of": null,
                "settles": false,
                "metadata": {},
            }],
            "subtotal_amount_atom": 30000,
            "discount_amount_atom": 0,
            "tax_amount_atom": 0,
            "taxes": [],
            "tax_exempt": "none",
            "seller": {
                "name": "Acme", "legal_name": "Acme GmbH", "legal_id": "HRB 123456 B",
                "email": null, "phone": null,
                "address": {
                    "line1": "Torstraße 1", "line2": null, "city": "Berlin", "state": null,
                    "postal_code": "10119", "country": "DE",
                },
                "tax_ids": [
                    {"type": "eu_vat", "value": "DE136695976", "status": "unverified"},
                ],
                "buyer_reference": null, "timezone": "UTC",
            },
            "billed_to": {
                "name": "Jane Smith", "legal_name": null, "legal_id": null,
                "email": "jane@example.com", "phone": null, "address": null, "tax_ids": [],
                "buyer_reference": null, "timezone": "Europe/Berlin",
            },
            "total_amount_atom": 30000,
            "credit_applied_amount_atom": 0,
            "reduced_amount_atom": 0,
            "paid_amount_atom": 30000,
            "refunded_amount_atom": 0,
            "credited_amount_atom": 0,
            "due_amount_atom": 0,
            "finalized_at": "2026-01-31T09:30:00.000Z",
            "paid_at": "2026-01-31T09:30:01.000Z",
            "paid_out_of_band": false,
            "voided_at": null,
            "marked_uncollectible_at": null,
            "payment_intent_id": "pi_prod_0mkz6k3c5e6f7g8h",
            "attempt_count": 1,
            "next_payment_attempt_at": null,
            "last_payment_error": null,
            "external_id": null,
            "metadata": {},
            "status": "paid",
        })
    }
}

filter! {
    /// Which invoices to list.
    pub struct InvoiceFilter of Invoice {
        /// Only those of this customer; may be combined with `state`.
        customer_id: CustomerId,
        /// Only those of this subscription.
        subscription_id: SubscriptionId,
        /// Only those in this state.
        state: InvoiceState,
        /// The same as `state`.
        status: InvoiceState,
        /// Only the one with this id of the caller's own.
        external_id: ExternalId,
        /// Only the one with this number.
        number: Text<1, 100>,
        /// Only those that are due
        due_date: TimeRange,
    }
    same status = state
    together [customer_id, state]
    together [subscription_id]
    together [external_id]
    together [number]
    sorted due_date with [state]
}
