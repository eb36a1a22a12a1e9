//! What a quantity costs.
//!
//! Every term is exact, the terms are added exactly, and the line is rounded once.

use super::proration::Fraction;
use crate::base::money::{Atoms, Decimal, Overflow, rounded};

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
    /// first tier holds 0: a quantity of 0 costs its flat amount.
    Graduated(Vec<Tier>),
    /// All units at the price of the tier that holds their number, plus its flat amount. The first
    /// tier holds 0: a quantity of 0 costs its flat amount.
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
        rounded(self.scaled(quantity)?, Decimal::SCALE)
    }

    /// What a part of a period costs in which a whole one costs `quantity` less `off`; at least nothing,
    /// and rounded once.
    pub fn amount_for(&self, quantity: i64, part: Fraction, off: Atoms) -> Result<Atoms, Overflow> {
        let off = Decimal::from_atoms(off).scaled();
        let scaled = self.scaled(quantity)?.checked_sub(off).ok_or(Overflow)?;
        part.debit_exact(scaled.max(0))
    }

    /// What `quantity` costs, in units of 10⁻¹² atoms.
    fn scaled(&self, quantity: i64) -> Result<i128, Overflow> {
        match self {
            Self::PerUnit { unit_amount, quantity_divisor } => {
                unit_amount.scaled_times(packages(quantity, *quantity_divisor)?)
            }
            Self::Graduated(tiers) => graduated(tiers, quantity),
            Self::Volume(tiers) => {
                let holds = |tier: &&Tier| tier.up_to.is_none_or(|last| quantity <= last);
                tiers.iter().find(holds).ok_or(Overflow)?.scaled(quantity)
            }
        }
    }
}

