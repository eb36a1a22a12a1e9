//! Usage: in which time it is measured for an item, and what of that is on invoices. Pure.
//!
//! A *span* is a time in which an item's usage is measured by one price: from the beginning of a period,
//! or of the item, to its end. Usage is measured while a period is or could be paid for; so not in a
//! trial, and not in a pause. When a span has ended, the next invoice bills it, in arrears.
//!
//! A span remembers how much of it the lines of invoices bill, drafts counted. So what is still to be
//! billed of it is what its meter has counted by now, less that: an event that comes late is billed by a
//! later invoice, no event by two, and a draft that is written anew, or goes, first takes its lines
//! back. What was billed is never taken back by itself: a correction below it is left to a person.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{AppliedDiscount, Subscription, SubscriptionItem, SubscriptionState};
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, InvoiceItemId, MeterId, PriceId, SubscriptionItemId},
        money::{Atoms, Decimal, Overflow},
        time::Timestamp,
    },
    model::{
        billing::{cycle::Period, discount::Reduction},
        invoice::{Invoice, InvoiceItem},
        price::Price,
    },
};

/// How many spans of an item are remembered at most once they are billed: with the usual 35 days in
/// which a meter takes late events, more than a subscription that is billed daily needs.
const MOST_BILLED: usize = 40;
/// How many of all items together: a subscription is one item of the table.
const MOST_OF_ALL: usize = 400;
/// How much longer than its meter takes events a span is remembered: longer than a draft is one.
const DAYS_MORE: i64 = 40;
/// What a line of usage says that came after the invoice of its period.
const LATE: &str = "Used in this period, and reported after it was billed";

/// A time in which an item's usage is measured by one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MeteredSpan {
    /// The item.
    pub(crate) item: SubscriptionItemId,
    /// Its price then.
    pub(crate) price: PriceId,
    /// What measures it.
    pub(crate) meter: MeterId,
    /// From this instant on.
    pub(crate) start: Timestamp,
    /// Up to this one; none while it goes on.
    #[serde(default)]
    pub(crate) end: Option<Timestamp>,
    /// The invoice that billed it first.
    #[serde(default)]
    pub(crate) invoice: Option<InvoiceId>,
    /// How much of it the lines of invoices bill.
    #[serde(default)]
    pub(crate) used: Decimal,
    /// What these lines come to before discount.
    #[serde(default)]
    pub(crate) amount: Atoms,
}

/// What a meter has counted of a span, and how it is billed.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// How much.
    pub(crate) used: Decimal,
    /// Its price.
    pub(crate) price: Price,
    /// What an invoice calls it.
    pub(crate) name: String,
    /// For how many days the meter takes late events.
    pub(crate) window_days: i64,
}

/// What meters have counted, by item and beginning of a span.
pub(crate) type Readings = BTreeMap<(SubscriptionItemId, Timestamp), Reading>;

impl MeteredSpan {
    fn of(item: &SubscriptionItem, start: Timestamp) -> Option<Self> {
        Some(Self {
            item: item.id.clone(),
            price: item.price_id.clone(),
            meter: item.meter_id.clone()?,
            start,
            end: None,
            invoice: None,
            used: Decimal::default(),
            amount: Atoms::ZERO,
        })
    }

    /// The time, once it is over.
    pub(crate) fn over(&self) -> Option<Period> {
        self.end.map(|end| Period { start: self.start, end })
    }

    /// What it is found by among readings.
    pub(crate) fn key(&self) -> (SubscriptionItemId, Timestamp) {
        (self.item.clone(), self.start)
    }

    /// Whether it is over and on no invoice.
    fn is_unbilled(&self) -> bool {
        self.end.is_some() && self.invoice.is_none()
    }

    /// Whether `draft` bills it: for the first time, or what came late of the time before its period.
    fn is_billed_by(&self, draft: &Invoice) -> bool {
        let first = self.invoice.as_ref().is_none_or(|invoice| invoice == draft.id());
        first || self.end.is_some_and(|end| draft.period_start().is_some_and(|at| end <= at))
    }

