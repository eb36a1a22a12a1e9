//! What a change in the middle of a period gives back and charges.
//!
//! The part of a period that is left is an exact ratio of whole seconds, over the *whole* period and
//! never over a remainder of it. The credit for the old and the debit for the new are rounded each on
//! its own, so that each is a number that can be stored, shown and added up. A price with a fraction of an
//! atom keeps that until then.

use super::cycle::Period;
use crate::base::{
    money::{Atoms, Decimal, Overflow, rounded},
    time::Timestamp,
};

/// The part of a period that is left, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    left: i64,
    whole: i64,
}

impl Fraction {
    /// What is left of `period` at `at`: all of it before, nothing after. Of a period shorter than a
    /// second nothing is ever left.
    pub fn remaining(period: Period, at: Timestamp) -> Self {
        let whole = period.seconds().max(0);
        Self { left: period.end.minus(at).clamp(0, whole), whole: whole.max(1) }
    }

    /// So many seconds of a period.
    pub(crate) fn of_seconds(left: i64, whole: i64) -> Self {
        let whole = whole.max(0);
        Self { left: left.clamp(0, whole), whole: whole.max(1) }
    }

    /// Whether nothing is left: a change makes no lines.
    pub const fn is_zero(self) -> bool {
        self.left == 0
    }

    /// How many seconds are left, and how many the period has.
    pub const fn seconds(self) -> (i64, i64) {
        (self.left, self.whole)
    }

    /// What is given back of `billed`, the amount last billed for the period: a negative amount.
    pub fn credit(self, billed: Atoms) -> Result<Atoms, Overflow> {
        self.of(-i128::from(billed.get()))
    }

    /// What is charged of `new`, the amount for a whole period.
    pub fn debit(self, new: Atoms) -> Result<Atoms, Overflow> {
        self.of(i128::from(new.get()))
    }

    /// The same of an amount in units of 10⁻¹² that is not below 0: rounded once.
    pub(crate) fn debit_exact(self, scaled: i128) -> Result<Atoms, Overflow> {
        let (left, whole) = (i128::from(self.left), i128::from(self.whole));
        let (atoms, rest) = (scaled.div_euclid(Decimal::SCALE), scaled.rem_euclid(Decimal::SCALE));
        let part = atoms.checked_mul(left).ok_or(Overflow)?;
        // Less than two atoms of the whole: far from too large.
        let below = part.rem_euclid(whole) * Decimal::SCALE + rest * left;
        rounded(part.div_euclid(whole), 1)?.plus(rounded(below, whole * Decimal::SCALE)?)
    }

    fn of(self, amount: i128) -> Result<Atoms, Overflow> {
        rounded(amount * i128::from(self.left), i128::from(self.whole))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A period of `whole` seconds with `left` of them left.
    fn fraction(left: i64, whole: i64) -> Fraction {
        let start = Timestamp::from_millis(1_767_225_600_123).unwrap();
        let end = start.plus_seconds(whole);
        Fraction::remaining(Period { start, end }, end.plus_seconds(-left))
    }

    fn lines(left: i64, whole: i64, billed: i64, new: i64) -> (i64, i64) {
        let fraction = fraction(left, whole);
        let credit = fraction.credit(Atoms::new(billed)).unwrap();
        (credit.get(), fraction.debit(Atoms::new(new)).unwrap().get())
    }

    #[test]
    fn a_dearer_plan_near_the_end_of_a_month() {
        assert_eq!(lines(445_540, 2_678_400, 1000, 3252), (-166, 541));
    }

    #[test]
    fn a_cheaper_plan_with_a_third_of_the_period_left_to_bill() {
        assert_eq!(lines(800_000, 2_400_000, 2000, 1000), (-667, 333));
    }

    #[test]
    fn a_half_of_each_line_goes_toward_minus_infinity() {
        assert_eq!(lines(1, 2, 5, 5), (-3, 2));
    }

    #[test]
    fn the_part_that_is_left_is_between_nothing_and_all() {
        assert_eq!(lines(100, 100, 700, 900), (-700, 900));
        assert_eq!(lines(101, 100, 700, 900), (-700, 900));
        assert_eq!(lines(-1, 100, 700, 900), (0, 0));
        assert!(fraction(0, 100).is_zero() && fraction(-1, 100).is_zero());
        assert_eq!(fraction(25, 100).seconds(), (25, 100));
        assert_eq!(fraction(101, 100).seconds(), (100, 100));
        assert!(!fraction(1, 100).is_zero());
        assert!(fraction(0, 0).is_zero() && fraction(5, -5).is_zero());
    }

    #[test]
    fn a_second_that_has_begun_is_gone() {
        let start = Timestamp::from_millis(0).unwrap();
        let period = Period { start, end: start.plus_seconds(10) };
        let left = |ms| Fraction::remaining(period, Timestamp::from_millis(ms).unwrap());
        assert_eq!(left(4001), left(5000));
        assert!(left(9001).is_zero() && !left(9000).is_zero());
    }

    #[test]
    fn the_largest_amounts_are_prorated_without_overflow() {
        let all = fraction(100, 100);
        assert_eq!(all.debit(Atoms::new(i64::MIN)), Ok(Atoms::new(i64::MIN)));
        assert_eq!(all.credit(Atoms::new(i64::MIN)), Err(Overflow));
    }

    proptest! {
        #[test]
        fn no_more_is_given_back_than_was_billed(
            billed in 0_i64..1_000_000_000, left in 0_i64..3_000_000, whole in 1_i64..3_000_000,
        ) {
            let (credit, debit) = lines(left, whole, billed, billed);
            prop_assert!((-billed..=0).contains(&credit));
            prop_assert!((0..=billed).contains(&debit));
            prop_assert!((-1..=0).contains(&(credit + debit)));
        }
    }
}
