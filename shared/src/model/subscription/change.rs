//! Other items in the middle of a period: what is given back, what is charged, and when that is paid.
//!
//! Each changed item makes a credit for what was last billed for it and a debit for what it now costs,
//! both for the part of the period that is left. A preview is the same computation without the
//! transaction, so it cannot differ from the change at the same instant.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    BilledItems, Subscription, SubscriptionItem, SubscriptionState, item::ItemQuantity, item_of,
};
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, PriceId, SubscriptionId, SubscriptionItemId},
        input::{Faults, Integer, Location, Several, Text, choice, input, rule},
        metadata::Metadata,
        money::{Atoms, Overflow},
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
    pub struct ItemEdit {
        /// What is done.
        action: ItemAction,
        /// The item that is updated or deleted.
        subscription_item_id: Option<SubscriptionItemId>,
        /// The price that is added, or that an item gets.
        price_id: Option<PriceId>,
        /// How many; 1 for an item that is added, unchanged for one that is updated.
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
    /// What they come to after discount; negative when more is given back than charged.
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
    /// What they come to after discount; negative when more is given back than charged.
    pub proration_amount_atom: Atoms,
    /// What the next renewal would come to, with the lines that wait for it and before tax.
    pub next_renewal_amount_atom: Atoms,
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
            "next_renewal_amount_atom": 3252,
        })
    }
}

/// A change of items that has not happened yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Planned {
    /// The only item gets a price at an instant.
    At { at: Timestamp, price_id: PriceId },
    /// The items become these once the invoice is paid.
    Paid { invoice: InvoiceId, items: Vec<SubscriptionItem>, billed: BilledItems },
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

/// What edits make of a subscription.
pub(crate) struct Changed {
    pub(crate) items: Vec<SubscriptionItem>,
    pub(crate) billed: BilledItems,
    pub(crate) lines: Vec<InvoiceItem>,
}

impl Changed {
    pub(crate) fn amount(&self) -> Result<Atoms, Overflow> {
        let nets: Vec<Atoms> = self.lines.iter().map(InvoiceItem::net).collect::<Result<_, _>>()?;
        Atoms::sum(nets)
    }
}

impl Subscription {
    /// When a planned change happens.
    pub(super) fn planned_at(&self) -> Option<Timestamp> {
        match &self.ledger.planned {
            Some(Planned::At { at, .. }) => Some(*at),
            Some(Planned::Paid { .. }) | None => None,
        }
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

    pub(crate) fn with_changed(&self, changed: &Changed) -> Self {
        let mut after = self.clone();
        after.items.clone_from(&changed.items);
        after.ledger.billed.clone_from(&changed.billed);
        after
    }

    /// The subscription after the invoice that a planned change waits for has changed.
    pub(super) fn with_planned_settled(self, invoice: &Invoice) -> Self {
        let Some(Planned::Paid { invoice: awaited, items, billed }) = &self.ledger.planned else {
            return self;
        };
        if awaited != invoice.id() {
            return self;
        }
        let mut after = self.clone();
        match invoice.state() {
            InvoiceState::Paid => {
                after.items.clone_from(items);
                after.ledger.billed.clone_from(billed);
                after.ledger.planned = None;
            }
            InvoiceState::Void | InvoiceState::Uncollectible => after.ledger.planned = None,
            InvoiceState::Draft
            | InvoiceState::Open
            | InvoiceState::PartiallyPaid
            | InvoiceState::PastDue => {}
        }
        after
    }

    /// Whether a change waits for this invoice to be paid.
    pub(super) fn awaits(&self, invoice: &InvoiceId) -> bool {
        matches!(&self.ledger.planned, Some(Planned::Paid { invoice: awaited, .. }) if awaited == invoice)
    }
}

impl Subscription {
    pub(crate) fn rest_of_period(&self, now: Timestamp) -> crate::model::billing::cycle::Period {
        let start = now.max(self.current_period_start);
        crate::model::billing::cycle::Period { start, end: self.current_period_end.max(start) }
    }

    pub(crate) fn with_price(&self, price_id: PriceId) -> Vec<ItemEdit> {
        let edit = |item: &SubscriptionItem| ItemEdit {
            action: ItemAction::Update,
            subscription_item_id: Some(item.id.clone()),
            price_id: Some(price_id.clone()),
            quantity: None,
        };
        self.items.iter().map(edit).collect()
    }

    pub(crate) fn prices_with(&self, edits: &[ItemEdit]) -> Vec<PriceId> {
        let named = edits.iter().filter_map(|edit| edit.price_id.clone());
        self.price_ids().into_iter().chain(named).collect()
    }
}

impl ItemEdit {
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
            (ItemAction::Update | ItemAction::Delete, None) => {
                faults.not_understood(&field, "required", "is required");
                None
            }
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
                quantity: quantity.unwrap_or(item.quantity),
            }),
            (_, None) => self.price_id.clone().map(|price_id| SubscriptionItem {
                id,
                price_id,
                quantity: quantity.unwrap_or(1),
            }),
        }
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
