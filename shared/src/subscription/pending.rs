//! A change of items that has not happened yet: it waits for an instant, or for its payment.
//!
//! At most one waits. Nobody owes it: where it is not paid, it does not happen, and its invoice ends
//! with it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BilledItems, Subscription, SubscriptionItem, books::Books};
use crate::{
    credit_note::{Credit, CreditReason},
    customer::Customer,
    error::Error,
    http::{Context, Reply},
    id::{InvoiceId, SubscriptionItemId},
    invoice::{Invoice, InvoiceState},
    store::Tx,
    time::Timestamp,
    work::Work,
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
pub(super) struct Waiting {
    /// What its invoice bills, by item.
    pub(super) billed: BilledItems,
    /// The items that it removes.
    pub(super) removed: Vec<SubscriptionItemId>,
}

impl Subscription {
    /// When a scheduled change happens.
    pub(super) fn planned_at(&self) -> Option<Timestamp> {
        self.pending_change.as_ref().and_then(|change| change.effective_at)
    }

    /// The invoice whose payment a change waits for.
    pub fn awaited(&self) -> Option<&InvoiceId> {
        self.pending_change.as_ref().and_then(|change| change.waits_for_invoice_id.as_ref())
    }

    /// Whether a change waits for this invoice to be paid.
    pub(super) fn awaits(&self, invoice: &InvoiceId) -> bool {
        self.awaited() == Some(invoice)
    }

    /// The subscription without the change that waited.
    pub fn without_pending(&self) -> Self {
        let mut after = Self { pending_change: None, ..self.clone() };
        after.ledger.waiting_change = None;
        after
    }

    /// The subscription with a change that happens once `invoice` is paid: from the items it has to
    /// those of `changed`.
    pub(super) fn waiting_for(&self, invoice: &Invoice, changed: &Self) -> Self {
        let is_new = |item: &&SubscriptionItem| !self.items.contains(item);
        let kept = |id: &SubscriptionItemId| changed.items.iter().any(|item| item.id == *id);
        let items: Vec<_> = changed.items.iter().filter(is_new).cloned().collect();
        let removed = self.items.iter().map(|item| &item.id).filter(|id| !kept(id)).cloned();
        let of = |id: &SubscriptionItemId| items.iter().any(|item| item.id == *id);
        let billed = changed.ledger.billed.iter().filter(|(id, _)| of(id));
        let waiting = Waiting {
            billed: billed.map(|(id, billed)| (id.clone(), billed.clone())).collect(),
            removed: removed.collect(),
        };
        let mut after = changed.clone();
        after.items.clone_from(&self.items);
        after.ledger.billed.clone_from(&self.ledger.billed);
        after.ledger.waiting_change = Some(waiting);
        after.pending_change = Some(PendingChange {
            effective_at: None,
            items,
            waits_for_invoice_id: Some(invoice.id().clone()),
        });
        after
    }

    /// The subscription after the invoice that a change waits for has changed.
    pub(super) fn with_pending_settled(self, invoice: &Invoice) -> Self {
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
        let mut after = self.without_pending();
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
        after
    }

    /// The subscription with a change of its items at an instant.
    pub(super) fn scheduled(&self, at: Timestamp, items: Vec<SubscriptionItem>) -> Self {
        let change = PendingChange { effective_at: Some(at), items, waits_for_invoice_id: None };
        Self { pending_change: Some(change), ..self.without_pending() }
    }

    /// The scheduled change, after other changes of the same items: it gives them another price.
    pub(super) fn with_schedule_kept(mut self) -> Self {
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

impl Work {
    /// The invoice that a change waits for, where it is still to be paid and no payment of it is open.
    pub(super) async fn awaited_by(
        &self,
        subscription: &Subscription,
    ) -> Result<Option<Invoice>, Error> {
        let Some(id) = subscription.awaited() else { return Ok(None) };
        let found: Option<Invoice> = self.store().find(self.account(), id).await?;
        let Some(before) = found else { return Ok(None) };
        let invoice = self.settled_attempts(before.clone()).await?;
        match invoice.state() {
            // Its payment is known only now, and the subscription with it.
            InvoiceState::Paid => Err(Error::Stale),
            InvoiceState::Void | InvoiceState::Uncollectible => Ok(None),
            _ => Ok(Some(invoice)),
        }
    }

    /// Puts into `tx` that the invoice of a change which does not happen counts no longer. What it
    /// credited is released in the `Books`.
    pub(crate) async fn drop_awaited(&self, tx: &mut Tx, invoice: &Invoice) -> Result<(), Error> {
        match invoice.state() {
            InvoiceState::Draft => tx.delete(invoice),
            _ if invoice.keeps_money() => {
                let customer: Customer = self.find(invoice.customer_id()).await?;
                let amount = invoice.returned_by_voiding()?;
                self.credit(
                    tx,
                    &customer,
                    Credit::of_invoice(invoice, amount, CreditReason::Issued),
                )?;
                tx.update(invoice, invoice.credited(amount)?.voided(self.now())?);
            }
            _ => {
                self.give_back(tx, invoice).await?;
                tx.update(invoice, invoice.voided(self.now())?);
            }
        }
        Ok(())
    }

    /// The subscription without the change that waits for its payment, the books without what that
    /// credited, and what else becomes of its invoice in `tx`.
    pub(super) async fn without_awaited(
        &self,
        tx: &mut Tx,
        subscription: &Subscription,
    ) -> Result<(Subscription, Books), Error> {
        if subscription.awaited().is_none() {
            return Ok((subscription.clone(), Books::default()));
        }
        let awaited = self.awaited_by(subscription).await?;
        let none = std::iter::empty();
        let books = self.books_without(awaited.as_ref(), none, Vec::new()).await?;
        if let Some(invoice) = &awaited {
            self.drop_awaited(tx, invoice).await?;
        }
        Ok((subscription.without_pending(), books))
    }
}

impl Context {
    /// Takes a change back that has not happened yet.
    pub async fn remove_pending_change(&self, subscription: Subscription) -> Reply<Subscription> {
        if subscription.pending_change.is_none() {
            let hint = "has no change that waits";
            return Err(Error::not_now("subscription", "illegal_state", hint));
        }
        let mut tx = self.begin();
        let (after, books) = self.work().without_awaited(&mut tx, &subscription).await?;
        books.write(&mut tx);
        let after = tx.update(&subscription, after.without_pending());
        self.commit(tx, after).await
    }
}
