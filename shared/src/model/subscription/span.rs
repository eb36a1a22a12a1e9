//! A time in which an item's usage is measured, and how much of it is billed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SubscriptionItem;
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
        meter::UsageThresholds,
        price::Price,
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
    /// The last threshold of the meter that was told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) told: Option<Decimal>,
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
    /// The taxes on its lines.
    pub(crate) taxes: Vec<LineTax>,
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

    /// The line by which `draft` bills what is still to be billed of it; none, where there is nothing.
    pub(super) fn bill(
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
        let (full, bound) = reading.price.amount_used(reading.used, self.part())?;
        let amount = full.minus(self.amount)?.max(Atoms::ZERO);
        let calculation = Calculation::of(&reading.price.pricing(), reading.used, full).held(bound);
        let mut line =
            InvoiceItem::new(id(), String::new(), more.ceiling()?, amount).called(&reading.name);
        line = line.over(period).taxed(&reading.taxes).calculated(calculation.less(self.amount));
        line.quantity_decimal = Some(more);
        line.description = match (first, bound) {
            (false, _) => Some(LATE.to_owned()),
            (true, bound) => bound.map(|bound| why(bound).to_owned()),
        };
        line.price_id = Some(self.price.clone());
        line.unit_amount_atom = reading.price.unit_amount_atom();
        line.subscription_item_id = Some(self.item.clone());
        self.used = reading.used;
        self.amount = self.amount.plus(amount)?;
        self.invoice.get_or_insert_with(|| draft.clone());
        Ok(Some(line))
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
mod tests {
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

    fn span() -> MeteredSpan {
        let item = SubscriptionItem {
            id: id("si_stg_0000000000000001"),
            price_id: id("price_stg_0000000000000001"),
            quantity: None,
            meter_id: Some(id("mtr_stg_0000000000000001")),
        };
        let span = MeteredSpan::of(&item, period().start, period()).unwrap();
        MeteredSpan { end: Some(id("2026-02-28T09:30:00Z")), ..span }
    }

    fn reading(used: i128) -> Reading {
        let mut price = Price::example();
        for (name, value) in [
            ("unit_amount_atom", json!(null)),
            ("unit_amount_decimal", json!(null)),
            ("tiers_mode", json!("graduated")),
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
        let price = price.as_object().unwrap().clone().into_iter().collect();
        Reading {
            used: Decimal::from_scaled(used * (Decimal::SCALE / 100)),
            price: decode(price).unwrap(),
            name: "Traffic".to_owned(),
            window_days: 35,
            taxes: Vec::new(),
            thresholds: UsageThresholds::default(),
            at: id("2026-02-28T09:30:00Z"),
        }
    }

    proptest! {
        /// Whatever is read on the way, and however often: in the end all of it is billed, once.
        #[test]
        fn lines_come_to_what_was_used(more in proptest::collection::vec(0_i128..700, 1..8)) {
            let (mut span, mut used, mut lines) = (span(), 0, Vec::new());
            for (n, more) in more.into_iter().enumerate() {
                used += more;
                let invoice: InvoiceId = id(&format!("in_stg_{n:016}"));
                let line = span.bill(&invoice, &reading(used), || id("ii_stg_0000000000000001"));
                let line = line.unwrap();
                // The first invoice has a line in any case, a later one where there is more.
                prop_assert_eq!(line.is_some(), n == 0 || more > 0);
                lines.extend(line);
            }
            let billed: i128 = lines.iter().map(|one| one.quantity_decimal.unwrap().scaled()).sum();
            let amount: i64 = lines.iter().map(|line| line.amount_atom.get()).sum();
            let all = reading(used);
            prop_assert_eq!(billed, all.used.scaled());
            prop_assert_eq!(amount, all.price.amount_used(all.used, None).unwrap().0.get());
            prop_assert_eq!((span.used, span.amount.get()), (all.used, amount));
        }
    }

    #[test]
    fn what_becomes_less_is_not_given_back_and_not_billed_again() {
        let mut span = span();
        let mut bill = |invoice: &str, used| {
            let line = span.bill(&id(invoice), &reading(used), || id("ii_stg_0000000000000001"));
            line.unwrap().map(|line| line.quantity_decimal.unwrap().to_string())
        };
        assert_eq!(bill("in_stg_0000000000000001", 1500), Some("15".to_owned()));
        assert_eq!(bill("in_stg_0000000000000002", 1200), None);
        assert_eq!(bill("in_stg_0000000000000003", 1550), Some("0.5".to_owned()));
    }
}
