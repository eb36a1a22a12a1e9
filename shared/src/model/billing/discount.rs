//! What a discount takes off each line.
//!
//! The whole is computed once and then split, so that the shares add up to what the invoice says. Only
//! lines that charge something are reduced: a credit line already gives back what was billed *after*
//! its discount.

use serde::{Deserialize, Serialize};

use crate::base::money::{Atoms, Overflow, rounded};

/// What a discount takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reduction {
    /// So many hundredths, from 1 to 100, of every line that charges something.
    Percent(i64),
    /// An amount of the invoice; at most what is to be paid, credits counted.
    Fixed(Atoms),
}

/// What each line is reduced by: from 0 to the line. The shares add up to the whole discount.
pub fn shares(reduction: &Reduction, lines: &[Atoms]) -> Result<Vec<Atoms>, Overflow> {
    let charges: Vec<Atoms> = lines.iter().copied().map(|line| line.max(Atoms::ZERO)).collect();
    let whole = match reduction {
        Reduction::Percent(percent) => {
            let charged = i128::from(Atoms::sum(charges.iter().copied())?.get());
            rounded(charged * i128::from((*percent).clamp(0, 100)), 100)?
        }
        Reduction::Fixed(amount) => {
            let net = Atoms::sum(lines.iter().copied())?;
            (*amount).min(net).max(Atoms::ZERO)
        }
    };
    split(whole, &charges)
}

