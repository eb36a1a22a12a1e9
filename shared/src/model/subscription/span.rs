//! A time in which an item's usage is measured, and how much of it is billed.
//!
//! A price is for the quantity of a period. So where one period of an item is measured in several times
//! by one price, because it was paused in between or had another price for a while, these are priced
//! together: each line bills what the usage up to its time costs above what the lines before it bill.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{SubscriptionItem, corrected::Corrected};
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, InvoiceItemId, MeterId, PriceId, SubscriptionItemId},
        money::{Atoms, Decimal},
        time::Timestamp,
    },
    model::{
        billing::{
            bounds::{Bound, Part},
            cycle::Period,
            levied::LineTax,
        },
        invoice::{Calculation, Invoice, InvoiceItem, LATE},
        meter::{Meter, Tally, UsageThresholds},
        price::Price,
        tax_rate::TaxExempt,
    },
};

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
    /// The period that it began in; not known of those that were stored before prices had a least and a
    /// most.
    #[serde(default)]
    pub(crate) period: Option<Period>,
    /// The invoice that billed it first.
    #[serde(default)]
    pub(crate) invoice: Option<InvoiceId>,
    /// How much of it the lines of invoices bill.
    #[serde(default)]
    pub(crate) used: Decimal,
    /// What these lines come to before discount.
    #[serde(default)]
    pub(crate) amount: Atoms,
    /// What of both was given back because it was too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) corrected: Option<Corrected>,
    /// The last threshold of the meter that was told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) told: Option<Decimal>,
}

/// What a meter has counted of a span, and how it is billed.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// How much.
    pub(crate) used: Decimal,
    /// What that is made of.
    pub(crate) tally: Tally,
    /// What has counted it.
    pub(crate) meter: Meter,
    /// Its price.
    pub(crate) price: Price,
    /// What an invoice calls it.
    pub(crate) name: String,
    /// The taxes on its lines.
    pub(crate) taxes: Vec<LineTax>,
    /// Why they have none, where the customer is why.
    pub(crate) exempt: TaxExempt,
    /// What is told of when it is reached.
    pub(crate) thresholds: UsageThresholds,
    /// When it was read.
    pub(crate) at: Timestamp,
}

/// What meters have counted, by item and beginning of a span.
pub(crate) type Readings = BTreeMap<(SubscriptionItemId, Timestamp), Reading>;

impl MeteredSpan {
    /// A span of an item that begins at an instant of a period.
    pub(super) fn of(item: &SubscriptionItem, start: Timestamp, period: Period) -> Option<Self> {
        Some(Self {
            item: item.id.clone(),
            price: item.price_id.clone(),
            meter: item.meter_id.clone()?,
            start,
            end: None,
            period: Some(period),
            invoice: None,
            used: Decimal::default(),
            amount: Atoms::ZERO,
            corrected: None,
            told: None,
        })
    }

    /// The time, once it is over.
    pub(crate) fn over(&self) -> Option<Period> {
        self.end.map(|end| Period { start: self.start, end })
    }

    /// Which part of its period it is, once it is over.
    pub(crate) fn part(&self) -> Option<Part> {
        self.period.zip(self.over()).map(|(period, time)| Part { period, time })
    }

    /// Whether a line is for it.
    pub(crate) fn is_of(&self, line: &InvoiceItem) -> bool {
        let item = line.subscription_item_id.as_ref() == Some(&self.item);
        item && line.period_start == Some(self.start)
    }

    /// What it is found by among readings.
    pub(crate) fn key(&self) -> (SubscriptionItemId, Timestamp) {
        (self.item.clone(), self.start)
    }

    /// Whether it is over and on no invoice.
    pub(super) fn is_unbilled(&self) -> bool {
        self.end.is_some() && self.invoice.is_none()
    }

    /// Whether `draft` bills it: for the first time, or what came late of the time before its period.
    pub(super) fn is_billed_by(&self, draft: &Invoice) -> bool {
        let first = self.invoice.as_ref().is_none_or(|invoice| invoice == draft.id());
        first || self.end.is_some_and(|end| draft.period_start().is_some_and(|at| end <= at))
    }

    /// Whether it is of the same period of the same item at the same price: then both are priced together.
    pub(crate) fn is_priced_with(&self, other: &Self) -> bool {
        let same = (&self.item, &self.price) == (&other.item, &other.price);
        same && (self.start == other.start
            || (self.period.is_some() && self.period == other.period))
    }

