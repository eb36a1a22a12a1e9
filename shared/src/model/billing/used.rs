//! What usage costs: a quantity that was measured, and may have a fraction.
//!
//! It is what `price` says of whole quantities, and the same number wherever the quantity is whole. A
//! begun package is charged whole, a tier holds what is up to and with its `up_to`, and the sum is
//! exact to 10⁻²⁴ of the smallest unit until it is rounded, once.

use super::price::{Pricing, Tier};
use crate::base::money::{Atoms, Decimal, Overflow, rounded};

const SCALE: i128 = Decimal::SCALE;

/// A sum of products of two decimals: so many 10⁻¹², and less than one of them in units of 10⁻²⁴.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Exact {
    whole: i128,
    rest: i128,
}

impl Exact {
    /// `units` at `price` each. Neither is negative.
    fn product(price: Decimal, units: i128) -> Result<Self, Overflow> {
        let price = price.scaled();
        let whole = price.checked_mul(units.div_euclid(SCALE)).ok_or(Overflow)?;
        let part = price.checked_mul(units.rem_euclid(SCALE)).ok_or(Overflow)?;
        let whole = whole.checked_add(part.div_euclid(SCALE)).ok_or(Overflow)?;
        Ok(Self { whole, rest: part.rem_euclid(SCALE) })
    }

    fn plus(self, other: Self) -> Result<Self, Overflow> {
        let rest = self.rest + other.rest;
        let whole = self.whole.checked_add(other.whole).ok_or(Overflow)?;
        let whole = whole.checked_add(rest.div_euclid(SCALE)).ok_or(Overflow)?;
        Ok(Self { whole, rest: rest.rem_euclid(SCALE) })
    }

    fn rounded(self) -> Result<Atoms, Overflow> {
        let fraction = self.whole.rem_euclid(SCALE) * SCALE + self.rest;
        let below = rounded(self.whole.div_euclid(SCALE), 1)?;
        below.plus(rounded(fraction, SCALE * SCALE)?)
    }
}

impl Tier {
    /// What `units`, in 10⁻¹², in this tier cost, with its flat amount.
    fn used(&self, units: i128) -> Result<Exact, Overflow> {
        let flat = Exact { whole: Decimal::from_atoms(self.flat_amount).scaled(), rest: 0 };
        Exact::product(self.unit_amount, units)?.plus(flat)
    }

    /// Where it ends, in 10⁻¹².
    fn end(&self) -> Option<i128> {
        self.up_to.map(|last| i128::from(last) * SCALE)
    }
}

impl Pricing {
    /// What `used` costs, rounded once. What is used is not negative.
    pub fn amount_used(&self, used: Decimal) -> Result<Atoms, Overflow> {
        let used = used.scaled();
        match self {
            Self::PerUnit { unit_amount, quantity_divisor: 1 } => {
                Exact::product(*unit_amount, used)?.rounded()
            }
            Self::PerUnit { unit_amount, quantity_divisor } => {
                unit_amount.times(packages(used, *quantity_divisor)?)
            }
            Self::Graduated(tiers) => graduated(tiers, used)?.rounded(),
            Self::Volume(tiers) => {
                let holds = |tier: &&Tier| tier.end().is_none_or(|end| used <= end);
                tiers.iter().find(holds).ok_or(Overflow)?.used(used)?.rounded()
            }
        }
    }
}

/// How many packages of `size` hold what was used, a begun one counted whole.
fn packages(used: i128, size: i64) -> Result<i64, Overflow> {
    let size = i128::from(size).checked_mul(SCALE).filter(|size| *size > 0).ok_or(Overflow)?;
    let begun = i128::from(used.rem_euclid(size) != 0);
    i64::try_from(used.div_euclid(size) + begun).map_err(|_| Overflow)
}