/// Divides `whole` in proportion to `weights`; the parts add up to it exactly.
///
/// Each part is rounded down and the rest goes to the last. Where that would make the last larger than
/// its weight, and `whole` is not larger than all weights, what is too much goes to the one before:
/// no line is reduced by more than it charges. A weight below 0 counts as 0. Fails when there is
/// something to divide and nothing to carry it.
pub fn split(whole: Atoms, weights: &[Atoms]) -> Result<Vec<Atoms>, Overflow> {
    let carried = |weight: &Atoms| i128::from(weight.get().max(0));
    let whole = i128::from(whole.get());
    let total: i128 = weights.iter().map(carried).sum();
    if total == 0 {
        return if whole == 0 { Ok(vec![Atoms::ZERO; weights.len()]) } else { Err(Overflow) };
    }
    let part = |weight: &Atoms| (whole * carried(weight)).div_euclid(total);
    let mut rest = whole - weights.iter().map(part).sum::<i128>();
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights.iter().rev() {
        let room = match carried(weight) {
            0 => 0,
            _ if whole > total => rest,
            most => most - part(weight),
        };
        let extra = rest.min(room);
        rest -= extra;
        parts.push(rounded(part(weight) + extra, 1)?);
    }
    parts.reverse();
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn atoms(amounts: &[i64]) -> Vec<Atoms> {
        amounts.iter().copied().map(Atoms::new).collect()
    }

    fn shares_of(reduction: Reduction, lines: &[i64]) -> Vec<i64> {
        let shares = shares(&reduction, &atoms(lines)).unwrap();
        shares.into_iter().map(Atoms::get).collect()
    }

    fn fixed(amount: i64, lines: &[i64]) -> Vec<i64> {
        shares_of(Reduction::Fixed(Atoms::new(amount)), lines)
    }

    fn percent(percent: i64, lines: &[i64]) -> Vec<i64> {
        shares_of(Reduction::Percent(percent), lines)
    }

    #[test]
    fn the_last_line_takes_what_rounding_left_over() {
        assert_eq!(fixed(100, &[1000, 1000, 1000]), [33, 33, 34]);
        assert_eq!(fixed(1000, &[2000, 1000]), [666, 334]);
        assert_eq!(percent(50, &[5, 5]), [2, 3]);
    }

    #[test]
    fn a_percentage_is_rounded_once_for_all_lines() {
        // 10 % of 25 is 2.5: an exact half, toward minus infinity.
        assert_eq!(percent(10, &[5, 5, 5, 10]), [0, 0, 0, 2]);
        assert_eq!(percent(100, &[999, 1]), [999, 1]);
        assert_eq!(percent(20, &[1000]), [200]);
    }

    #[test]
    fn a_line_is_not_reduced_by_more_than_it_charges() {
        assert_eq!(fixed(2, &[1, 1, 1]), [0, 1, 1]);
        assert_eq!(fixed(5, &[3, 3, 0]), [2, 3, 0]);
    }

    #[test]
    fn a_fixed_amount_is_capped_at_what_it_reduces() {
        assert_eq!(fixed(5000, &[1000, 500]), [1000, 500]);
        assert_eq!(fixed(5000, &[1000, -400]), [600, 0]);
        assert_eq!(fixed(5000, &[1000, -1400]), [0, 0]);
        assert_eq!(fixed(-5, &[1000]), [0]);
        assert_eq!(fixed(5000, &[]), Vec::<i64>::new());
    }

    #[test]
    fn a_credit_is_not_reduced() {
        assert_eq!(percent(10, &[-400, 1000]), [0, 100]);
        assert_eq!(percent(100, &[1000, -400]), [1000, 0]);
        assert_eq!(fixed(100, &[-100, 1000, -100]), [0, 100, 0]);
    }

    #[test]
    fn a_whole_beyond_its_weights_is_divided_like_any_other() {
        let divided = |whole, weights: &[i64]| split(Atoms::new(whole), &atoms(weights));
        assert_eq!(divided(10, &[1, 1, 1]), Ok(atoms(&[3, 3, 4])));
        assert_eq!(divided(10, &[1, 1, 1, 0, -5]), Ok(atoms(&[3, 3, 4, 0, 0])));
        assert_eq!(divided(-10, &[1, 2]), Ok(atoms(&[-4, -6])));
        assert_eq!(divided(0, &[0, 0]), Ok(atoms(&[0, 0])));
        assert_eq!(divided(1, &[0, -1]), Err(Overflow));
        let largest = [i64::MAX, i64::MAX];
        assert_eq!(divided(i64::MAX, &largest), Ok(atoms(&[i64::MAX / 2, i64::MAX / 2 + 1])));
    }

    fn any_lines() -> impl Strategy<Value = Vec<i64>> {
        let line = prop_oneof![-10_i64..10, -1_000_000_000_000_i64..1_000_000_000_000];
        proptest::collection::vec(line, 1..20)
    }

    proptest! {
        #[test]
        fn percentages_of_lines_add_up_to_that_of_the_invoice(
            lines in any_lines(), rate in 1_i64..=100,
        ) {
            let charged: i64 = lines.iter().map(|line| line.max(&0)).sum();
            let shares = percent(rate, &lines);
            let whole = rounded(i128::from(charged) * i128::from(rate), 100).unwrap();
            prop_assert_eq!(shares.iter().sum::<i64>(), whole.get());
            for (share, line) in shares.iter().zip(&lines) {
                prop_assert!((0..=*line.max(&0)).contains(share));
            }
        }

        #[test]
        fn a_fixed_amount_is_given_whole_or_leaves_nothing_to_pay(
            lines in any_lines(), amount in 0_i64..1_000_000_000,
        ) {
            let net: i64 = lines.iter().sum();
            let shares = fixed(amount, &lines);
            prop_assert_eq!(shares.iter().sum::<i64>(), amount.min(net).max(0));
            for (share, line) in shares.iter().zip(&lines) {
                prop_assert!((0..=*line.max(&0)).contains(share));
            }
        }

        #[test]
        fn parts_add_up_to_the_whole(whole: i64, weights in any_lines()) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            if let Ok(parts) = split(Atoms::new(whole), &atoms(&weights)) {
                prop_assert_eq!(Atoms::sum(parts), Ok(Atoms::new(whole)));
            }
        }
    }
}
