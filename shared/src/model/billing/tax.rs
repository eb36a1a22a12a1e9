//! The tax of one line, on what is left of it after discounts.

use crate::base::{
    input::choice,
    money::{Atoms, Decimal, Overflow, rounded},
};

choice! {
    /// Whether a price already has the tax in it.
    pub enum TaxBehavior {
        /// Tax is added to the price.
        Exclusive = "exclusive",
        /// The price has the tax in it.
        Inclusive = "inclusive",
    }
}

/// The tax on `discounted` at `rate` percent, rounded once: added to a net amount, or contained in a
/// gross one. Of a credit line it is negative.
pub fn tax(behavior: TaxBehavior, discounted: Atoms, rate: &Decimal) -> Result<Atoms, Overflow> {
    let hundred = 100 * Decimal::SCALE;
    let base = match behavior {
        TaxBehavior::Exclusive => hundred,
        TaxBehavior::Inclusive => hundred + rate.scaled(),
    };
    let taxed = rate.scaled().checked_mul(i128::from(discounted.get())).ok_or(Overflow)?;
    rounded(taxed, base)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{TaxBehavior::*, *};

    fn tax_of(behavior: TaxBehavior, amount: i64, rate: &str) -> i64 {
        tax(behavior, Atoms::new(amount), &rate.parse().unwrap()).unwrap().get()
    }

    #[test]
    fn exclusive_tax_is_added_and_inclusive_tax_is_contained() {
        assert_eq!(tax_of(Exclusive, 1000, "19"), 190);
        assert_eq!(tax_of(Inclusive, 1190, "19"), 190);
        assert_eq!(tax_of(Inclusive, 1000, "19"), 160);
        assert_eq!(tax_of(Exclusive, 1000, "8.875"), 89);
        assert_eq!(tax_of(Exclusive, 1000, "0"), 0);
        assert_eq!(tax_of(Inclusive, 1000, "100"), 500);
    }

    #[test]
    fn a_half_of_a_tax_goes_toward_minus_infinity() {
        assert_eq!(tax_of(Exclusive, 25, "10"), 2);
        assert_eq!(tax_of(Exclusive, -25, "10"), -3);
    }

    #[test]
    fn a_tax_that_does_not_fit_is_an_error() {
        let rate = |text: &str| text.parse::<Decimal>().unwrap();
        let most = Atoms::new(i64::MAX);
        assert_eq!(tax(Exclusive, most, &rate("100")), Ok(most));
        assert_eq!(tax(Exclusive, most, &rate("100.000001")), Err(Overflow));
        assert_eq!(tax(Exclusive, most, &rate("9223372036854775807")), Err(Overflow));
        assert_eq!(tax(Inclusive, Atoms::new(1), &rate("-100")), Err(Overflow));
    }

    proptest! {
        #[test]
        fn a_gross_amount_contains_less_tax_than_itself(
            gross in 0_i64..1_000_000_000_000, hundredths in 0_i64..10_000,
        ) {
            let rate = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            let contained = tax_of(Inclusive, gross, &rate);
            prop_assert!((0..=gross).contains(&contained));
            // The tax on what is left of it is the same, to the atom that two roundings may differ by.
            let again = tax_of(Exclusive, gross - contained, &rate);
            prop_assert!((again - contained).abs() <= 1);
        }
    }
}
