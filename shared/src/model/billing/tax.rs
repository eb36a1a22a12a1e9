//! The tax of one rate on several lines, on what is left of them after discounts.
//!
//! It is computed once, on the sum of the lines, and then shared out over them: taxes rounded line by
//! line do not add up to the tax of the sum, and in a currency without decimals two lines are enough
//! for an e-invoice to be refused.

use crate::base::{
    input::choice,
    money::{Atoms, Decimal, Overflow, rounded_by_size},
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

/// A rate as it counts on some lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Levy {
    /// In percent.
    pub rate: Decimal,
    /// Where the lines have their tax in them: the sum of all rates that are in them, this one
    /// included.
    pub contained: Option<Decimal>,
}

/// What a line is to the tax on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// It takes what rounding leaves over, where it is the last such line.
    Open(Atoms),
    /// It takes none of that.
    Closed(Atoms),
    /// Its tax is settled; its amount, and its tax.
    Settled(Atoms, Atoms),
    /// It gives back of the line at this place among them: the tax of that, as much as it gives back.
    Credit(Atoms, usize),
}

impl Base {
    /// The line's amount after discount.
    fn amount(self) -> i128 {
        let (Self::Open(amount)
        | Self::Closed(amount)
        | Self::Settled(amount, _)
        | Self::Credit(amount, _)) = self;
        i128::from(amount.get())
    }
}

/// What the credits among `lines` give back of the one at `place`: below zero.
fn credits_of(lines: &[Base], place: usize) -> i128 {
    let credits = lines.iter().filter(|line| matches!(line, Base::Credit(_, of) if *of == place));
    credits.map(|line| line.amount()).sum()
}

impl Levy {
    /// What the tax on an amount is, as a fraction.
    fn of(self, amount: i128) -> Result<(i128, i128), Overflow> {
        let base = 100 * Decimal::SCALE + self.contained.map_or(0, Decimal::scaled);
        Ok((self.rate.scaled().checked_mul(amount).ok_or(Overflow)?, base))
    }

    /// The tax on a sum, rounded once; an exact half goes away from zero.
    fn on(self, amount: i128) -> Result<Atoms, Overflow> {
        let (taxed, base) = self.of(amount)?;
        rounded_by_size(taxed, base)
    }

    /// The tax on `lines` together, as each of them bears it.
    ///
    /// Each share is cut off to a whole amount, and what is then left of the tax on the sum goes to the
    /// last open line that is not zero; where none is open, to the last closed one of which its credits
    /// leave something. Credits are below zero, and so is their tax; those that give a line back
    /// whole give back its tax, to the atom.
    pub fn shares(self, lines: &[Base]) -> Result<Vec<Atoms>, Overflow> {
        let whole = self.on(lines.iter().map(|line| line.amount()).sum())?;
        let share = |line: &Base| match line {
            Base::Settled(_, tax) => Ok(*tax),
            Base::Credit(..) => Ok(Atoms::ZERO),
            Base::Open(_) | Base::Closed(_) => {
                let (taxed, base) = self.of(line.amount())?;
                let cut = taxed.checked_div(base).ok_or(Overflow)?;
                i64::try_from(cut).map(Atoms::new).map_err(|_| Overflow)
            }
        };
        let mut shares: Vec<Atoms> = lines.iter().map(share).collect::<Result<_, _>>()?;
        let own = shares.clone();
        for (place, line) in lines.iter().enumerate() {
            let Base::Credit(_, of) = line else { continue };
            let tax = own.get(*of).copied().unwrap_or_default();
            let whole = lines.get(*of).map_or(0, |line| line.amount());
            let before = credits_of(lines.get(..place).unwrap_or_default(), *of);
            let given = cut(tax, before + line.amount(), whole)?.minus(cut(tax, before, whole)?)?;
            if let Some(share) = shares.get_mut(place) {
                *share = given;
            }
        }
        let rest = whole.minus(Atoms::sum(shares.iter().copied())?)?;
        let last = |of: fn(&Base) -> bool| {
            let left = |place, line: &Base| line.amount() + credits_of(lines, place) != 0;
            lines.iter().enumerate().rposition(|(place, line)| of(line) && left(place, line))
        };
        let place = last(|line| matches!(line, Base::Open(_)))
            .or_else(|| last(|line| matches!(line, Base::Closed(_))))
            .or_else(|| last(|_| true));
        if let Some(share) = place.and_then(|place| shares.get_mut(place)) {
            *share = share.plus(rest)?;
        }
        Ok(shares)
    }
}

/// The share of `tax` that goes with `part` of `whole`, cut off to a whole amount; none of nothing.
fn cut(tax: Atoms, part: i128, whole: i128) -> Result<Atoms, Overflow> {
    let product = i128::from(tax.get()).checked_mul(part).ok_or(Overflow)?;
    let share = product.checked_div(whole).unwrap_or(0);
    i64::try_from(share).map(Atoms::new).map_err(|_| Overflow)
}

/// The part of `tax` that goes with `amount` more of a line that comes to `whole`, of which `before`
/// has been taken already: however many parts a line is taken in, their taxes come to its tax.
pub fn part(tax: Atoms, whole: Atoms, before: Atoms, amount: Atoms) -> Result<Atoms, Overflow> {
    if whole.is_zero() {
        return Ok(Atoms::ZERO);
    }
    let up_to = |taken: Atoms| {
        let product = i128::from(tax.get()).checked_mul(i128::from(taken.get()));
        rounded_by_size(product.ok_or(Overflow)?, i128::from(whole.get()))
    };
    up_to(before.plus(amount)?)?.minus(up_to(before)?)
}

#[cfg(test)]
mod tests;
