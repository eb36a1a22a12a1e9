//! The numbers that the amount of a line follows from, as they were when the line was made.
//!
//! They are kept with the line, so that what it says can be computed again when its price, its
//! subscription and the meter are not at hand. A line that a client gave an amount has none, and neither
//! has one that was stored before they were kept. What they come to, step by step, is in `explain`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::InvoiceItem;
use crate::{
    base::{
        input::choice,
        money::{Atoms, Decimal},
    },
    model::{
        billing::{
            bounds::Bound,
            discount::Reduction,
            price::{Pricing, Tier},
            proration::Fraction,
        },
        price::TiersMode,
    },
};

/// How many tiers of a quantity a line says at most: invoices have many lines, and are one item each.
const MOST_TIERS: usize = 20;

choice! {
    /// How a number becomes a whole one.
    pub enum Rounding {
        /// Not at all: it is one.
        Exact = "exact",
        /// To the nearest; an exact half toward minus infinity.
        HalfDown = "half_down",
        /// To the nearest; an exact half toward plus infinity.
        HalfUp = "half_up",
        /// To the nearest; an exact half away from zero.
        HalfAway = "half_away",
        /// To the next one below.
        Down = "down",
        /// To the next one above.
        Up = "up",
    }
}

/// The numbers that a line's amount follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Calculation {
    /// How many units are priced. Where usage was reported after its period was billed, or its period is
    /// measured in several times: all of that period so far, of which `earlier_amount_atom` was billed.
    pub quantity: Decimal,
    /// What a unit, or each begun package of units, costs in the currency's smallest unit; null where
    /// tiers say it, and of a credit.
    pub unit_amount_decimal: Option<Decimal>,
    /// How many units a package has. A begun package is charged whole.
    pub quantity_divisor: i64,
    /// How tiers are applied.
    pub tiers_mode: Option<TiersMode>,
    /// The tiers that the quantity is in, each with its part of it; null without tiers, and where they
    /// are more than 20.
    pub tiers: Option<Vec<TierPart>>,
    /// What the quantity costs for a whole period, rounded once. Of a credit, and below zero: what
    /// was billed for a whole period, after discount; with its tax, where it was on another invoice.
    pub full_amount_atom: Atoms,
    /// The part of the period that is billed or given back; null for all of it.
    pub part: Option<Part>,
    /// How the part of the amount becomes a whole number.
    pub rounding: Rounding,
    /// What of it was billed by earlier lines or, of a credit, given back before.
    pub earlier_amount_atom: Atoms,
    /// Of a credit: what was paid for, or is open of, the time that it gives back, where that is less. Of
    /// usage: the most that it costs, where that is less.
    pub most_amount_atom: Option<Atoms>,
    /// Of usage: the least that it costs, where that is more.
    #[serde(default)]
    pub least_amount_atom: Option<Atoms>,
}

/// A part of a period, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Part {
    /// How many seconds are billed or given back.
    pub seconds: i64,
    /// How many the period has.
    pub of_seconds: i64,
}

/// The part of a quantity that is in one tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct TierPart {
    /// The last unit of the tier; null in one without an end.
    pub up_to: Option<i64>,
    /// How many units are in it.
    pub quantity: Decimal,
    /// What each costs, in the currency's smallest unit.
    pub unit_amount_decimal: Decimal,
    /// What is added once.
    pub flat_amount_atom: Atoms,
}

/// Where a line's discount comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct LineDiscount {
    /// In percent of what the lines charge together.
    pub percent: Option<i64>,
    /// As an amount off the lines together; at most what is to be paid for them.
    pub fixed_amount_atom: Option<Atoms>,
    /// What the lines charge together, which share it in proportion.
    pub of_amount_atom: Atoms,
    /// What is taken off them together. Each share is rounded down, and the rest goes to the last.
    pub whole_amount_atom: Atoms,
    /// What an amount that was taken off the item before takes off its whole period: the line takes off
    /// the same part of it as it charges of its price.
    pub carried_amount_atom: Atoms,
}

impl LineDiscount {
    /// What an earlier line's discount takes off the whole period of an item; none, where there is none.
    pub(crate) fn carried(amount: Atoms) -> Option<Self> {
        let none = Self {
            percent: None,
            fixed_amount_atom: None,
            of_amount_atom: Atoms::ZERO,
            whole_amount_atom: Atoms::ZERO,
            carried_amount_atom: Atoms::ZERO,
        };
        (!amount.is_zero()).then(|| none.after(amount))
    }

    /// The same, beside what an earlier line's discount takes off the whole period of the item.
    pub(crate) fn after(self, carried: Atoms) -> Self {
        Self { carried_amount_atom: carried, ..self }
    }
}

impl Reduction {
    /// That `whole` is taken off lines that charge `of` together.
    pub(crate) fn of_lines(self, of: Atoms, whole: Atoms) -> LineDiscount {
        let (percent, fixed_amount_atom) = match self {
            Self::Percent(percent) => (Some(percent), None),
            Self::Fixed(amount) => (None, Some(amount)),
        };
        LineDiscount {
            percent,
            fixed_amount_atom,
            of_amount_atom: of,
            whole_amount_atom: whole,
            carried_amount_atom: Atoms::ZERO,
        }
    }
}