fn graduated(tiers: &[Tier], used: i128) -> Result<Exact, Overflow> {
    let (mut total, mut priced) = (Exact::default(), 0_i128);
    for tier in tiers {
        let end = tier.end().map_or(used, |end| end.min(used));
        total = total.plus(tier.used(end - priced)?)?;
        priced = end;
        if priced == used {
            return Ok(total);
        }
    }
    Err(Overflow)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::billing::price::tests::{any_tiers, per_unit, tier};

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn amounts<const N: usize>(pricing: &Pricing, used: [&str; N]) -> [i64; N] {
        used.map(|used| pricing.amount_used(decimal(used)).unwrap().get())
    }

    #[test]
    fn a_fraction_of_a_unit_costs_its_part_of_it() {
        assert_eq!(
            amounts(&per_unit("10", 1), ["0", "12.5", "0.05", "0.050000000001"]),
            [0, 125, 0, 1]
        );
        assert_eq!(amounts(&per_unit("0.000000000001", 1), ["500000000000"]), [0]);
        assert_eq!(amounts(&per_unit("0.000000000001", 1), ["500000000000.000000000001"]), [1]);
        // A package that is begun by a trifle costs a whole one.
        assert_eq!(amounts(&per_unit("4", 100), ["100", "100.000000000001", "0"]), [4, 8, 0]);
    }

    #[test]
    fn a_tier_holds_what_is_up_to_its_end() {
        let tiers = vec![tier(Some(10), "5", 100), tier(None, "2", 0)];
        let used = ["0", "9.5", "10", "10.5"];
        assert_eq!(amounts(&Pricing::Graduated(tiers.clone()), used), [100, 147, 150, 151]);
        assert_eq!(amounts(&Pricing::Volume(tiers), used), [100, 147, 150, 21]);
    }

    #[test]
    fn much_of_what_costs_little_does_not_overflow_on_the_way() {
        let much = "1000000000000000000.5";
        assert_eq!(amounts(&per_unit("0.5", 1), [much]), [500_000_000_000_000_000]);
        assert_eq!(per_unit("100", 1).amount_used(decimal(much)), Err(Overflow));
    }

    /// So many hundredths of a unit, at tiers in ten-thousandths, as one fraction: the second opinion.
    fn second_opinion(tiers: &[Tier], used: i128, volume: bool) -> i64 {
        let price = |tier: &Tier| tier.unit_amount.scaled() / (SCALE / 10_000);
        let flat = |tier: &Tier| i128::from(tier.flat_amount.get()) * 1_000_000;
        let (mut sum, mut below) = (0, 0);
        for (index, tier) in tiers.iter().enumerate() {
            let end = tier.up_to.map_or(i128::MAX, |last| i128::from(last) * 100);
            let is_reached = index == 0 || used > below;
            let is_last = used <= end;
            if volume && is_last {
                sum = price(tier) * used + flat(tier);
                break;
            }
            if !volume && is_reached {
                sum += price(tier) * (used.min(end) - below) + flat(tier);
            }
            below = end;
        }
        let (whole, rest) = (sum / 1_000_000, sum % 1_000_000);
        i64::try_from(whole + i128::from(rest > 500_000)).unwrap()
    }

    proptest! {
        #[test]
        fn tiers_agree_with_a_second_computation(tiers in any_tiers((1..50, 0..50_000, 0..1000)), used in 0_i128..25_000) {
            let quantity = Decimal::from_scaled(used * (SCALE / 100));
            for (pricing, volume) in [
                (Pricing::Graduated(tiers.clone()), false),
                (Pricing::Volume(tiers.clone()), true),
            ] {
                let amount = pricing.amount_used(quantity).unwrap().get();
                prop_assert_eq!(amount, second_opinion(&tiers, used, volume));
            }
        }

        #[test]
        fn whole_usage_costs_what_a_quantity_does(
            tiers in any_tiers((1..50, 0..50_000, 0..1000)), used in 0_i64..5000, price in 0_i64..1_000_000, divisor in 1_i64..50,
        ) {
            let price = format!("{}.{:05}", price / 100_000, price % 100_000);
            let quantity = Decimal::from_atoms(Atoms::new(used));
            for pricing in [
                Pricing::Graduated(tiers.clone()),
                Pricing::Volume(tiers),
                per_unit(&price, divisor),
            ] {
                prop_assert_eq!(pricing.amount_used(quantity), pricing.amount(used));
            }
        }
    }
}