    /// The line by which `draft` bills what is still to be billed of it; none, where there is nothing.
    pub(super) fn bill(
        &mut self,
        draft: &InvoiceId,
        (reading, whole): (&Reading, Together),
        id: impl FnOnce() -> InvoiceItemId,
    ) -> Result<Option<InvoiceItem>, Error> {
        let Some(period) = self.over() else { return Ok(None) };
        let more = reading.used.minus(self.used_billed()?)?.max(Decimal::default());
        let first = self.invoice.is_none();
        // Of a price that falls with the whole quantity, more can cost less.
        let amount = whole.full.minus(whole.billed)?.max(Atoms::ZERO);
        // Owed without an event more: a flat amount that was given back as too much; or what was billed here
        // as used, became less, had another time billed for nothing, and is as much again.
        let is_last = self.corrected.is_some() || !whole.others_wait;
        let is_missing = is_last && amount.is_positive();
        if !first && more <= Decimal::default() && !is_missing {
            return Ok(None);
        }
        let calculation = Calculation::of(&reading.price.pricing(), whole.used, whole.full);
        let calculation = calculation.within_bound(whole.bound).less(whole.billed);
        let mut line =
            InvoiceItem::new(id(), String::new(), more.ceiling()?, amount).called(&reading.name);
        line = line.over(period).taxed(&reading.taxes).calculated(calculation);
        line.quantity_decimal = Some(more);
        line.description = match (first, whole.why) {
            (false, _) => Some(LATE.to_owned()),
            (true, bound) => bound.map(|bound| why(bound).to_owned()),
        };
        line.price_id = Some(self.price.clone());
        line.unit_amount_atom = reading.price.unit_amount_atom();
        line.subscription_item_id = Some(self.item.clone());
        self.used = self.used.plus(more)?;
        self.amount = self.amount.plus(amount)?;
        self.invoice.get_or_insert_with(|| draft.clone());
        Ok(Some(line))
    }
}

/// What the times of one period of an item come to together, up to one of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Together {
    /// What was used.
    used: Decimal,
    /// What that costs; no more than what was used in all of them.
    full: Atoms,
    /// Which bound decides that.
    bound: Option<Bound>,
    /// The same, where it is one that the price has.
    why: Option<Bound>,
    /// What lines bill of it so far.
    billed: Atoms,
    /// Whether more was used in another of the times than lines bill of it.
    others_wait: bool,
}

impl Together {
    /// What the times that are priced with the span at `place` come to, those after it counted as far as
    /// they are on an invoice; none, where the span is not read.
    pub(super) fn up_to(
        place: usize,
        spans: &[MeteredSpan],
        readings: &Readings,
    ) -> Result<Option<Self>, Error> {
        let Some(own) = spans.get(place) else { return Ok(None) };
        let Some(Reading { meter, price, .. }) = readings.get(&own.key()) else { return Ok(None) };
        let all: Vec<(usize, &MeteredSpan, &Reading)> = spans
            .iter()
            .enumerate()
            .filter(|(_, span)| span.is_priced_with(own))
            .filter_map(|(at, span)| Some((at, span, readings.get(&span.key())?)))
            .collect();
        let cost = |last: usize| {
            let known = all.iter().filter(|(at, span, _)| *at <= last || span.invoice.is_some());
            let tally = known.clone().map(|(_, _, reading)| reading.tally);
            let used = meter.value_of(tally.fold(Tally::default(), Tally::plus)).kept()?;
            let parts: Vec<Part> = known.filter_map(|(_, span, _)| span.part()).collect();
            Ok::<_, Error>((used, price.amount_used(used, &parts)?))
        };
        let (used, (mut full, mut bound)) = cost(place)?;
        let why = bound;
        for (later, ..) in all.iter().filter(|(at, ..)| *at > place) {
            let (_, (least, _)) = cost(*later)?;
            if least < full {
                (full, bound) = (least, Some(Bound::Most));
            }
        }
        let billed = all.iter().map(|(_, span, _)| span.amount_billed());
        let billed = Atoms::sum(billed.collect::<Result<Vec<_>, _>>()?)?;
        let mut others_wait = false;
        for (at, span, reading) in &all {
            others_wait |= *at != place && reading.used > span.used_billed()?;
        }
        Ok(Some(Self { used, full, bound, why, billed, others_wait }))
    }
}

/// Why a line is not what was used comes to.
const fn why(bound: Bound) -> &'static str {
    match bound {
        Bound::Least => "The least that is charged for this period",
        Bound::Most => "The most that is charged for this period",
    }
}

#[cfg(test)]
pub(super) mod tests;
