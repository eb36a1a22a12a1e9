//! Other items in the middle of a period: what is asked for, and when the difference is paid.
//!
//! What it comes to is in `prorate`. A preview is the same computation without the transaction, so it
//! cannot differ from the change at the same instant.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Subscription, SubscriptionItem, SubscriptionState, discount::BilledWhen, item::ItemQuantity,
    item_of,
};
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
        billing::proration::Fraction,
        entity::Representation,
        invoice::{Invoice, InvoiceItem, InvoiceState},
    },
};

/// How many lines changes may make on one day: a program that runs wild stops here.
const MOST_LINES_A_DAY: usize = 15;
/// How many invoices a subscription may get within a minute.
const MOST_INVOICES_A_MINUTE: usize = 10;

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
        action: ItemAction,
        /// The item that is updated or deleted.
        subscription_item_id: Option<SubscriptionItemId>,
        /// The price that is added, or that an item gets.
        price_id: Option<PriceId>,
        /// How many; 1 for an item that is added, unchanged for one that is updated. Not of a metered
        /// price.
        quantity: Option<ItemQuantity>,
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
        /// When; now, when left out. At the end of the period there is nothing to be prorated.
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

/// What a subscription was billed for lately: what stops a program that runs wild.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Activity {
    day: Option<Date>,
    lines: usize,
    minute: Option<i64>,
    invoices: usize,
}

impl Activity {
    /// The activity with `lines` more, and an invoice if there is one, or why that is too much.
    pub(crate) fn with(&self, lines: usize, invoiced: bool, now: Timestamp) -> Result<Self, Error> {
        let day = Some(now.local(&jiff::tz::TimeZone::UTC).date());
        let minute = Some(now.seconds().div_euclid(60));
        let earlier_lines = if self.day == day { self.lines } else { 0 };
        let earlier_invoices = if self.minute == minute { self.invoices } else { 0 };
        let (lines, invoices) = (earlier_lines + lines, earlier_invoices + usize::from(invoiced));
        if lines > MOST_LINES_A_DAY || invoices > MOST_INVOICES_A_MINUTE {
            let hint = format!(
                "has been changed too often: at most {MOST_LINES_A_DAY} lines a day and \
                 {MOST_INVOICES_A_MINUTE} invoices a minute; nothing was charged"
            );
            return Err(Error::not_now("subscription", "too_many_changes", &hint));
        }
        Ok(Self { day, lines, minute, invoices })
    }
}

/// How many lines wait for a renewal at most: the invoice of it, or of an end that gives each of them
/// back, is one item.
const MOST_WAITING: usize = 100;

impl Subscription {
    /// Refuses a change by which too many lines would wait for the next renewal.
    pub(crate) fn waits_within_limits(&self) -> Result<(), Error> {
        let count = self.ledger.pending.len();
        if count <= MOST_WAITING {
            return Ok(());
        }
        let hint = format!(
            "would have {count} lines that wait for its next renewal; at most {MOST_WAITING} can: \
             bill the change now, with a proration_behavior of always_invoice"
        );
        Err(Error::not_now("subscription", "too_many_lines", &hint))
    }

    pub(crate) fn changeable(&self) -> Result<(), Error> {
        use SubscriptionState::{
            Active, Cancelled, Incomplete, PastDue, Paused, Scheduled, Trialing,
        };
        match self.state {
            Scheduled | Trialing | Active | PastDue => Ok(()),
            Incomplete | Paused | Cancelled => {
                let hint = format!("is {} and its items cannot be changed", self.state.described());
                Err(Error::not_now("subscription", "illegal_state", &hint))
            }
        }
    }

    /// The part of the current period that is left, where it was paid for.
    pub(crate) fn left(&self, now: Timestamp) -> Option<Fraction> {
        let paid = self.is_past_trial() && self.state != SubscriptionState::Scheduled;
        let fraction = Fraction::remaining(self.current_period(), now);
        Some(fraction).filter(|fraction| paid && !fraction.is_zero())
    }
}

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