    /// The line by which `draft` bills what is still to be billed of it; none, where there is nothing.
    fn bill(
        &mut self,
        draft: &InvoiceId,
        reading: &Reading,
        id: impl FnOnce() -> InvoiceItemId,
    ) -> Result<Option<InvoiceItem>, Error> {
        let Some(period) = self.over() else { return Ok(None) };
        let more = reading.used.minus(self.used)?;
        let first = self.invoice.is_none();
        if !first && more <= Decimal::default() {
            return Ok(None);
        }
        // Of a price that falls with the whole quantity, more can cost less.
        let amount = reading.price.amount_used(reading.used)?.minus(self.amount)?.max(Atoms::ZERO);
        let mut line =
            InvoiceItem::new(id(), String::new(), more.ceiling()?, amount).called(&reading.name);
        line = line.over(period);
        line.quantity_decimal = Some(more);
        line.description = (!first).then(|| LATE.to_owned());
        line.price_id = Some(self.price.clone());
        line.unit_amount_atom = reading.price.unit_amount_atom();
        line.subscription_item_id = Some(self.item.clone());
        self.used = reading.used;
        self.amount = self.amount.plus(amount)?;
        self.invoice.get_or_insert_with(|| draft.clone());
        Ok(Some(line))
    }
}

impl Subscription {
    /// Whether usage of its items is measured now.
    fn measures(&self) -> bool {
        use SubscriptionState::{
            Active, Cancelled, Incomplete, PastDue, Paused, Scheduled, Trialing,
        };
        match self.state {
            Incomplete | Trialing | Active | PastDue => self.is_past_trial(),
            Scheduled | Paused | Cancelled => false,
        }
    }

    /// The subscription whose spans follow from its state and its items as they are from `at` on.
    pub(crate) fn measured(mut self, at: Timestamp) -> Self {
        let (runs, items) = (self.measures(), &self.items);
        for span in self.ledger.usage.iter_mut().filter(|span| span.end.is_none()) {
            let same =
                |item: &SubscriptionItem| item.id == span.item && item.price_id == span.price;
            if !(runs && items.iter().any(same)) {
                span.end = Some(at.max(span.start));
            }
        }
        for item in items.iter().filter(|_| runs) {
            let running = |span: &MeteredSpan| span.end.is_none() && span.item == item.id;
            if !self.ledger.usage.iter().any(running) {
                self.ledger.usage.extend(MeteredSpan::of(item, at));
            }
        }
        self.ledger.usage.retain(|span| span.end != Some(span.start));
        self
    }

    /// The same, with new spans from `at` on, where a period begins.
    pub(crate) fn measured_anew(mut self, at: Timestamp) -> Self {
        for span in self.ledger.usage.iter_mut().filter(|span| span.end.is_none()) {
            span.end = Some(at.max(span.start));
        }
        self.measured(at)
    }

    /// The subscription at its end: what was never bought is not billed.
    pub(crate) fn measured_last(mut self, at: Timestamp, bought: bool) -> Self {
        if !bought {
            self.ledger.usage = Vec::new();
        }
        self.measured(at)
    }

    /// Whether usage is to be billed that is on no invoice.
    pub(crate) fn has_unbilled_usage(&self) -> bool {
        self.ledger.usage.iter().any(MeteredSpan::is_unbilled)
    }

    /// Whether an item has usage that is on no invoice.
    pub(crate) fn has_unbilled_usage_of(&self, item: &SubscriptionItem) -> bool {
        self.ledger.usage.iter().any(|span| span.item == item.id && span.is_unbilled())
    }

    /// The invoice that billed first what a meter measured at an instant.
    pub(crate) fn usage_billed_by(&self, meter: &MeterId, at: Timestamp) -> Option<&InvoiceId> {
        let holds = |span: &&MeteredSpan| {
            span.meter == *meter && span.over().is_some_and(|over| over.contains(at))
        };
        self.ledger.usage.iter().find(holds).and_then(|span| span.invoice.as_ref())
    }

    /// Where the span is that a line of usage bills.
    fn span_of(&self, line: &InvoiceItem) -> Option<usize> {
        let (item, start) = (line.subscription_item_id.as_ref(), line.period_start);
        let of = |span: &MeteredSpan| item == Some(&span.item) && start == Some(span.start);
        self.ledger.usage.iter().position(of)
    }

