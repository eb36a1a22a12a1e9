//! What a change in the middle of a period gives back and charges.
//!
//! The part of a period that is left is an exact ratio of whole seconds, over the *whole* period and
//! never over a remainder of it. The credit for the old and the debit for the new are rounded each on
//! its own, so that each is a number that can be stored, shown and added up.

use super::cycle::Period;
use crate::{
    money::{Atoms, Overflow, rounded},
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

    /// Whether nothing is left: a change makes no lines.
    pub const fn is_zero(self) -> bool {
        self.left == 0
    }

    /// What is given back of `billed`, the amount last billed for the period: a negative amount.
    pub fn credit(self, billed: Atoms) -> Result<Atoms, Overflow> {
        self.of(-i128::from(billed.get()))
    }

    /// What is charged of `new`, the amount for a whole period.
    pub fn debit(self, new: Atoms) -> Result<Atoms, Overflow> {
        self.of(i128::from(new.get()))
    }

    fn of(self, amount: i128) -> Result<Atoms, Overflow> {
        rounded(amount * i128::from(self.left), i128::from(self.whole))
    }
}
