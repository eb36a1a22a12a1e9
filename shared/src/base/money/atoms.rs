//! Whole amounts of money, and the one function that rounds.
//!
//! There are no operators: each sum says that it may not fit. What is stored is an `i64`; inside a
//! sum or a product it is an `i128`, so that only a result, never a step towards it, is too large.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::base::{
    error::Error,
    input::{Faults, Input, Json, Location},
};

/// An amount in the smallest unit of its currency: cents, yen, fils. May be negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Atoms(i64);

/// The result is larger than a 64-bit integer of the smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl Atoms {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `atoms` smallest units.
    pub const fn new(atoms: i64) -> Self {
        Self(atoms)
    }

    /// How many smallest units.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum of both.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// What is left of this without the other.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    /// The same amount in the other direction.
    pub fn negated(self) -> Result<Self, Overflow> {
        self.0.checked_neg().map(Self).ok_or(Overflow)
    }

    /// The sum of all. Only the result has to fit, whatever the order.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, Overflow> {
        let total: i128 = amounts.into_iter().map(|amount| i128::from(amount.0)).sum();
        i64::try_from(total).map(Self).map_err(|_| Overflow)
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is more than nothing.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is less than nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

/// The whole amount nearest to `numerator / denominator`; an exact half goes toward minus infinity.
///
/// An amount is rounded here and, of a tax, in [`rounded_by_size`], and nowhere else. A denominator of
/// zero is an overflow.
pub fn rounded(numerator: i128, denominator: i128) -> Result<Atoms, Overflow> {
    if denominator < 0 {
        let (above, below) = (numerator.checked_neg(), denominator.checked_neg());
        return rounded(above.ok_or(Overflow)?, below.ok_or(Overflow)?);
    }
    let below = numerator.checked_div_euclid(denominator).ok_or(Overflow)?;
    let rest = numerator.checked_rem_euclid(denominator).ok_or(Overflow)?;
    let nearest = if rest > denominator - rest { below + 1 } else { below };
    i64::try_from(nearest).map(Atoms).map_err(|_| Overflow)
}

/// The whole amount nearest to `numerator / denominator`; an exact half goes away from zero, so that
/// the negative of a number is rounded to the negative of what the number is rounded to.
pub fn rounded_by_size(numerator: i128, denominator: i128) -> Result<Atoms, Overflow> {
    let is_below = (numerator < 0) != (denominator < 0);
    let size = |number: i128| i128::try_from(number.unsigned_abs()).map_err(|_| Overflow);
    // Below zero, a half toward minus infinity is one away from zero.
    let below = rounded(-size(numerator)?, size(denominator)?)?;
    if is_below { Ok(below) } else { below.negated() }
}

impl From<Overflow> for Error {
    fn from(_: Overflow) -> Self {
        let hint = "is larger than a 64-bit integer of the currency's smallest unit";
        Self::rule("amount", "amount_atom", "amount_too_large", hint)
    }
}

impl Input for Atoms {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        i64::read(value, at, faults).map(Self)
    }
}

impl JsonSchema for Atoms {
    fn schema_name() -> Cow<'static, str> {
        "Atoms".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "format": "int64"})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: Atoms = Atoms::new(i64::MAX);

    #[test]
    fn an_amount_is_nothing_or_more_or_less_than_it() {
        let signs = |atoms: i64| {
            let amount = Atoms::new(atoms);
            (amount.is_negative(), amount.is_zero(), amount.is_positive())
        };
        assert_eq!(signs(-1), (true, false, false));
        assert_eq!(signs(0), (false, true, false));
        assert_eq!(signs(1), (false, false, true));
    }

    #[test]
    fn an_exact_half_is_rounded_toward_minus_infinity() {
        let table = [
            (166_345, 1000, 166),
            (364_216, 1000, 364),
            (-25, 10, -3),
            (45, 10, 4),
            (75, 10, 7),
            (-166_345, 1000, -166),
            (-5, 10, -1),
            (5, 10, 0),
            (51, 100, 1),
            (-49, 100, 0),
            (25, -10, -3),
            (-25, -10, 2),
        ];
        for (numerator, denominator, nearest) in table {
            assert_eq!(rounded(numerator, denominator), Ok(Atoms::new(nearest)), "{numerator}");
        }
    }

    #[test]
    fn a_result_that_does_not_fit_is_an_error() {
        assert_eq!(rounded(1, 0), Err(Overflow));
        assert_eq!(rounded(i128::MIN, -1), Err(Overflow));
        assert_eq!(rounded(i128::MAX, 1), Err(Overflow));
        assert_eq!(rounded(i128::from(i64::MAX) * 2 + 1, 2), Ok(MOST));
        assert_eq!(MOST.plus(Atoms::new(1)), Err(Overflow));
        assert_eq!(Atoms::new(i64::MIN).minus(Atoms::new(1)), Err(Overflow));
        assert_eq!(Atoms::new(i64::MIN).negated(), Err(Overflow));
        assert_eq!(Atoms::sum([MOST, Atoms::new(1)]), Err(Overflow));
        assert_eq!(Error::from(Overflow).status(), 422);
    }

    #[test]
    fn only_the_result_of_a_sum_has_to_fit() {
        assert_eq!(Atoms::sum([MOST, MOST, MOST.negated().unwrap()]), Ok(MOST));
        assert_eq!(Atoms::sum([]), Ok(Atoms::ZERO));
    }

    #[test]
    fn an_amount_is_a_plain_integer_in_json() {
        assert_eq!(serde_json::to_string(&Atoms::new(-5)).unwrap(), "-5");
        assert_eq!(serde_json::from_str::<Atoms>("7").unwrap(), Atoms::new(7));
        let read = |json: Json| {
            Atoms::read(&json, &Location::body("price"), &mut Faults::default()).map(Atoms::get)
        };
        assert_eq!(read(Json::Number("1250".into())), Some(1250));
        assert_eq!(read(Json::Number("12.5".into())), None);
    }

    proptest! {
        #[test]
        fn rounding_is_within_a_half(numerator: i64, denominator in 1_i64..) {
            let (n, d) = (i128::from(numerator), i128::from(denominator));
            let off = 2 * (n - i128::from(rounded(n, d).unwrap().get()) * d);
            prop_assert!(-d < off && off <= d);
        }

        #[test]
        fn rounding_keeps_order(a: i64, b: i64, denominator in 1_i128..1000) {
            let [low, high] = [a.min(b), a.max(b)].map(|n| rounded(n.into(), denominator).unwrap());
            prop_assert!(low <= high);
        }
    }
}
