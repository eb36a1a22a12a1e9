//! What a quantity costs, compared with the same sum made without bounds.

use arbitrary::Arbitrary;
use num_bigint::BigInt;
use shared::{
    base::money::{Atoms, Decimal, Overflow},
    model::billing::price::{Pricing, Tier, check_tiers},
};

/// A price and a quantity of it.
#[derive(Arbitrary, Debug)]
pub struct Order {
    way: u8,
    divisor: i64,
    tiers: Vec<(Option<i64>, i64, u64, i64)>,
    quantity: i64,
}

const SCALE: u64 = 1_000_000_000_000;

/// An amount is the exact one, rounded once; it is refused only where it does not fit.
pub fn prices(order: Order) {
    let tiers: Vec<Tier> = order.tiers.iter().take(8).map(tier).collect();
    let Some(first) = tiers.first().cloned() else { return };
    let (pricing, exact) = match order.way % 3 {
        0 => {
            let unit_amount = first.unit_amount;
            let packages = packages(order.quantity, order.divisor);
            let pricing = Pricing::PerUnit { unit_amount, quantity_divisor: order.divisor };
            (pricing, packages.map(|packages| packages * scaled(unit_amount)))
        }
        way => {
            let checked = check_tiers(&tiers).is_ok();
            let exact = match (checked, order.quantity) {
                // Nobody is billed for fewer than none.
                (false, _) | (_, ..0) => None,
                (true, quantity) if way == 1 => Some(graduated(&tiers, quantity)),
                (true, quantity) => Some(volume(&tiers, quantity)),
            };
            let pricing = if way == 1 { Pricing::Graduated(tiers) } else { Pricing::Volume(tiers) };
            (pricing, exact)
        }
    };
    let amount = pricing.amount(order.quantity);
    let Some(exact) = exact else { return };
    let expected = i64::try_from(nearest(&exact)).map(Atoms::new).map_err(|_| Overflow);
    // A step on the way may be too large for us where the steps cancel out; never the other way.
    match (amount, expected) {
        (Err(Overflow), Ok(_)) => {
            assert!(exact.magnitude().bits() > 64 || mixed(&pricing), "{pricing:?}")
        }
        (amount, expected) => assert_eq!(amount, expected, "{pricing:?} of {}", order.quantity),
    }
}

fn tier((up_to, whole, decimals, flat): &(Option<i64>, i64, u64, i64)) -> Tier {
    let unit_amount = format!("{whole}.{:012}", decimals % SCALE).parse().unwrap();
    Tier { up_to: *up_to, unit_amount, flat_amount: Atoms::new(*flat) }
}

/// Whether there are terms of both signs.
fn mixed(pricing: &Pricing) -> bool {
    let (Pricing::Graduated(tiers) | Pricing::Volume(tiers)) = pricing else { return false };
    let signs = tiers
        .iter()
        .flat_map(|tier| [tier.unit_amount.is_negative(), tier.flat_amount.is_negative()]);
    let negative = signs.filter(|negative| *negative).count();
    negative > 0 && negative < 2 * tiers.len()
}

/// The number of units of 10⁻¹² in a decimal, by way of its text.
fn scaled(decimal: Decimal) -> BigInt {
    let text = decimal.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{decimals:0<12}").parse().unwrap()
}

fn packages(quantity: i64, size: i64) -> Option<BigInt> {
    let begun =
        |size: i64| quantity.div_euclid(size) as i128 + i128::from(quantity.rem_euclid(size) != 0);
    (size > 0).then(|| begun(size).into())
}

/// Each unit at the price of the tier that it is in, and the flat amount of every tier reached: of the
/// first one always, which holds 0 too.
fn graduated(tiers: &[Tier], quantity: i64) -> BigInt {
    let mut total = BigInt::ZERO;
    let mut below = 0;
    for (number, tier) in tiers.iter().enumerate() {
        if number > 0 && quantity <= below {
            break;
        }
        let last = tier.up_to.unwrap_or(i64::MAX).min(quantity);
        total += BigInt::from(last - below) * scaled(tier.unit_amount) + flat(tier);
        below = last;
    }
    total
}

/// All units at the price of the tier that holds their number.
fn volume(tiers: &[Tier], quantity: i64) -> BigInt {
    let tier = tiers.iter().find(|tier| tier.up_to.is_none_or(|last| quantity <= last)).unwrap();
    BigInt::from(quantity) * scaled(tier.unit_amount) + flat(tier)
}

fn flat(tier: &Tier) -> BigInt {
    BigInt::from(tier.flat_amount.get()) * BigInt::from(SCALE)
}

/// The nearest whole number of 10⁻¹²; a half goes down.
fn nearest(exact: &BigInt) -> BigInt {
    let (scale, two) = (BigInt::from(SCALE), BigInt::from(2));
    // ⌈exact / scale − ½⌉, and ⌈a / b⌉ is −⌊−a / b⌋.
    let negated: BigInt = (&scale - exact * &two) as BigInt;
    let divisor = scale * two;
    let mut below = &negated / &divisor;
    if &negated % &divisor < BigInt::ZERO {
        below -= 1;
    }
    -below
}
