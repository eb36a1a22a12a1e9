//! Other items in the middle of a period: what is asked for, and when the difference is paid.
//!
//! What it comes to is in `prorate`. A preview is the same computation without the transaction, so it
//! cannot differ from the change at the same instant.

mod asked;
mod limits;

pub use self::asked::{
    ItemAction, ItemEdit, ItemsChange, ItemsChanged, PaymentStatus, PlanChange, Preview,
    PreviewRequest, ProrationBehavior,
};
pub(crate) use self::limits::Activity;
use super::{Subscription, SubscriptionItem};
use crate::base::{
    id::{InvoiceId, PriceId},
    time::Timestamp,
};

impl Subscription {
    pub(crate) fn rest_of_period(&self, now: Timestamp) -> crate::model::billing::cycle::Period {
        let start = now.max(self.current_period_start);
        crate::model::billing::cycle::Period { start, end: self.current_period_end.max(start) }
    }

    pub(crate) fn with_price(&self, price_id: &PriceId) -> Vec<SubscriptionItem> {
        let item = |item: &SubscriptionItem| SubscriptionItem {
            price_id: price_id.clone(),
            ..item.clone()
        };
        self.items.iter().map(item).collect()
    }

    pub(crate) fn prices_with(&self, edits: &[ItemEdit]) -> Vec<PriceId> {
        let named = edits.iter().filter_map(|edit| edit.price_id.clone());
        self.price_ids().into_iter().chain(named).collect()
    }
}

impl Subscription {
    /// Whether `edits` are about an item that a change waits to change.
    pub(crate) fn is_replaced_by(&self, edits: &[ItemEdit]) -> bool {
        let Some(change) = self.pending_change.as_ref().filter(|_| self.awaited().is_some()) else {
            return false;
        };
        let removed = self.ledger.waiting_change.iter().flat_map(|waiting| &waiting.removed);
        let mut named = change.items.iter().map(|item| &item.id).chain(removed);
        named.any(|id| edits.iter().any(|edit| edit.subscription_item_id.as_ref() == Some(id)))
    }

    /// The invoices that bill the items which `edits` are about.
    pub(crate) fn billed_by(&self, edits: &[ItemEdit]) -> Vec<InvoiceId> {
        let items = edits.iter().filter_map(|edit| edit.subscription_item_id.as_ref());
        let billed = items.filter_map(|id| self.ledger.billed.get(id));
        billed.filter_map(|billed| billed.invoice().cloned()).collect()
    }
}
