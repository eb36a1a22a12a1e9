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

use super::span::Together;
pub(crate) use super::span::{MeteredSpan, Reading, Readings};
use super::{AppliedDiscount, Subscription, SubscriptionItem, SubscriptionState};
use crate::{
    base::{
        error::Error,
        id::{InvoiceItemId, MeterId, SubscriptionItemId},
        money::Overflow,
        time::Timestamp,
    },
    model::{
        billing::{cycle::Period, discount::Reduction},
        invoice::{Invoice, InvoiceItem},
    },
};

/// How many spans of an item are remembered at most once they are billed: with the usual 35 days in
/// which a meter takes late events, more than a subscription that is billed daily needs.
const MOST_BILLED: usize = 40;
/// How many of all items together: a subscription is one item of the table.
const MOST_OF_ALL: usize = 400;
/// How much longer than its meter takes events a span is remembered: longer than a draft is one.
const DAYS_MORE: i64 = 40;

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
        let period = Period { start: self.current_period_start, end: self.current_period_end };
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
                self.ledger.usage.extend(MeteredSpan::of(item, at, period));
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

    /// The spans that are priced with one, itself among them, and are on an invoice.
    pub(crate) fn usage_priced_with<'a>(
        &'a self,
        one: &'a MeteredSpan,
    ) -> impl Iterator<Item = &'a MeteredSpan> {
        let billed = self.ledger.usage.iter().filter(|span| span.invoice.is_some());
        billed.filter(|span| span.is_priced_with(one))
    }

    /// The spans in which a meter measured at one of these instants, and which are on an invoice.
    pub(crate) fn usage_billed<'a>(
        &'a self,
        meter: &'a MeterId,
        instants: &'a [Timestamp],
    ) -> impl Iterator<Item = &'a MeteredSpan> {
        let holds = move |span: &&MeteredSpan| {
            let over = span.over().filter(|_| span.invoice.is_some() && span.meter == *meter);
            over.is_some_and(|over| instants.iter().any(|at| over.contains(*at)))
        };
        self.ledger.usage.iter().filter(holds)
    }

    /// Where the span is that a line of usage bills.
    fn span_of(&self, line: &InvoiceItem) -> Option<usize> {
        self.ledger.usage.iter().position(|span| span.is_of(line))
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
        for place in 0..after.ledger.usage.len() {
            let whole = Together::up_to(place, &after.ledger.usage, readings)?;
            let span = after.ledger.usage.get_mut(place).filter(|span| span.is_billed_by(draft));
            let Some((span, whole)) = span.zip(whole) else { continue };
            let Some(reading) = readings.get(&span.key()) else { continue };
            let read = (reading.used, reading.at);
            let told = span.reaches_last(&reading.thresholds, read);
            after.usage_threshold_reached = told.or(after.usage_threshold_reached.take());
            let before = draft.items().iter().find(|line| line.is_usage() && span.is_of(line));
            let line = span.bill(draft.id(), (reading, whole), &id)?;
            // A draft that is written anew keeps its rates.
            lines.extend(line.map(|line| match before {
                Some(before) => line.taxed(&before.taxes),
                None => line,
            }));
        }
        let invoice = after.without_what_was_spent(draft).with_usage(lines)?;
        after = after.with_discount_on(draft, &invoice)?;
        let discounts = after.discounts_on(invoice.items());
        Ok((after, invoice.reduced_by(discounts)))
    }

    /// The draft, which is not reduced where it has taken nothing of a discount that was spent elsewhere
    /// since.
    fn without_what_was_spent(&self, draft: &Invoice) -> Invoice {
        let at = draft.period_start().unwrap_or(self.current_period_start);
        let is_left = self.discount.as_ref().is_some_and(|one| one.reduction(at).is_some());
        match is_left || draft.subtotal_and_discount().1.is_positive() {
            true => draft.clone(),
            false => draft.clone().metered(None),
        }
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
            let days = readings.get(&span.key()).map(|one| one.meter.correction_window_days());
            let until = span.end.zip(days);
            let until = until.map(|(end, days)| end.plus_days(days.saturating_add(DAYS_MORE)));
            !span.is_unbilled() && until.is_some_and(|until| until <= now)
        };
        // What is priced together is remembered together.
        let recent = self.ledger.usage.iter().filter(|span| !is_old(span));
        let recent: Vec<MeteredSpan> = recent.cloned().collect();
        let is_needed = |span: &MeteredSpan| recent.iter().any(|one| one.is_priced_with(span));
        self.ledger.usage.retain(|span| !is_old(span) || is_needed(span));
        let items: BTreeSet<_> = self.ledger.usage.iter().map(|span| span.item.clone()).collect();
        let most = MOST_BILLED.min(MOST_OF_ALL / items.len().max(1));
        let mut kept: BTreeMap<SubscriptionItemId, usize> = BTreeMap::new();
        let mut left: Vec<MeteredSpan> = Vec::new();
        for span in self.ledger.usage.into_iter().rev() {
            let count = kept.entry(span.item.clone()).or_default();
            *count += usize::from(span.invoice.is_some());
            let is_needed =
                span.invoice.is_none() || left.iter().any(|one| one.is_priced_with(&span));
            if *count <= most || is_needed {
                left.push(span);
            }
        }
        left.reverse();
        self.ledger.usage = left;
        self
    }
}