    /// The subscription without what the lines of `draft` bill of usage: they go, or are written anew.
    pub(crate) fn without_usage_of(&self, draft: &Invoice) -> Result<Self, Overflow> {
        let mut after = self.clone();
        for line in draft.items().iter().filter(|line| line.is_usage()) {
            let place = self.span_of(line);
            let Some(span) = place.and_then(|place| after.ledger.usage.get_mut(place)) else {
                continue;
            };
            span.used = span.used.minus(line.quantity_decimal.unwrap_or_default())?;
            span.amount = span.amount.minus(line.amount_atom)?;
            span.invoice = span.invoice.take().filter(|invoice| invoice != draft.id());
        }
        Ok(after)
    }

    /// The subscription, and its `draft` with what it bills of usage as it is read now: whatever of that
    /// it had before is written anew.
    pub(crate) fn with_usage_on(
        &self,
        draft: &Invoice,
        readings: &Readings,
        id: impl Fn() -> InvoiceItemId,
    ) -> Result<(Self, Invoice), Error> {
        let mut after = self.without_usage_of(draft)?;
        let is_known = |line: &&InvoiceItem| self.span_of(line).is_some();
        // What bills a span that is not remembered any more stays as it is.
        let mut lines: Vec<InvoiceItem> = (draft.items().iter())
            .filter(|line| line.is_usage() && !is_known(line))
            .cloned()
            .collect();
        for span in after.ledger.usage.iter_mut().filter(|span| span.is_billed_by(draft)) {
            if let Some(reading) = readings.get(&span.key()) {
                lines.extend(span.bill(draft.id(), reading, &id)?);
            }
        }
        let invoice = draft.with_usage(lines)?;
        after = after.with_discount_on(draft, &invoice)?;
        Ok((after, invoice))
    }

    /// The subscription after the discount of `before` was divided anew over the lines of `after`.
    fn with_discount_on(mut self, before: &Invoice, after: &Invoice) -> Result<Self, Error> {
        let fixed = matches!(after.metered_reduction(), Some(Reduction::Fixed(_)));
        for line in after.items().iter().filter(|line| !line.proration) {
            let item = line.subscription_item_id.as_ref();
            let billed = item.and_then(|id| self.ledger.billed.get_mut(id));
            if let Some(billed) = billed.filter(|billed| billed.line() == Some(&line.id)) {
                billed.rebilled(line, fixed)?;
            }
        }
        let takes = |one: &Invoice| one.subtotal_and_discount().1.is_positive();
        let discount = self.discount.as_ref();
        self.discount = match (takes(before), takes(after)) {
            (false, true) => {
                let at = after.period_start().unwrap_or(self.current_period_start);
                discount.map(|one| one.spent(at, &self.ledger.zone)).transpose()?
            }
            (true, false) => discount.map(AppliedDiscount::unspent),
            (false, false) | (true, true) => return Ok(self),
        };
        Ok(self)
    }

    /// The subscription without the spans of which no usage is taken any more.
    pub(crate) fn without_old_usage(mut self, readings: &Readings, now: Timestamp) -> Self {
        let is_old = |span: &MeteredSpan| {
            let days =
                readings.get(&span.key()).map(|one| one.window_days.saturating_add(DAYS_MORE));
            let until = span.end.zip(days).map(|(end, days)| end.plus_days(days));
            !span.is_unbilled() && until.is_some_and(|until| until <= now)
        };
        self.ledger.usage.retain(|span| !is_old(span));
        let items: BTreeSet<_> = self.ledger.usage.iter().map(|span| span.item.clone()).collect();
        let most = MOST_BILLED.min(MOST_OF_ALL / items.len().max(1));
        let mut kept: BTreeMap<SubscriptionItemId, usize> = BTreeMap::new();
        let mut left: Vec<MeteredSpan> = Vec::new();
        for span in self.ledger.usage.into_iter().rev() {
            let count = kept.entry(span.item.clone()).or_default();
            *count += usize::from(span.invoice.is_some());
            if *count <= most || span.invoice.is_none() {
                left.push(span);
            }
        }
        left.reverse();
        self.ledger.usage = left;
        self
    }
}
