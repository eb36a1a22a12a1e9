//! What a cancellation gives back of an invoice, and what becomes of what is still open of it.

use super::Account;
use crate::base::{
    input::choice,
    money::{Atoms, Overflow},
    time::Timestamp,
};

choice! {
    /// What a cancellation gives back.
    pub enum RefundOption {
        /// Nothing.
        None = "none",
        /// What was paid for the current period.
        Full = "full",
        /// The part of it that is left.
        Prorated = "prorated",
        /// Nothing, but what is not paid yet is no longer owed.
        CancelUnpaid = "cancel_unpaid",
    }
}

/// What becomes of what is open of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is still owed, as before.
    Kept,
    /// It is not owed any more.
    Closed,
    /// It is owed, and nobody collects it any longer.
    WrittenOff,
}

/// What a cancellation does to an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivesBack {
    /// What it takes off what is open, line by line.
    pub reduced: Vec<Atoms>,
    /// What it gives back of what was paid, line by line.
    pub returned: Vec<Atoms>,
    /// What becomes of the rest of what is open.
    pub fate: Fate,
}

impl GivesBack {
    /// All that is given back.
    pub fn amount(&self) -> Result<Atoms, Overflow> {
        Atoms::sum(self.returned.iter().copied())
    }
}

/// What a cancellation at `at` does to an invoice. Done again, it does nothing.
pub fn fate(account: &Account, option: RefundOption, at: Timestamp) -> Result<GivesBack, Overflow> {
    let nothing = || vec![Atoms::ZERO; account.entries.len()];
    let holds = account.entries.iter().any(|entry| entry.span.is_some_and(|s| s.contains(at)));
    let given = |reduced, returned, fate| Ok(GivesBack { reduced, returned, fate });
    match option {
        RefundOption::None => given(nothing(), nothing(), Fate::Kept),
        RefundOption::CancelUnpaid => given(account.closed()?, nothing(), Fate::Closed),
        RefundOption::Full if holds => given(account.closed()?, account.current(at)?, Fate::Closed),
        RefundOption::Full => given(nothing(), nothing(), Fate::WrittenOff),
        RefundOption::Prorated => {
            let reduced = unused_open(account, at)?;
            given(reduced, account.unused(at)?, Fate::WrittenOff)
        }
    }
}

/// What is open for the time that is left, line by line.
fn unused_open(account: &Account, at: Timestamp) -> Result<Vec<Atoms>, Overflow> {
    use crate::model::billing::proration::Fraction;
    let open = account.closed()?.into_iter().zip(&account.entries);
    open.map(|(open, entry)| match entry.span.filter(|span| span.contains(at)) {
        Some(span) => Fraction::remaining(span, at).debit(open),
        None => Ok(Atoms::ZERO),
    })
    .collect()
}