/// How many packages of `size` hold `quantity`, a begun one counted whole.
fn packages(quantity: i64, size: i64) -> Result<i64, Overflow> {
    if size < 1 {
        return Err(Overflow);
    }
    let begun = i64::from(quantity.rem_euclid(size) != 0);
    quantity.div_euclid(size).checked_add(begun).ok_or(Overflow)
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

#[cfg(test)]
pub(super) mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;

    pub(crate) fn tier(up_to: Option<i64>, unit_amount: &str, flat_amount: i64) -> Tier {
        let unit_amount = unit_amount.parse().unwrap();
        Tier { up_to, unit_amount, flat_amount: Atoms::new(flat_amount) }
    }

    pub(crate) fn per_unit(unit_amount: &str, quantity_divisor: i64) -> Pricing {
        Pricing::PerUnit { unit_amount: unit_amount.parse().unwrap(), quantity_divisor }
    }

    fn amounts<const N: usize>(pricing: &Pricing, quantities: [i64; N]) -> [i64; N] {
        quantities.map(|quantity| pricing.amount(quantity).unwrap().get())
    }

    #[test]
    fn a_begun_package_costs_a_whole_one() {
        let packages = per_unit("4", 100);
        assert_eq!(amounts(&packages, [15_000, 14_901, 14_900, 1, 0]), [600, 600, 596, 4, 0]);
        assert_eq!(amounts(&per_unit("250", 1), [3]), [750]);
    }

    #[test]
    fn a_thousand_free_and_then_one_each() {
        let graduated = Pricing::Graduated(vec![tier(Some(1000), "0", 0), tier(None, "1", 0)]);
        assert_eq!(amounts(&graduated, [3000, 1001, 1000, 0]), [2000, 1, 0, 0]);
    }

    #[test]
    fn a_flat_amount_that_includes_units_and_then_one_each() {
        let tiers = vec![tier(Some(100_000), "0", 20_000), tier(None, "1", 0)];
        let graduated = Pricing::Graduated(tiers);
        assert_eq!(amounts(&graduated, [150_000, 100_000, 1, 0]), [70_000, 20_000, 20_000, 20_000]);
    }

    #[test]
    fn graduated_adds_the_flat_amount_of_every_tier_reached() {
        let tiers = vec![tier(Some(10), "5", 100), tier(Some(20), "4", 50), tier(None, "3", 25)];
        let graduated = Pricing::Graduated(tiers);
        assert_eq!(amounts(&graduated, [10, 11, 20, 21]), [150, 204, 240, 268]);
    }

    #[test]
    fn volume_prices_all_units_in_the_tier_that_holds_their_number() {
        let tiers = vec![tier(Some(10), "5", 100), tier(Some(20), "4", 50), tier(None, "3", 0)];
        let volume = Pricing::Volume(tiers);
        assert_eq!(amounts(&volume, [0, 1, 10, 11, 20, 21]), [100, 105, 150, 94, 130, 63]);
    }

    #[test]
    fn a_line_is_rounded_once() {
        let tiers = vec![tier(Some(1), "0.4", 0), tier(Some(2), "0.4", 0), tier(None, "0.4", 0)];
        assert_eq!(amounts(&Pricing::Graduated(tiers), [3]), [1]);
        assert_eq!(amounts(&per_unit("0.0025", 1), [999, 1000, 1001]), [2, 2, 3]);
    }

    #[test]
    fn a_part_of_the_largest_price_is_exact() {
        let (most, half) = (per_unit("9223372036854775807", 1), Fraction::of_seconds(1, 2));
        let part = |off| most.amount_for(1, half, Atoms::new(off)).unwrap().get();
        assert_eq!((part(0), part(1)), (i64::MAX / 2, i64::MAX / 2));
        assert_eq!(per_unit("0.7", 1).amount_for(5, half, Atoms::ZERO), Ok(Atoms::new(2)));
        assert_eq!(per_unit("0.7", 1).amount_for(5, half, Atoms::new(4)), Ok(Atoms::ZERO));
        let years = Fraction::of_seconds(1000 * 366 * 86_400, 1000 * 366 * 86_400);
        assert_eq!(most.amount_for(1, years, Atoms::ZERO), Ok(Atoms::new(i64::MAX)));
    }

    #[test]
    fn what_cannot_be_priced_is_an_error() {
        assert_eq!(per_unit("9223372036854775807", 1).amount(2), Err(Overflow));
        for divisor in [0, -1] {
            assert_eq!(per_unit("1", divisor).amount(1), Err(Overflow));
        }
        let ended = vec![tier(Some(10), "1", 0)];
        assert_eq!(Pricing::Volume(ended.clone()).amount(11), Err(Overflow));
        assert_eq!(Pricing::Graduated(ended).amount(11), Err(Overflow));
        let large = vec![tier(None, "9223372036854775807", i64::MAX)];
        assert_eq!(Pricing::Graduated(large).amount(i64::MAX), Err(Overflow));
    }

    #[test]
    fn tiers_price_every_quantity_exactly_once() {
        let check = |up_to: &[Option<i64>]| {
            let tiers: Vec<_> = up_to.iter().map(|up_to| tier(*up_to, "1", 0)).collect();
            check_tiers(&tiers).is_ok()
        };
        assert!(check(&[None]) && check(&[Some(1), None]) && check(&[Some(1), Some(2), None]));
        let refused: [&[Option<i64>]; 7] = [
            &[],
            &[Some(1)],
            &[Some(0), None],
            &[Some(-1), None],
            &[Some(2), Some(2), None],
            &[Some(2), Some(1), None],
            &[None, None],
        ];
        assert!(refused.iter().all(|up_to| !check(up_to)));
    }

    /// Up to four tiers of these widths, prices in ten-thousandths, and flat amounts.
    pub(crate) fn any_tiers(
        one: (Range<i64>, Range<i64>, Range<i64>),
    ) -> impl Strategy<Value = Vec<Tier>> {
        proptest::collection::vec(one, 1..5).prop_map(|parts| {
            let (count, mut end) = (parts.len(), 0);
            let priced = parts.into_iter().enumerate().map(|(index, (width, price, flat))| {
                end += width;
                let up_to = Some(end).filter(|_| index + 1 < count);
                tier(up_to, &format!("{}.{:04}", price / 10_000, price % 10_000), flat)
            });
            priced.collect()
        })
    }

    proptest! {
        #[test]
        fn more_never_costs_less(tiers in any_tiers((1..1000, 0..5_000_000, 0..10_000)), quantity in 0_i64..5000) {
            prop_assert_eq!(check_tiers(&tiers), Ok(()));
            let graduated = Pricing::Graduated(tiers);
            let [one, next] = [quantity, quantity + 1].map(|q| graduated.amount(q).unwrap());
            prop_assert!(one <= next);
        }

        /// The second opinion multiplies everything first, and divides once.
        #[test]
        fn a_part_of_a_period_is_rounded_once(
            price in 0_i64..50_000_000, quantity in 0_i64..5000, off in 0_i64..100_000,
            left in 0_i64..3_000_000, more in 0_i64..3_000_000,
        ) {
            let pricing = per_unit(&format!("{}.{:04}", price / 10_000, price % 10_000), 1);
            let whole = left + more;
            let part = pricing.amount_for(quantity, Fraction::of_seconds(left, whole), Atoms::new(off));
            let exact = (i128::from(price) * i128::from(quantity) - i128::from(off) * 10_000).max(0);
            let second = rounded(exact * i128::from(left), i128::from(whole.max(1)) * 10_000);
            prop_assert_eq!(part, second);
        }

        #[test]
        fn one_tier_is_the_same_both_ways(quantity in 0_i64..5000, flat in 0_i64..1000) {
            let tiers = vec![tier(None, "1.37", flat)];
            let graduated = Pricing::Graduated(tiers.clone()).amount(quantity);
            prop_assert_eq!(graduated, Pricing::Volume(tiers).amount(quantity));
        }
    }
}
