//! A change of items, as it is asked for and as it is answered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{InvoiceId, PriceId, SubscriptionId, SubscriptionItemId},
        input::{Faults, Integer, Location, Several, Text, choice, input, rule},
        metadata::Metadata,
        money::Atoms,
        time::Timestamp,
    },
    model::{
        entity::Representation,
        invoice::{Invoice, InvoiceItem, InvoiceState},
        subscription::{
            Subscription, SubscriptionItem, discount::BilledWhen, item::ItemQuantity, item_of,
        },
    },
};

choice! {
    /// When the difference that a change makes is paid.
    pub enum ProrationBehavior {
        /// Now, by an invoice of its own.
        AlwaysInvoice = "always_invoice",
        /// With the next renewal.
        CreateProrations = "create_prorations",
        /// Never.
        None = "none",
    }
}

choice! {
    /// What is done with an item.
    pub enum ItemAction {
        /// A price is added.
        Add = "add",
        /// An item gets another price or quantity.
        Update = "update",
        /// An item is removed.
        Delete = "delete",
    }
}

input! {
    /// One change of an item.
    #[derive(Serialize, Deserialize)]
    pub struct ItemEdit {
        /// What is done.
        pub(in crate::model::subscription) action: ItemAction,
        /// The item that is updated or deleted.
        pub(in crate::model::subscription) subscription_item_id: Option<SubscriptionItemId>,
        /// The price that is added, or that an item gets.
        pub(in crate::model::subscription) price_id: Option<PriceId>,
        /// How many; 1 for an item that is added, unchanged for one that is updated. Not of a metered
        /// price.
        pub(in crate::model::subscription) quantity: Option<ItemQuantity>,
    }
    rules [rule::one_of([
        rule::all_of([
            rule::says("action", &["add"]),
            rule::given(&["price_id"]),
            rule::absent(&["subscription_item_id"]),
        ]),
        rule::all_of([
            rule::says("action", &["update", "delete"]),
            rule::given(&["subscription_item_id"]),
        ]),
    ])]
}

impl ItemEdit {
    /// The item that an update makes of one that there is.
    pub(crate) fn made_of(&self, subscription: &Subscription) -> Option<SubscriptionItem> {
        let id = self.subscription_item_id.as_ref()?;
        let item = subscription.items.iter().find(|item| item.id == *id)?;
        Some(SubscriptionItem {
            price_id: self.price_id.clone().unwrap_or_else(|| item.price_id.clone()),
            quantity: self.quantity.map(Integer::get).or(item.quantity),
            ..item.clone()
        })
    }
}

input! {
    /// Changes of a subscription's items: all of them or none.
    pub struct ItemsChange {
        /// When the difference is paid.
        pub(crate) proration_behavior: ProrationBehavior,
        /// Whether the change happens only once the difference is paid: with `always_invoice`. When
        /// left out it happens at once, and what is not paid is owed.
        pub(crate) pay_before_change: Option<bool>,
        /// The changes.
        pub(crate) items: Several<ItemEdit>,
    }
    example {
        "proration_behavior": "always_invoice",
        "items": [{
            "action": "update",
            "subscription_item_id": "si_prod_0mkz6k3c9i8t7e6m",
            "quantity": 3,
        }],
    }
}

input! {
    /// Changes of a subscription's items that are only computed.
    pub struct PreviewRequest {
        /// The changes.
        pub(crate) items: Several<ItemEdit>,
    }
    example {"items": [{"action": "add", "price_id": "price_prod_0mkz6k3ca9b8c7d6"}]}
}

input! {
    /// Another price for a subscription of one item.
    pub struct PlanChange {
        /// The price.
        pub(crate) new_price_id: PriceId,
        /// When; now, when left out, or where that was less than a minute ago. At the end of the period
        /// there is nothing to be prorated.
        pub(crate) effective_at: Option<Timestamp>,
        /// Why, for your records.
        pub(crate) reason: Option<Text<0, 500>>,
        /// Whether the change happens only once the difference is paid.
        pub(crate) pay_before_change: Option<bool>,
        /// Free text by key: replaces the subscription's.
        pub(crate) metadata: Option<Metadata>,
    }
    example {"new_price_id": "price_prod_0mkz6k3ca9b8c7d6"}
}

/// By how much a caller's clock may be behind: an instant that is past by no more than this is now.
const SLACK_SECONDS: i64 = 60;

impl PlanChange {
    /// Refuses an instant in the past: nothing is changed there any more.
    pub(crate) fn check_instant(&self, now: Timestamp) -> Result<(), Error> {
        match self.effective_at {
            Some(at) if at.plus_seconds(SLACK_SECONDS) < now => {
                let hint = "must not be in the past; to change the subscription now, leave it out";
                Err(Error::rule("subscription", "effective_at", "out_of_range", hint))
            }
            _ => Ok(()),
        }
    }
}

choice! {
    /// What became of the payment of a change.
    pub enum PaymentStatus {
        /// There was nothing to pay.
        NotRequired = "not_required",
        /// It is paid.
        Paid = "paid",
        /// It is to be paid, by the customer or with the next attempt.
        Pending = "pending",
        /// It was tried and failed.
        Failed = "failed",
    }
}

/// What a change of items came to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ItemsChanged {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The invoice for the difference.
    pub invoice_id: Option<InvoiceId>,
    /// What became of its payment.
    pub payment_status: PaymentStatus,
    /// Why it failed.
    pub payment_error: Option<String>,
    /// How many lines the change made, credits and debits counted each.
    pub floating_items_created: usize,
    /// What they come to after discount and before the tax that is added; negative when more is given
    /// back than charged.
    pub proration_amount_atom: Atoms,
    /// Invoices that the change voided.
    pub voided_invoice_ids: Vec<InvoiceId>,
}

