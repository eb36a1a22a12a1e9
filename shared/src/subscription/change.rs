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
    Billed, BilledItems, Subscription, SubscriptionItem, SubscriptionState,
    create::{MOST_ITEMS, check_recurring},
    item::ItemQuantity,
    item_of,
    renew::Bill,
};
use crate::{
    billing::proration::Fraction,
    error::Error,
    http::{Context, Reply},
    id::{InvoiceId, PriceId, SubscriptionId, SubscriptionItemId},
    input::{Faults, Integer, Location, Several, Text, choice, input, rule},
    invoice::{BillingReason, Invoice, InvoiceItem, InvoiceState},
    metadata::Metadata,
    money::{Atoms, Overflow},
    priced::Priced,
    store::{Entity, Representation},
    time::Timestamp,
    work::Work,
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
        proration_behavior: ProrationBehavior,
        /// The changes.
        items: Several<ItemEdit>,
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
        items: Several<ItemEdit>,
    }
    example {"items": [{"action": "add", "price_id": "price_prod_0mkz6k3ca9b8c7d6"}]}
}

input! {
    /// Another price for a subscription of one item.
    pub struct PlanChange {
        /// The price.
        new_price_id: PriceId,
        /// When; now, when left out. At the end of the period there is nothing to be prorated.
        effective_at: Option<Timestamp>,
        /// Why, for your records.
        reason: Option<Text<0, 500>>,
        /// Whether the change happens only once the difference is paid.
        pay_before_change: Option<bool>,
        /// Free text by key: replaces the subscription's.
        metadata: Option<Metadata>,
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
pub(super) enum Planned {
    /// The only item gets a price at an instant.
    At { at: Timestamp, price_id: PriceId },
    /// The items become these once the invoice is paid.
    Paid { invoice: InvoiceId, items: Vec<SubscriptionItem>, billed: BilledItems },
}

/// What a subscription was billed for lately: what stops a program that runs wild.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Activity {
    day: Option<Date>,
    lines: usize,
    minute: Option<i64>,
    invoices: usize,
}

impl Activity {
    /// The activity with `lines` more, and an invoice if there is one, or why that is too much.
    fn with(&self, lines: usize, invoiced: bool, now: Timestamp) -> Result<Self, Error> {
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
struct Changed {
    items: Vec<SubscriptionItem>,
    billed: BilledItems,
    lines: Vec<InvoiceItem>,
}

impl Changed {
    fn amount(&self) -> Result<Atoms, Overflow> {
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

    fn changeable(&self) -> Result<(), Error> {
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
    fn left(&self, now: Timestamp) -> Option<Fraction> {
        let paid = self.is_past_trial() && self.state != SubscriptionState::Scheduled;
        let fraction = Fraction::remaining(self.current_period(), now);
        Some(fraction).filter(|fraction| paid && !fraction.is_zero())
    }

    fn with_changed(&self, changed: &Changed) -> Self {
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

impl Work {
    /// What `edits` make of the subscription now. `None` means that faults were noted.
    fn changed(
        &self,
        subscription: &Subscription,
        edits: &[ItemEdit],
        prices: &Priced,
        prorated: bool,
        faults: &mut Faults,
    ) -> Result<Option<Changed>, Error> {
        let body = Location::body("subscription");
        let at = body.field("items");
        let mut changed = Changed {
            items: subscription.items.clone(),
            billed: subscription.ledger.billed.clone(),
            lines: Vec::new(),
        };
        let left = subscription.left(self.now()).filter(|_| prorated);
        let mut touched = Vec::new();
        for (index, edit) in edits.iter().enumerate() {
            let at = at.index(index);
            let Some(target) = edit.target(&changed.items, &at, faults) else { continue };
            if let Some(id) = target.as_ref().map(|item| item.id.clone()) {
                if touched.contains(&id) {
                    let hint = "is changed twice; put both changes into one";
                    faults.not_valid(&at.field("subscription_item_id"), "duplicate", hint);
                    continue;
                }
                touched.push(id);
            }
            let item = edit.result(target.as_ref(), self.id());
            if let Some(item) = &item {
                let interval = Some(subscription.cycle().interval);
                let unchanged = target.as_ref().is_some_and(|old| old.price_id == item.price_id);
                if !unchanged {
                    let at = at.field("price_id");
                    let terms = (subscription.currency, interval);
                    check_recurring(&item.price_id, prices, terms, &at, faults);
                }
            }
            if faults.is_empty() {
                self.put(subscription, &mut changed, (target, item), prices, left)?;
            }
        }
        if faults.is_empty() && !(1..=MOST_ITEMS).contains(&changed.items.len()) {
            let hint =
                format!("leave {}; a subscription has 1 to {MOST_ITEMS}", changed.items.len());
            faults.not_valid(&at, "out_of_range", &hint);
        }
        Ok(faults.is_empty().then_some(changed))
    }

    /// Puts `new` in the place of `old`, with the lines for the part of the period that is left.
    fn put(
        &self,
        subscription: &Subscription,
        changed: &mut Changed,
        (old, new): (Option<SubscriptionItem>, Option<SubscriptionItem>),
        prices: &Priced,
        left: Option<Fraction>,
    ) -> Result<(), Error> {
        if old == new {
            return Ok(());
        }
        if let (Some(old), Some(fraction)) = (&old, left) {
            let billed = changed.billed.get(&old.id).map(Billed::basis).transpose()?;
            let credit = fraction.credit(billed.unwrap_or_default())?;
            if let (Some(named), false) = (prices.get(&old.price_id), credit.is_zero()) {
                let span = subscription.rest_of_period(self.now());
                let mut line = old.line(self.id(), named, span, credit);
                line.name = format!("Unused time on {}", line.name);
                line.proration = true;
                changed.lines.push(line);
            }
        }
        if let Some(old) = &old {
            changed.items.retain(|item| item.id != old.id || new.is_some());
            if new.is_none() || left.is_some() {
                changed.billed.remove(&old.id);
            }
        }
        let Some(new) = new else { return Ok(()) };
        match changed.items.iter_mut().find(|item| item.id == new.id) {
            Some(item) => *item = new.clone(),
            None => changed.items.push(new.clone()),
        }
        let (Some(fraction), Some(named)) = (left, prices.get(&new.price_id)) else {
            return Ok(());
        };
        let amount = new.amount(named.0)?;
        let span = subscription.rest_of_period(self.now());
        let mut line = new.line(self.id(), named, span, fraction.debit(amount)?);
        line.name = format!("Remaining time on {}", line.name);
        line.proration = true;
        if let Some(discount) = &subscription.discount {
            line.discount_amount_atom = discount.share_of_change(line.amount_atom, self.now())?;
        }
        changed.billed.insert(new.id, Billed::by(&line, amount)?);
        changed.lines.push(line);
        Ok(())
    }

    /// The subscription after `changed`, and the invoice where one is made now.
    fn with_lines(
        &self,
        before: &Subscription,
        changed: &Changed,
        behavior: ProrationBehavior,
    ) -> Result<(Subscription, Option<Invoice>), Error> {
        let mut after = before.with_changed(changed);
        let (now, lines) = (self.now(), changed.lines.clone());
        let count = lines.len();
        let invoiced = behavior == ProrationBehavior::AlwaysInvoice && count > 0;
        after.ledger.activity = after.ledger.activity.with(count, invoiced, now)?;
        match behavior {
            ProrationBehavior::AlwaysInvoice if count > 0 => {
                let bill = Bill {
                    reason: BillingReason::SubscriptionUpdate,
                    index: None,
                    period: before.rest_of_period(now),
                    from: None,
                    finalize_at: now,
                };
                let invoice = self.draft(before, bill, lines)?;
                after.latest_invoice_id = Some(invoice.id().clone());
                Ok((after, Some(invoice)))
            }
            ProrationBehavior::CreateProrations => {
                after.ledger.pending.extend(lines);
                Ok((after, None))
            }
            ProrationBehavior::AlwaysInvoice | ProrationBehavior::None => Ok((after, None)),
        }
    }

    /// A change that was planned for now.
    pub(super) async fn change_planned(&self, subscription: &Subscription) -> Result<(), Error> {
        let Some(Planned::At { price_id, .. }) = subscription.ledger.planned.clone() else {
            return Err(Error::Stale);
        };
        let mut before = subscription.clone();
        before.ledger.planned = None;
        let edits = before.with_price(price_id.clone());
        let prices = self.priced(&before.prices_with(&edits)).await?;
        let mut faults = Faults::default();
        let changed = self.changed(&before, &edits, &prices, true, &mut faults)?;
        let (after, invoice) = match changed {
            Some(changed) => {
                self.with_lines(&before, &changed, ProrationBehavior::AlwaysInvoice)?
            }
            // The price is not usable any more: the subscription stays as it is.
            None => (before, None),
        };
        let mut tx = self.begin();
        tx.update(subscription, after);
        if let Some(invoice) = &invoice {
            tx.insert(invoice);
        }
        self.commit(tx).await
    }
}

impl Subscription {
    pub(super) fn rest_of_period(&self, now: Timestamp) -> crate::billing::cycle::Period {
        let start = now.max(self.current_period_start);
        crate::billing::cycle::Period { start, end: self.current_period_end.max(start) }
    }

    fn with_price(&self, price_id: PriceId) -> Vec<ItemEdit> {
        let edit = |item: &SubscriptionItem| ItemEdit {
            action: ItemAction::Update,
            subscription_item_id: Some(item.id.clone()),
            price_id: Some(price_id.clone()),
            quantity: None,
        };
        self.items.iter().map(edit).collect()
    }

    fn prices_with(&self, edits: &[ItemEdit]) -> Vec<PriceId> {
        let named = edits.iter().filter_map(|edit| edit.price_id.clone());
        self.price_ids().into_iter().chain(named).collect()
    }
}

impl ItemEdit {
    /// The item it is about: none, for one that is added. `None` means that faults were noted.
    fn target(
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
    fn result(
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

impl Context {
    async fn changed_items(
        &self,
        subscription: &Subscription,
        edits: &[ItemEdit],
        prorated: bool,
    ) -> Result<Changed, Error> {
        subscription.changeable()?;
        let prices = self.work().priced(&subscription.prices_with(edits)).await?;
        let mut faults = Faults::default();
        let changed = self.work().changed(subscription, edits, &prices, prorated, &mut faults)?;
        faults.settled()?;
        changed.ok_or(Error::Internal("a fault was not noted".to_owned()))
    }

    /// Changes the items of a subscription.
    pub async fn change_items(
        &self,
        subscription: Subscription,
        change: ItemsChange,
    ) -> Reply<ItemsChanged> {
        let behavior = change.proration_behavior;
        let prorated = behavior != ProrationBehavior::None;
        let changed = self.changed_items(&subscription, &change.items, prorated).await?;
        let (after, invoice) = self.work().with_lines(&subscription, &changed, behavior)?;
        let mut tx = self.begin();
        let after = tx.update(&subscription, after);
        if let Some(invoice) = &invoice {
            tx.insert(invoice);
        }
        let answer = ItemsChanged {
            subscription_id: after.id().clone(),
            invoice_id: invoice.as_ref().map(|invoice| invoice.id().clone()),
            payment_status: match invoice {
                Some(_) => PaymentStatus::Pending,
                None => PaymentStatus::NotRequired,
            },
            payment_error: None,
            floating_items_created: changed.lines.len(),
            proration_amount_atom: changed.amount()?,
            voided_invoice_ids: Vec::new(),
        };
        let version = after.record().version;
        let Some(invoice) = invoice else {
            return self.settle(tx, self.answer(&answer, version)?).await;
        };
        if let Some(earlier) = self.settle_first(tx, self.answer(&answer, version)?).await? {
            return Ok(earlier);
        }
        self.work().settle_now(invoice.id()).await;
        let settled = self.find(invoice.id()).await.unwrap_or(invoice);
        self.settled(self.answer(&answer.with_payment(&settled), version)?).await
    }

    /// What a change of items would come to now.
    pub async fn preview_items(
        &self,
        subscription: Subscription,
        request: PreviewRequest,
    ) -> Reply<Preview> {
        let changed = self.changed_items(&subscription, &request.items, true).await?;
        let after = subscription.with_changed(&changed);
        let prices = self.work().priced(&after.price_ids()).await?;
        let mut renewal = Vec::new();
        for item in &after.items {
            if let Some((price, _)) = prices.get(&item.price_id) {
                renewal.push(item.amount(price)?);
            }
        }
        let waiting: Vec<Atoms> =
            after.ledger.pending.iter().map(InvoiceItem::net).collect::<Result<_, _>>()?;
        let preview = Preview {
            subscription_id: subscription.id().clone(),
            proration_date: self.now(),
            proration_amount_atom: changed.amount()?,
            items: changed.lines,
            next_renewal_amount_atom: Atoms::sum(renewal.into_iter().chain(waiting))?,
        };
        // Nothing but the answer is written, for a repeated request.
        let mut tx = self.begin();
        tx.update(&subscription, subscription.clone());
        self.settle(tx, self.answer(&preview, subscription.record().version)?).await
    }

    /// Gives the only item of a subscription another price.
    pub async fn change_plan(
        &self,
        subscription: Subscription,
        change: PlanChange,
    ) -> Reply<Subscription> {
        if subscription.items.len() != 1 {
            let hint = "has several items; change them by POST /subscriptions/{id}/items";
            return Err(Error::not_now("subscription", "several_items", hint));
        }
        let edits = subscription.with_price(change.new_price_id.clone());
        let changed = self.changed_items(&subscription, &edits, true).await?;
        let mut before = subscription.clone();
        if let Some(metadata) = change.metadata {
            before.metadata = metadata;
        }
        before.change_reason = change.reason.map(|reason| reason.as_str().to_owned());
        let later = change.effective_at.filter(|at| *at > self.now());
        let first = change.pay_before_change == Some(true) && later.is_none();
        let always = ProrationBehavior::AlwaysInvoice;
        let (after, invoice) = match later {
            Some(at) => {
                let mut after = before.clone();
                let price_id = change.new_price_id;
                after.ledger.planned = Some(Planned::At { at, price_id });
                (after, None)
            }
            None => self.work().with_lines(&before, &changed, always)?,
        };
        let after = match &invoice {
            Some(invoice) if first => {
                let mut waiting = after;
                waiting.items.clone_from(&before.items);
                waiting.ledger.billed.clone_from(&before.ledger.billed);
                let invoice = invoice.id().clone();
                let (items, billed) = (changed.items, changed.billed);
                waiting.ledger.planned = Some(Planned::Paid { invoice, items, billed });
                waiting
            }
            _ => after,
        };
        let mut tx = self.begin();
        let after = tx.update(&subscription, after);
        if let Some(invoice) = &invoice {
            tx.insert(invoice);
        }
        if let Some(earlier) = self.commit_first(tx, &after).await? {
            return Ok(earlier);
        }
        let invoice = invoice.map(|invoice| invoice.id().clone());
        self.settled_subscription(after, invoice.as_ref()).await
    }
}

impl ItemsChanged {
    fn with_payment(self, invoice: &Invoice) -> Self {
        let error = invoice.last_payment_error().map(|error| error.message.clone());
        let payment_status = match (invoice.state(), &error) {
            (InvoiceState::Paid, _) => PaymentStatus::Paid,
            (_, Some(_)) => PaymentStatus::Failed,
            (_, None) => PaymentStatus::Pending,
        };
        Self { payment_status, payment_error: error, ..self }
    }
}
