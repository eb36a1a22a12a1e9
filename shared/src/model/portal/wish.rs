//! Another plan or quantity, as a customer asks for it on the portal.
//!
//! What costs more is changed at once, and paid for first. What costs less is changed at the end of the
//! period, by a change request that the customer may take back.

use serde_json::{Value, json};

use crate::{
    base::{
        error::Error,
        id::{PriceId, SubscriptionId, SubscriptionItemId},
        metadata::Metadata,
        money::Atoms,
        time::Timestamp,
    },
    model::{
        change_request::{ChangePreview, ChangesPatch, NewChangeRequest},
        portal_settings::PortalSettings,
        subscription::{ItemsChange, Subscription, SubscriptionItem, SubscriptionState},
        typed::read,
    },
};

/// The key of a change request's metadata that says where it was asked for.
const MADE_BY: &str = "made_by";
const PORTAL: &str = "portal";

/// What a customer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub(crate) subscription: SubscriptionId,
    pub(super) item: SubscriptionItemId,
    pub(super) price: Option<PriceId>,
    pub(super) quantity: Option<i64>,
    /// What the page has said that is charged now.
    pub(crate) shown: Option<Atoms>,
}

impl Wish {
    /// The item as it would be: none, where that is nothing the account lets customers ask for.
    pub(crate) fn item_of(
        &self,
        subscription: &Subscription,
        allows: &PortalSettings,
    ) -> Option<(SubscriptionItem, SubscriptionItem)> {
        let found = subscription.items().iter().find(|item| item.id == self.item)?;
        let (before, now) = (found.clone(), found.quantity?);
        let price = self.price.clone().unwrap_or_else(|| before.price_id.clone());
        let quantity = self.quantity.unwrap_or(now);
        let known = price == before.price_id || allows.plans().contains(&price);
        let counted = quantity == now || (allows.change_quantity && quantity > 0);
        let after =
            SubscriptionItem { price_id: price, quantity: Some(quantity), ..before.clone() };
        (known && counted).then_some((before, after))
    }

    fn edit(&self) -> Value {
        let price = self.price.as_ref().map(|price| ("price_id", json!(price)));
        let quantity = self.quantity.map(|quantity| ("quantity", json!(quantity)));
        let whose = [("action", json!("update")), ("subscription_item_id", json!(self.item))];
        let edit = whose.into_iter().chain(price).chain(quantity);
        Value::Object(edit.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn changes(&self, at: &str) -> Value {
        json!({"effective_at": at, "items": [self.edit()]})
    }

    /// The wish as what a change request asks for, made now or at the end of the period.
    pub(crate) fn as_changes(&self, at_end: bool) -> Result<ChangesPatch, Error> {
        let at = if at_end { "period_end" } else { "now" };
        read("change request", &self.changes(at))
    }

    /// The change request for the end of the period.
    pub(crate) fn as_request(&self) -> Result<NewChangeRequest, Error> {
        let body = json!({
            "subscription_id": self.subscription, "changes": self.changes("period_end"),
            "metadata": {MADE_BY: PORTAL},
        });
        read("change request", &body)
    }

    /// The change of items at once, which waits for its payment where there is one.
    pub(crate) fn as_change(&self, pays: bool) -> Result<ItemsChange, Error> {
        let body = json!({
            "proration_behavior": "always_invoice", "pay_before_change": pays,
            "items": [self.edit()],
        });
        read("change", &body)
    }
}

/// Whether a change request was made on the portal, where it may be taken back too.
pub(crate) fn is_of_portal(metadata: &Metadata) -> bool {
    metadata.get(MADE_BY) == Some(PORTAL)
}

/// What a wish comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Costs {
    /// When it would come, if not at once.
    pub(crate) later: Option<Timestamp>,
    /// What is charged now, with tax.
    pub(crate) now: Atoms,
    /// What the next renewal comes to then, with tax.
    pub(crate) next: Option<Atoms>,
}

impl Costs {
    /// What a preview says.
    pub(crate) fn of(preview: &ChangePreview, later: Option<Timestamp>) -> Result<Self, Error> {
        let sum = preview.proration_amount_atom.plus(preview.proration_tax_amount_atom)?;
        let next = preview.next_renewal_amount_atom.zip(preview.next_renewal_tax_amount_atom);
        let next = next.map(|(net, tax)| net.plus(tax)).transpose()?;
        Ok(Self { later, now: if later.is_some() { Atoms::ZERO } else { sum }, next })
    }

    /// Whether it is made at once: it costs something now, or nothing was paid for yet.
    pub(crate) fn is_at_once(&self, subscription: &Subscription) -> bool {
        self.now.is_positive() || subscription.state() == SubscriptionState::Trialing
    }
}

/// What a customer may change about an item.
pub(crate) struct Choice {
    pub(crate) item: SubscriptionItemId,
    pub(crate) name: String,
    /// How many there are; none, where that may not be changed.
    pub(crate) quantity: Option<i64>,
    /// The price it has, and those it may get: each with its name and what one costs, where that is known.
    pub(crate) plans: Vec<(PriceId, String, Option<Atoms>)>,
}

/// What waits to change.
pub(crate) struct Planned {
    /// What is subscribed to then.
    pub(crate) name: String,
    /// When; none, where it waits for its payment.
    pub(crate) at: Option<Timestamp>,
    /// Whether the customer may take it back.
    pub(crate) undo: bool,
}