impl TierPart {
    fn of(tier: &Tier, units: i128) -> Self {
        Self {
            up_to: tier.up_to,
            quantity: Decimal::from_scaled(units),
            unit_amount_decimal: tier.unit_amount,
            flat_amount_atom: tier.flat_amount,
        }
    }
}

/// The parts of `quantity`, in 10⁻¹², in the tiers that it reaches; as `Pricing` prices them.
fn graduated(tiers: &[Tier], quantity: i128) -> Vec<TierPart> {
    let (mut parts, mut priced) = (Vec::new(), 0);
    for tier in tiers {
        let end = tier.up_to.map(|last| i128::from(last).saturating_mul(Decimal::SCALE));
        let end = end.map_or(quantity, |end| end.min(quantity));
        parts.push(TierPart::of(tier, end - priced));
        priced = end;
        if priced == quantity {
            break;
        }
    }
    parts
}

/// The tier that holds `quantity`, in 10⁻¹².
fn volume(tiers: &[Tier], quantity: i128) -> Vec<TierPart> {
    let holds = |tier: &&Tier| {
        tier.up_to.is_none_or(|last| quantity <= i128::from(last).saturating_mul(Decimal::SCALE))
    };
    tiers.iter().find(holds).map(|tier| TierPart::of(tier, quantity)).into_iter().collect()
}

impl Calculation {
    /// That `quantity` costs `full`.
    pub(crate) fn of(pricing: &Pricing, quantity: Decimal, full: Atoms) -> Self {
        let (unit, divisor, mode, tiers) = match pricing {
            Pricing::PerUnit { unit_amount, quantity_divisor } => {
                (Some(*unit_amount), *quantity_divisor, None, Vec::new())
            }
            Pricing::Graduated(tiers) => {
                (None, 1, Some(TiersMode::Graduated), graduated(tiers, quantity.scaled()))
            }
            Pricing::Volume(tiers) => {
                (None, 1, Some(TiersMode::Volume), volume(tiers, quantity.scaled()))
            }
        };
        let kept = mode.is_some() && tiers.len() <= MOST_TIERS;
        Self {
            unit_amount_decimal: unit,
            quantity_divisor: divisor,
            tiers_mode: mode,
            tiers: kept.then_some(tiers),
            rounding: Rounding::HalfDown,
            ..Self::stated(quantity, full)
        }
    }

    /// That so many at `unit` each cost `full`.
    pub(crate) fn of_units(unit: Decimal, quantity: i64, full: Atoms) -> Self {
        let pricing = Pricing::PerUnit { unit_amount: unit, quantity_divisor: 1 };
        Self::of(&pricing, whole(quantity), full)
    }

    /// A credit for `quantity`, a whole period of which was billed by `basis`.
    pub(crate) fn credit(quantity: i64, basis: Atoms) -> Self {
        let below = Atoms::ZERO.minus(basis).unwrap_or_default();
        Self { rounding: Rounding::HalfDown, ..Self::stated(whole(quantity), below) }
    }

    fn stated(quantity: Decimal, full: Atoms) -> Self {
        Self {
            quantity,
            unit_amount_decimal: None,
            quantity_divisor: 1,
            tiers_mode: None,
            tiers: None,
            full_amount_atom: full,
            part: None,
            rounding: Rounding::Exact,
            earlier_amount_atom: Atoms::ZERO,
            most_amount_atom: None,
            least_amount_atom: None,
        }
    }

    /// The same, of which a bound decides what the quantity costs.
    pub(crate) fn within_bound(self, bound: Option<Bound>) -> Self {
        let full = Some(self.full_amount_atom);
        match bound {
            None => self,
            Some(Bound::Least) => Self { least_amount_atom: full, ..self },
            Some(Bound::Most) => Self { most_amount_atom: full, ..self },
        }
    }

    /// The same, for a part of a period.
    pub(crate) fn for_part(self, fraction: Fraction) -> Self {
        let (seconds, of_seconds) = fraction.seconds();
        Self { part: (seconds != of_seconds).then_some(Part { seconds, of_seconds }), ..self }
    }

    /// The same, for none of a period of so many seconds: a trial.
    pub(crate) fn for_nothing_of(self, of_seconds: i64) -> Self {
        Self { part: Some(Part { seconds: 0, of_seconds: of_seconds.max(1) }), ..self }
    }

    /// The same, rounded so.
    pub(crate) fn rounded(self, rounding: Rounding) -> Self {
        Self { rounding, ..self }
    }

    /// The same, of which `earlier` was billed or given back before.
    pub(crate) fn less(self, earlier: Atoms) -> Self {
        Self { earlier_amount_atom: earlier, ..self }
    }

    /// The same, which gives back `amount` where it would give back `value`.
    pub(crate) fn at_most(self, amount: Atoms, value: Atoms) -> Self {
        Self { most_amount_atom: (amount < value).then_some(amount), ..self }
    }
}

/// A whole number of units.
fn whole(quantity: i64) -> Decimal {
    Decimal::from_atoms(Atoms::new(quantity))
}

impl InvoiceItem {
    /// The line, whose amount follows from these numbers.
    pub(crate) fn calculated(self, calculation: Calculation) -> Self {
        Self { calculation: Some(calculation), ..self }
    }

    /// What the line charges, of which a discount takes its share.
    pub(crate) fn charged(&self) -> Atoms {
        self.amount_atom.max(Atoms::ZERO)
    }
}
