//! The tax of one line, on what is left of it after discounts.

use crate::{
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
