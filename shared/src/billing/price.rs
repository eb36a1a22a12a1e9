//! What a quantity costs.
//!
//! Every term is exact, the terms are added exactly, and the line is rounded once.

use crate::money::{Atoms, Decimal, Overflow, rounded};

/// How the price of a quantity is found. Quantities are not negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// Each unit, or each begun package of units, costs the same.
    PerUnit {
        /// The price of one, in the smallest unit of the currency.
        unit_amount: Decimal,
        /// How many units are one: 100 for "4 cents per 100". At least 1.
        quantity_divisor: i64,
    },
    /// Each unit at the price of its tier, plus the flat amount of every tier that is reached. The
    /// first unit reaches the first tier: a quantity of 0 costs nothing.
    Graduated(Vec<Tier>),
    /// All units at the price of the tier that holds their number, plus its flat amount. The tiers
    /// begin at 1: a quantity of 0 is in none and costs nothing.
    Volume(Vec<Tier>),
}

/// The price of some of the units: those after the tier before, up to and with `up_to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Its last unit; `None` in the last tier, which has no end.
    pub up_to: Option<i64>,
    /// The price of one unit, in the smallest unit of the currency.
    pub unit_amount: Decimal,
    /// What is added once.
    pub flat_amount: Atoms,
}

impl Tier {
    /// What `units` in this tier cost, with its flat amount, in units of 10⁻¹² atoms.
    fn scaled(&self, units: i64) -> Result<i128, Overflow> {
        let flat = Decimal::from_atoms(self.flat_amount).scaled();
        self.unit_amount.scaled_times(units)?.checked_add(flat).ok_or(Overflow)
    }
}

impl Pricing {
    /// What `quantity` costs, rounded once.
    ///
    /// Fails where the amount is too large, and for a quantity beyond the last of tiers that
    /// [`check_tiers`] would have refused.
    pub fn amount(&self, quantity: i64) -> Result<Atoms, Overflow> {
        match self {
            Self::PerUnit { unit_amount, quantity_divisor } => {
                unit_amount.times(packages(quantity, *quantity_divisor)?)
            }
            Self::Graduated(_) | Self::Volume(_) if quantity <= 0 => Ok(Atoms::ZERO),
            Self::Graduated(tiers) => rounded(graduated(tiers, quantity)?, Decimal::SCALE),
            Self::Volume(tiers) => {
                let holds = |tier: &&Tier| tier.up_to.is_none_or(|last| quantity <= last);
                let tier = tiers.iter().find(holds).ok_or(Overflow)?;
                rounded(tier.scaled(quantity)?, Decimal::SCALE)
            }
        }
    }
}

/// How many packages of `size` hold `quantity`, a begun one counted whole.
fn packages(quantity: i64, size: i64) -> Result<i64, Overflow> {
    let full = quantity.checked_div_euclid(size).ok_or(Overflow)?;
    let begun = quantity.checked_rem_euclid(size).ok_or(Overflow)? != 0;
    full.checked_add(i64::from(begun)).ok_or(Overflow)
}

fn graduated(tiers: &[Tier], quantity: i64) -> Result<i128, Overflow> {
    let (mut total, mut priced) = (0_i128, 0_i64);
    for tier in tiers {
        let last = tier.up_to.map_or(quantity, |last| last.min(quantity));
        let units = last.checked_sub(priced).ok_or(Overflow)?;
        total = total.checked_add(tier.scaled(units)?).ok_or(Overflow)?;
        priced = last;
        if priced == quantity {
            return Ok(total);
        }
    }
    Err(Overflow)
}

/// Checks that tiers price every quantity exactly once; the fault continues "Price tiers …".
pub fn check_tiers(tiers: &[Tier]) -> Result<(), &'static str> {
    let Some((last, ended)) = tiers.split_last() else {
        return Err("must have at least one tier");
    };
    if last.up_to.is_some() {
        return Err("must end with a tier whose up_to is null");
    }
    let mut before = 0;
    for tier in ended {
        let up_to = tier.up_to.ok_or("must have an up_to in every tier but the last")?;
        if up_to <= before {
            return Err("must have an up_to above that of the tier before, and above 0");
        }
        before = up_to;
    }
    Ok(())
}
