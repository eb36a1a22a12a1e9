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
        // What was given back as too much can be owed without an event more: a flat amount.
        let is_missing = self.corrected.is_some() && amount.is_positive();
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
        Ok(Some(Self { used, full, bound, why, billed }))
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
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::entity::{Representation, decode};

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn period() -> Period {
        Period { start: id("2026-01-31T09:30:00Z"), end: id("2026-02-28T09:30:00Z") }
    }

    pub(in crate::model::subscription) fn time(start: &str, end: &str) -> MeteredSpan {
        let item = SubscriptionItem {
            id: id("si_stg_0000000000000001"),
            price_id: id("price_stg_0000000000000001"),
            quantity: None,
            meter_id: Some(id("mtr_stg_0000000000000001")),
        };
        let span = MeteredSpan::of(&item, id(start), period()).unwrap();
        MeteredSpan { end: Some(id(end)), ..span }
    }

    fn span() -> MeteredSpan {
        time("2026-01-31T09:30:00Z", "2026-02-28T09:30:00Z")
    }

    /// Three times of a period: the second follows at once, the third after a pause.
    pub(in crate::model::subscription) fn three_times() -> Vec<MeteredSpan> {
        let cuts = ["2026-01-31T09:30:00Z", "2026-02-07T09:30:00Z", "2026-02-14T00:00:00Z"];
        let last = time("2026-02-20T00:00:00Z", "2026-02-28T09:30:00Z");
        vec![time(cuts[0], cuts[1]), time(cuts[1], cuts[2]), last]
    }

    pub(in crate::model::subscription) fn reading_at(
        used: i128,
        mode: &str,
        terms: &serde_json::Value,
    ) -> Reading {
        let mut price = Price::example();
        for (name, value) in [
            ("unit_amount_atom", json!(null)),
            ("unit_amount_decimal", json!(null)),
            ("tiers_mode", json!(mode)),
            ("usage_type", json!("metered")),
            ("meter_id", json!("mtr_stg_0000000000000001")),
            (
                "tiers",
                json!([
                    {"up_to": 10, "unit_amount_decimal": "0.5", "flat_amount_atom": 7},
                    {"up_to": null, "unit_amount_decimal": "1.25", "flat_amount_atom": 0},
                ]),
            ),
        ] {
            price[name] = value;
        }
        let mut price = price.as_object().unwrap().clone();
        price.extend(terms.as_object().unwrap().clone());
        let used = Decimal::from_scaled(used * (Decimal::SCALE / 100));
        Reading {
            used,
            tally: Tally::one(used),
            meter: decode(Meter::example().as_object().unwrap().clone().into_iter().collect())
                .unwrap(),
            price: decode(price.into_iter().collect()).unwrap(),
            name: "Traffic".to_owned(),
            taxes: Vec::new(),
            exempt: TaxExempt::None,
            thresholds: UsageThresholds::default(),
            at: id("2026-02-28T09:30:00Z"),
        }
    }

    fn reading(used: i128) -> Reading {
        reading_at(used, "graduated", &json!({}))
    }

    /// The lines by which an invoice bills spans, as they are read.
    pub(in crate::model::subscription) fn bill(
        spans: &mut [MeteredSpan],
        invoice: &str,
        read: &[Reading],
    ) -> Vec<InvoiceItem> {
        let keys = spans.iter().map(MeteredSpan::key);
        let readings: Readings = keys.zip(read.iter().cloned()).collect();
        let mut lines = Vec::new();
        for (place, reading) in read.iter().enumerate() {
            let whole = Together::up_to(place, spans, &readings).unwrap().unwrap();
            let line = || id("ii_stg_0000000000000001");
            lines.extend(spans[place].bill(&id(invoice), (reading, whole), line).unwrap());
        }
        lines
    }

    proptest! {
        /// Whatever is read on the way, and however often: in the end all of it is billed, once.
        #[test]
        fn lines_come_to_what_was_used(more in proptest::collection::vec(0_i128..700, 1..8)) {
            let (mut spans, mut used, mut lines) = ([span()], 0, Vec::new());
            for (n, more) in more.into_iter().enumerate() {
                used += more;
                let line = bill(&mut spans, &format!("in_stg_{n:016}"), &[reading(used)]);
                // The first invoice has a line in any case, a later one where there is more.
                prop_assert_eq!(line.len(), usize::from(n == 0 || more > 0));
                lines.extend(line);
            }
            let billed: i128 = lines.iter().map(|one| one.quantity_decimal.unwrap().scaled()).sum();
            let amount: i64 = lines.iter().map(|line| line.amount_atom.get()).sum();
            let all = reading(used);
            prop_assert_eq!(billed, all.used.scaled());
            prop_assert_eq!(amount, all.price.amount_used(all.used, &[]).unwrap().0.get());
            prop_assert_eq!((spans[0].used, spans[0].amount.get()), (all.used, amount));
        }

        /// In however many times a period is measured: they cost what all that was used costs.
        #[test]
        fn times_of_a_period_come_to_one_price(
            more in proptest::collection::vec((0_usize..3, 0_i128..700), 1..8),
            least in 0_i64..30, room in 0_i64..40,
        ) {
            let terms = json!({"minimum_amount_atom": least, "maximum_amount_atom": least + room});
            let of = |used| reading_at(used, "graduated", &terms);
            let (mut spans, mut used, mut amount) = (three_times(), [0; 3], 0);
            for (n, (place, more)) in more.into_iter().enumerate() {
                used[place] += more;
                let lines = bill(&mut spans, &format!("in_stg_{n:016}"), &used.map(of));
                prop_assert_eq!(lines.len(), if n == 0 { 3 } else { usize::from(more > 0) });
                amount += lines.iter().map(|line| line.amount_atom.get()).sum::<i64>();
            }
            let parts: Vec<Part> = spans.iter().filter_map(MeteredSpan::part).collect();
            let all = of(used.iter().sum());
            prop_assert_eq!(amount, all.price.amount_used(all.used, &parts).unwrap().0.get());
        }
    }

    #[test]
    fn times_of_other_periods_are_other_quantities() {
        let (own, mut other) = (span(), time("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"));
        assert!(own.is_priced_with(&other));
        other.period = Some(Period { start: period().end, end: id("2026-03-31T09:30:00Z") });
        assert!(!own.is_priced_with(&other));
        // Of those whose period is not known, each is one by itself.
        let mut unknown = own.clone();
        (unknown.period, other.period) = (None, None);
        assert!(!unknown.is_priced_with(&other));
        assert!(unknown.is_priced_with(&unknown.clone()));
    }

    #[test]
    fn an_invoice_bills_what_is_new_and_what_came_late_of_the_time_before_its_period() {
        let mut draft = Invoice::example();
        draft["period_start"] = json!("2026-02-28T09:30:00Z");
        let draft: Invoice = serde_json::from_value(draft).unwrap();
        let mut span = span();
        assert!(span.is_unbilled() && span.is_billed_by(&draft));
        span.invoice = Some(id("in_stg_0000000000000001"));
        assert!(!span.is_unbilled() && span.is_billed_by(&draft));
        span.end = Some(id("2026-02-28T09:30:00.001Z"));
        assert!(!span.is_billed_by(&draft));
    }

    #[test]
    fn what_costs_less_in_all_costs_that_in_parts() {
        let tiers = json!({"tiers": [
            {"up_to": 10, "unit_amount_decimal": "5", "flat_amount_atom": 0},
            {"up_to": null, "unit_amount_decimal": "2", "flat_amount_atom": 0},
        ]});
        let read = [1000, 100, 0].map(|used| reading_at(used, "volume", &tiers));
        let lines = bill(&mut three_times(), "in_stg_0000000000000001", &read);
        let amounts: Vec<i64> = lines.iter().map(|line| line.amount_atom.get()).collect();
        assert_eq!(amounts, [22, 0, 0]);
        // An other price for a while is an other quantity.
        let mut spans = three_times();
        spans[1].price = id("price_stg_0000000000000002");
        let lines = bill(&mut spans, "in_stg_0000000000000001", &[1000, 0, 0].map(reading));
        let amounts: Vec<i64> = lines.iter().map(|line| line.amount_atom.get()).collect();
        assert_eq!(amounts, [12, 7, 0]);
    }

    #[test]
    fn what_becomes_less_is_not_given_back_and_not_billed_again() {
        let mut spans = [span()];
        let mut billed = |invoice: &str, used| {
            let line = bill(&mut spans, invoice, &[reading(used)]).pop();
            line.map(|line| line.quantity_decimal.unwrap().to_string())
        };
        assert_eq!(billed("in_stg_0000000000000001", 1500), Some("15".to_owned()));
        assert_eq!(billed("in_stg_0000000000000002", 1200), None);
        assert_eq!(billed("in_stg_0000000000000003", 1550), Some("0.5".to_owned()));
    }
}
