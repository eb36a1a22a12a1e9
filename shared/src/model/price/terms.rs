//! Which amounts, tiers and intervals make a price.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NOUN, NewPrice};
use crate::{
    base::{
        input::{Faults, Integer, Location, choice, input, rule},
        money::{Atoms, Decimal},
    },
    model::billing::{
        cycle::IntervalUnit,
        price::{Tier, check_tiers},
    },
};

/// What one unit, or one package of units, can cost: nothing or more.
pub type UnitAmount = Integer<0, { i64::MAX }>;

/// How many units a package can have.
pub type Divisor = Integer<1, 1_000_000_000_000>;

/// How many units of time can be between two bills: at most three years.
pub type IntervalCount = Integer<1, 1095>;

/// How many tiers a price can have.
const MAX_TIERS: usize = 100;

choice! {
    /// Where the quantity of a price comes from.
    pub enum UsageType {
        /// It is agreed beforehand.
        Licensed = "licensed",
        /// It is measured.
        Metered = "metered",
    }
}

choice! {
    /// How tiers are applied.
    pub enum TiersMode {
        /// Each unit costs what its own tier says.
        Graduated = "graduated",
        /// All units cost what the tier says that the whole quantity is in.
        Volume = "volume",
    }
}

/// What the units of a range cost: those after the tier before, up to and with `up_to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PriceTier {
    /// The last unit of the range; null in the last tier, which has no end.
    up_to: Option<i64>,
    /// What a unit costs, in the currency's smallest unit; null where that has a fraction.
    unit_amount_atom: Option<Atoms>,
    /// The same as decimal text.
    unit_amount_decimal: Decimal,
    /// What is added once, when the tier is reached.
    flat_amount_atom: Atoms,
}

impl PriceTier {
    /// The tier as the arithmetic takes it.
    pub(super) fn priced(&self) -> Tier {
        Tier {
            up_to: self.up_to,
            unit_amount: self.unit_amount_decimal,
            flat_amount: self.flat_amount_atom,
        }
    }
}

input! {
    /// A tier as a client sends it, with at least one of the amounts; what is left out is 0.
    pub struct NewTier {
        /// The last unit of the range; null, or left out, in the last tier.
        up_to: Option<Integer<1, { i64::MAX }>>,
        /// What a unit costs, in the currency's smallest unit.
        unit_amount_atom: Option<UnitAmount>,
        /// The same with up to 12 decimals.
        unit_amount_decimal: Option<Decimal>,
        /// What is added once, when the tier is reached.
        flat_amount_atom: Option<UnitAmount>,
    }
    rules [
        rule::not_together(&["unit_amount_atom", "unit_amount_decimal"]),
        rule::at_least_one(&["unit_amount_atom", "unit_amount_decimal", "flat_amount_atom"]),
    ]
}

/// The parts of a price that follow from several of the fields that a client sent.
#[derive(Debug, Default)]
pub(super) struct Terms {
    pub(super) unit_amount: Option<Decimal>,
    pub(super) tiers: Option<Vec<PriceTier>>,
    pub(super) interval_count: Option<IntervalCount>,
}

impl NewPrice {
    /// The terms, or what is wrong with them.
    pub(super) fn terms(&self, faults: &mut Faults) -> Terms {
        let body = Location::body(NOUN);
        self.check_usage(&body, faults);
        self.check_ways(&body, faults);
        let at = body.field("unit_amount_decimal");
        let amounts = (self.unit_amount_atom, self.unit_amount_decimal);
        Terms {
            unit_amount: unit_amount(amounts, &at, faults),
            tiers: self.checked_tiers(&body.field("tiers"), faults),
            interval_count: self.checked_interval(&body.field("billing_interval_count"), faults),
        }
    }

    fn check_usage(&self, body: &Location<'_>, faults: &mut Faults) {
        if self.usage_type != Some(UsageType::Metered) {
            let given = [
                ("meter_id", self.meter_id.is_some()),
                ("minimum_amount_atom", self.minimum_amount_atom.is_some()),
                ("maximum_amount_atom", self.maximum_amount_atom.is_some()),
            ];
            for (name, _) in given.iter().filter(|(_, given)| *given) {
                let hint = "belongs to a price with the usage_type metered";
                faults.not_valid(&body.field(name), "not_allowed", hint);
            }
            return;
        }
        let bounds = self.minimum_amount_atom.zip(self.maximum_amount_atom);
        if bounds.is_some_and(|(least, most)| least.get() > most.get()) {
            let hint = "cannot be less than minimum_amount_atom";
            faults.not_valid(&body.field("maximum_amount_atom"), "out_of_range", hint);
        }
        if self.meter_id.is_none() {
            let hint = "is required: a metered price says which meter measures its quantity";
            faults.not_valid(&body.field("meter_id"), "required", hint);
        }
        if self.billing_interval.is_none() {
            let hint = "is required: what is measured is billed when a period is over";
            faults.not_valid(&body.field("billing_interval"), "required", hint);
        }
    }

