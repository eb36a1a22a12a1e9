//! What a discount takes off each line.
//!
//! The whole is computed once and then split, so that the shares add up to what the invoice says. Only
//! lines that charge something are reduced: a credit line already gives back what was billed *after*
//! its discount.

use crate::money::{Atoms, Overflow, rounded};

/// What a discount takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
