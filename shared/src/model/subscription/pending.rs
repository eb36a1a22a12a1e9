//! A change of items that has not happened yet: it waits for an instant, or for its payment.
//!
//! At most one waits. Nobody owes it: where it is not paid, it does not happen, and its invoice ends
//! with it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Billed, BilledItems, Subscription, SubscriptionItem};
use crate::{
    base::{
        id::{DiscountId, InvoiceId, SubscriptionItemId},
        time::Timestamp,
    },
    model::invoice::{Invoice, InvoiceState},
};

/// A change of items that has not happened yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PendingChange {
    /// When it happens; null while it waits for its payment.
    pub effective_at: Option<Timestamp>,
    /// The items that it changes or adds, as they will be.
    pub items: Vec<SubscriptionItem>,
    /// The invoice whose payment it waits for.
    pub waits_for_invoice_id: Option<InvoiceId>,
}

/// What else is remembered of a change that waits for its payment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// What its invoice bills, by item.
    pub(crate) billed: BilledItems,
    /// The items that it removes.
    pub(crate) removed: Vec<SubscriptionItemId>,
    /// The discount, where its invoice is the only one that this reduces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) discount: Option<DiscountId>,
}

impl Subscription {
    /// When a scheduled change happens.
    pub(crate) fn planned_at(&self) -> Option<Timestamp> {
        self.pending_change.as_ref().and_then(|change| change.effective_at)
    }

    /// The invoice whose payment a change waits for.
    pub fn awaited(&self) -> Option<&InvoiceId> {
        self.pending_change.as_ref().and_then(|change| change.waits_for_invoice_id.as_ref())
    }

    /// The invoices that bill the items of a change that waits, as they are before it.
    pub(crate) fn billed_before_waiting(&self) -> BTreeSet<InvoiceId> {
        let changed = self.pending_change.iter().flat_map(|change| &change.items);
        let removed = self.ledger.waiting_change.iter().flat_map(|change| &change.removed);
        let items = changed.map(|item| &item.id).chain(removed);
        let billed = items.filter_map(|id| self.ledger.billed.get(id));
        billed.filter_map(Billed::invoice).cloned().collect()
    }

    /// Whether a change waits for this invoice to be paid.
    pub(crate) fn awaits(&self, invoice: &InvoiceId) -> bool {
        self.awaited() == Some(invoice)
    }

    /// The subscription without the change that waited, and that does not happen: a coupon for one
    /// invoice that was on its invoice is there again.
    pub fn without_pending(&self) -> Self {
        let mut after = self.with_none_pending();
        let spent = self.ledger.waiting_change.as_ref().and_then(|one| one.discount.as_ref());
        after.discount = after.discount.map(|own| match spent == Some(&own.id) {
            true => own.unspent(),
            false => own,
        });
        after
    }

    fn with_none_pending(&self) -> Self {
        let mut after = Self { pending_change: None, ..self.clone() };
        after.ledger.waiting_change = None;
        after
    }

    /// The subscription with a change that happens once `invoice` is paid: from the items it has to
    /// those of `changed`.
    pub(crate) fn waiting_for(&self, invoice: &Invoice, changed: &Self) -> Self {
        let is_new = |item: &&SubscriptionItem| !self.items.contains(item);
        let kept = |id: &SubscriptionItemId| changed.items.iter().any(|item| item.id == *id);
        let items: Vec<_> = changed.items.iter().filter(is_new).cloned().collect();
        let removed = self.items.iter().map(|item| &item.id).filter(|id| !kept(id)).cloned();
        let of = |id: &SubscriptionItemId| items.iter().any(|item| item.id == *id);
        let billed = changed.ledger.billed.iter().filter(|(id, _)| of(id));
        let waiting = Waiting {
            billed: billed.map(|(id, billed)| (id.clone(), billed.clone())).collect(),
            removed: removed.collect(),
            discount: self
                .discount
                .as_ref()
                .filter(|own| own.is_spent_by(changed.discount.as_ref()))
                .map(|own| own.id.clone()),
        };
        let mut after = changed.clone();
        after.items.clone_from(&self.items);
        after.ledger.billed.clone_from(&self.ledger.billed);
        after.ledger.usage.clone_from(&self.ledger.usage);
        after.ledger.waiting_change = Some(waiting);
        after.pending_change = Some(PendingChange {
            effective_at: None,
            items,
            waits_for_invoice_id: Some(invoice.id().clone()),
        });
        after
    }

    /// The subscription after the invoice that a change waits for has changed.
    pub(crate) fn with_pending_settled(self, invoice: &Invoice) -> Self {
        if !self.awaits(invoice.id()) {
            return self;
        }
        match invoice.state() {
            InvoiceState::Paid => self.with_pending_done(invoice),
            InvoiceState::Void | InvoiceState::Uncollectible => self.without_pending(),
            InvoiceState::Draft
            | InvoiceState::Open
            | InvoiceState::PartiallyPaid
            | InvoiceState::PastDue => self,
        }
    }

    /// The change has happened: to the items that it names. What was changed meanwhile stays.
    fn with_pending_done(self, invoice: &Invoice) -> Self {
        let mut after = self.with_none_pending();
        let waiting = self.ledger.waiting_change.unwrap_or_default();
        after.items.retain(|item| !waiting.removed.contains(&item.id));
        for id in &waiting.removed {
            after.ledger.billed.remove(id);
        }
        for item in self.pending_change.into_iter().flat_map(|change| change.items) {
            match after.items.iter_mut().find(|own| own.id == item.id) {
                Some(own) => *own = item,
                None => after.items.push(item),
            }
        }
        for (id, mut billed) in waiting.billed {
            billed.invoiced(invoice);
            after.ledger.billed.insert(id, billed);
        }
        match invoice.paid_at() {
            Some(at) => after.measured(at),
            None => after,
        }
    }

    /// The subscription with a change of its items at an instant.
    pub(crate) fn scheduled(&self, at: Timestamp, items: Vec<SubscriptionItem>) -> Self {
        let change = PendingChange { effective_at: Some(at), items, waits_for_invoice_id: None };
        Self { pending_change: Some(change), ..self.without_pending() }
    }

    /// The scheduled change, after other changes of the same items: it gives them another price.
    pub(crate) fn with_schedule_kept(mut self) -> Self {
        let Some(mut change) = self.pending_change.take() else { return self };
        if change.effective_at.is_some() {
            change.items.retain(|item| self.items.iter().any(|own| own.id == item.id));
            for item in &mut change.items {
                let own = self.items.iter().find(|own| own.id == item.id);
                item.quantity = own.map_or(item.quantity, |own| own.quantity);
            }
        }
        let is_left = change.waits_for_invoice_id.is_some() || !change.items.is_empty();
        self.pending_change = Some(change).filter(|_| is_left);
        self
    }
}