/// What a change of items would come to now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The instant it was computed for.
    pub proration_date: Timestamp,
    /// The lines that the change would make.
    pub items: Vec<InvoiceItem>,
    /// What they come to after discount and before the tax that is added; negative when more is given
    /// back than charged.
    pub proration_amount_atom: Atoms,
    /// The tax that is added to that.
    pub proration_tax_amount_atom: Atoms,
    /// What the next renewal would come to, with the lines that wait for it and before the tax that is
    /// added: of what is measured, as much as was used by now. What else is scheduled until then is not in it: a pause, an
    /// end, another change.
    pub next_renewal_amount_atom: Atoms,
    /// The tax that is added to that.
    pub next_renewal_tax_amount_atom: Atoms,
    /// Its lines.
    pub next_renewal_items: Vec<InvoiceItem>,
}

impl Representation for ItemsChanged {
    fn example() -> Value {
        serde_json::json!({
            "subscription_id": "sub_prod_0mkz6k3cm3n4o5p6",
            "invoice_id": "in_prod_0mkz6k3cq1r2s3t4",
            "payment_status": "paid",
            "payment_error": null,
            "floating_items_created": 2,
            "proration_amount_atom": 375,
            "voided_invoice_ids": [],
        })
    }
}

impl Representation for Preview {
    fn example() -> Value {
        serde_json::json!({
            "subscription_id": "sub_prod_0mkz6k3cm3n4o5p6",
            "proration_date": "2026-01-31T09:30:00.000Z",
            "items": [],
            "proration_amount_atom": 375,
            "proration_tax_amount_atom": 0,
            "next_renewal_amount_atom": 3252,
            "next_renewal_tax_amount_atom": 0,
            "next_renewal_items": [],
        })
    }
}

impl ItemEdit {
    /// The price that it names.
    pub(crate) fn price_id(&self) -> Option<&PriceId> {
        self.price_id.as_ref()
    }

    /// That the item gets the price it has here.
    pub(crate) fn of_price(item: &SubscriptionItem) -> Self {
        Self {
            action: ItemAction::Update,
            subscription_item_id: Some(item.id.clone()),
            price_id: Some(item.price_id.clone()),
            quantity: None,
        }
    }

    /// Whether it says how many.
    pub(crate) fn has_quantity(&self) -> bool {
        self.quantity.is_some()
    }

    /// The item it is about: none, for one that is added. `None` means that faults were noted.
    pub(crate) fn target(
        &self,
        items: &[SubscriptionItem],
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Option<Option<SubscriptionItem>> {
        let field = at.field("subscription_item_id");
        match (self.action, &self.subscription_item_id) {
            (ItemAction::Add, None) if self.price_id.is_none() => {
                faults.not_understood(
                    &at.field("price_id"),
                    "required",
                    "is required to add an item",
                );
                None
            }
            (ItemAction::Add, None) => Some(None),
            (ItemAction::Add, Some(_)) => {
                faults.not_understood(
                    &field,
                    "not_allowed",
                    "cannot be named for an item that is added",
                );
                None
            }
            (ItemAction::Update | ItemAction::Delete, None) => faults.missing(&field),
            (ItemAction::Update | ItemAction::Delete, Some(id)) => {
                let item = item_of(items, id).cloned();
                if item.is_none() {
                    let hint = "names an item that the subscription does not have";
                    faults.not_valid(&field, "no_such_object", hint);
                }
                item.map(Some)
            }
        }
    }

    /// The item after the change; none, when it is deleted.
    pub(crate) fn result(
        &self,
        target: Option<&SubscriptionItem>,
        id: SubscriptionItemId,
    ) -> Option<SubscriptionItem> {
        let quantity = self.quantity.map(Integer::get);
        match (self.action, target) {
            (ItemAction::Delete, _) => None,
            (_, Some(item)) => Some(SubscriptionItem {
                id: item.id.clone(),
                price_id: self.price_id.clone().unwrap_or_else(|| item.price_id.clone()),
                quantity: quantity.or(item.quantity),
                meter_id: item.meter_id.clone(),
            }),
            (_, None) => self.price_id.clone().map(|price_id| SubscriptionItem {
                id,
                price_id,
                quantity: Some(quantity.unwrap_or(1)),
                meter_id: None,
            }),
        }
    }
}

impl ItemsChange {
    /// Whether the change happens only once it is paid, which needs an invoice of its own.
    pub(crate) fn waits(&self) -> Result<bool, Error> {
        let waits = self.pay_before_change == Some(true);
        if waits && self.proration_behavior != ProrationBehavior::AlwaysInvoice {
            let hint = "needs a proration_behavior of always_invoice: it waits for that invoice";
            return Err(Error::rule("change", "pay_before_change", "not_combinable", hint));
        }
        Ok(waits)
    }
}

impl ItemsChanged {
    pub(crate) fn with_payment(self, invoice: &Invoice) -> Self {
        let error = invoice.last_payment_error().map(|error| error.message.clone());
        let payment_status = match (invoice.state(), &error) {
            (InvoiceState::Paid, _) => PaymentStatus::Paid,
            (_, Some(_)) => PaymentStatus::Failed,
            (_, None) => PaymentStatus::Pending,
        };
        Self { payment_status, payment_error: error, ..self }
    }
}

impl ProrationBehavior {
    /// When the lines of a change are billed; none makes no lines.
    pub(crate) const fn when(self) -> Option<BilledWhen> {
        match self {
            Self::AlwaysInvoice => Some(BilledWhen::Now),
            Self::CreateProrations => Some(BilledWhen::Later),
            Self::None => None,
        }
    }
}