    /// There is exactly one way to say what a quantity costs.
    fn check_ways(&self, body: &Location<'_>, faults: &mut Faults) {
        let tiered = self.tiers_mode.is_some() || self.tiers.is_some();
        let ways = [
            ("unit_amount_atom", self.unit_amount_atom.is_some()),
            ("unit_amount_decimal", self.unit_amount_decimal.is_some()),
            ("tiers", tiered),
        ];
        let mut given = ways.iter().filter(|(_, given)| *given);
        let Some((first, _)) = given.next() else {
            let hint = "is required, or unit_amount_decimal, or tiers_mode with tiers";
            return faults.not_valid(&body.field("unit_amount_atom"), "required", hint);
        };
        for (field, _) in given {
            let hint = format!("cannot be given beside {first}: one of them says the amount");
            faults.not_valid(&body.field(field), "not_allowed", &hint);
        }
        let mut missing = |field: &str, other: &str| {
            let hint = format!("is required beside {other}");
            faults.not_valid(&body.field(field), "required", &hint);
        };
        match (self.tiers_mode.is_some(), self.tiers.is_some()) {
            (true, false) => missing("tiers", "tiers_mode"),
            (false, true) => missing("tiers_mode", "tiers"),
            (true, true) | (false, false) => {}
        }
        if tiered && self.quantity_divisor.is_some() {
            let hint = "belongs to prices without tiers";
            faults.not_valid(&body.field("quantity_divisor"), "not_allowed", hint);
        }
    }

    fn checked_tiers(&self, at: &Location<'_>, faults: &mut Faults) -> Option<Vec<PriceTier>> {
        let new = self.tiers.as_ref()?;
        if new.len() > MAX_TIERS {
            let hint = format!("are {}; at most {MAX_TIERS} are allowed", new.len());
            faults.not_valid(at, "too_many", &hint);
            return None;
        }
        let tiers: Vec<PriceTier> = new
            .iter()
            .enumerate()
            .map(|(index, tier)| tier.checked(&at.index(index), faults))
            .collect();
        let priced: Vec<Tier> = tiers.iter().map(PriceTier::priced).collect();
        if let Err(hint) = check_tiers(&priced) {
            faults.not_valid(at, "invalid_tiers", hint);
        }
        Some(tiers)
    }

    fn checked_interval(&self, at: &Location<'_>, faults: &mut Faults) -> Option<IntervalCount> {
        let Some(unit) = self.billing_interval else {
            if self.billing_interval_count.is_some() {
                let hint = "belongs to prices with a billing_interval";
                faults.not_valid(at, "not_allowed", hint);
            }
            return None;
        };
        let count = self.billing_interval_count.unwrap_or(IntervalCount::clamped(1));
        let most = longest(unit);
        if count.get() > most {
            let hint = format!("must be from 1 to {most} with a billing_interval of {unit}");
            faults.not_valid(at, "out_of_range", &hint);
        }
        Some(count)
    }
}

impl NewTier {
    fn checked(&self, at: &Location<'_>, faults: &mut Faults) -> PriceTier {
        let amounts = (self.unit_amount_atom, self.unit_amount_decimal);
        match amounts {
            (Some(_), Some(_)) => {
                let hint = "cannot be given beside unit_amount_atom: one of them says the amount";
                faults.not_valid(&at.field("unit_amount_decimal"), "not_allowed", hint);
            }
            (None, None) if self.flat_amount_atom.is_none() => {
                let hint = "is required, or unit_amount_decimal, or flat_amount_atom";
                faults.not_valid(&at.field("unit_amount_atom"), "required", hint);
            }
            _ => {}
        }
        let unit = unit_amount(amounts, &at.field("unit_amount_decimal"), faults);
        let unit = unit.unwrap_or_default();
        PriceTier {
            up_to: self.up_to.map(Integer::get),
            unit_amount_atom: unit.atoms(),
            unit_amount_decimal: unit,
            flat_amount_atom: self.flat_amount_atom.map_or(Atoms::ZERO, atoms),
        }
    }
}

/// An amount that a client sent.
pub(super) fn atoms(amount: UnitAmount) -> Atoms {
    Atoms::new(amount.get())
}

/// The amount of a unit, whichever way it was said.
fn unit_amount(
    (whole, decimal): (Option<UnitAmount>, Option<Decimal>),
    at: &Location<'_>,
    faults: &mut Faults,
) -> Option<Decimal> {
    if decimal.is_some_and(Decimal::is_negative) {
        faults.not_valid(at, "out_of_range", "cannot be negative");
    }
    decimal.or_else(|| whole.map(|whole| Decimal::from_atoms(atoms(whole))))
}

/// How many of a unit of time can be between two bills: three years of them.
const fn longest(unit: IntervalUnit) -> i64 {
    match unit {
        IntervalUnit::Day => 1095,
        IntervalUnit::Week => 156,
        IntervalUnit::Month => 36,
        IntervalUnit::Year => 3,
    }
}
