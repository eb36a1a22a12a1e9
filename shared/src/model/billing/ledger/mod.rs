//! The ledger of what was billed: of each line what it came to, what of that was paid, and what was
//! given back. Every way of giving something back draws on it.
//!
//! | question | file |
//! |---|---|
//! | what of a line was paid, and what can still be given back of it | here |
//! | where the value of unused time goes: off what is open, or back | `credit` |
//! | what a cancellation gives back, and what happens to what is open | `ending` |
//!
//! A line that charges something is an [`Entry`]. Its *price* is what it billed, after discount and
//! with tax. Credits take two ways: as long as something of the invoice is open, they *reduce* it
//! before it is paid; only what was paid is *returned*. What settled an invoice (money, credit, and
//! what other lines gave it) is divided over its entries in proportion to what is left of each after
//! reductions. So for every line, whatever happens:
//!
//! `reduced + returned ≤ price` and `returned ≤ paid`.

mod credit;
mod ending;

pub use self::{
    credit::Split,
    ending::{Fate, GivesBack, RefundOption, fate},
};
use crate::{
    base::{
        money::{Atoms, Overflow},
        time::Timestamp,
    },
    model::billing::{cycle::Period, discount::split, proration::Fraction},
};

/// A line that charges something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What it billed, after discount and with tax; 0 for a line that charges nothing.
    pub price: Atoms,
    /// What credits took off it before it was paid.
    pub reduced: Atoms,
    /// What was given back of what was paid for it.
    pub returned: Atoms,
    /// The time it bills; none for what is sold once.
    pub span: Option<Period>,
}

impl Entry {
    /// What is to be paid for it.
    fn owed(&self) -> Result<Atoms, Overflow> {
        Ok(self.price.minus(self.reduced)?.max(Atoms::ZERO))
    }

    /// What a cancellation at `at` credits of it while it waits to be invoiced.
    pub fn unbilled(&self, option: RefundOption, at: Timestamp) -> Result<Atoms, Overflow> {
        let Some(span) = self.span.filter(|span| span.contains(at)) else {
            return Ok(Atoms::ZERO);
        };
        let value = match option {
            RefundOption::None | RefundOption::CancelUnpaid => return Ok(Atoms::ZERO),
            RefundOption::Full => self.price,
            RefundOption::Prorated => Fraction::remaining(span, at).debit(self.price)?,
        };
        Ok(value.minus(self.gone()?)?.max(Atoms::ZERO))
    }

    /// What was given back of it in either way.
    fn gone(&self) -> Result<Atoms, Overflow> {
        self.reduced.plus(self.returned)
    }
}

/// An invoice as the ledger sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its lines, in their order.
    pub entries: Vec<Entry>,
    /// What settled it: payments, credit, and credits on it for time that was paid elsewhere.
    pub settled: Atoms,
    /// What is still to be paid.
    pub open: Atoms,
}

impl Account {
    /// What was paid for each line: its part of what settled the invoice, in proportion to what is owed
    /// for it. What was given back of a line was paid for that line, also where another line was reduced
    /// since, so that its part would be less by now; the others then share the rest.
    pub fn paid(&self) -> Result<Vec<Atoms>, Overflow> {
        let mut owed: Vec<Atoms> =
            self.entries.iter().map(Entry::owed).collect::<Result<_, _>>()?;
        let all = Atoms::sum(owed.iter().copied())?;
        let mut left = self.settled.min(all).max(Atoms::ZERO);
        let mut paid = vec![Atoms::ZERO; owed.len()];
        loop {
            let shares = split(left, &owed)?;
            let mut is_short = false;
            let lines = self.entries.iter().zip(owed.iter_mut()).zip(paid.iter_mut());
            for (((entry, owed), paid), share) in lines.zip(&shares) {
                if owed.is_positive() && entry.returned > *share {
                    *owed = Atoms::ZERO;
                    *paid = entry.returned.min(left);
                    left = left.minus(*paid)?;
                    is_short = true;
                }
            }
            if !is_short {
                for (paid, share) in paid.iter_mut().zip(shares) {
                    *paid = paid.plus(share)?;
                }
                return Ok(paid);
            }
        }
    }

    /// What can still be given back of each line.
    pub fn returnable(&self) -> Result<Vec<Atoms>, Overflow> {
        let paid = self.paid()?.into_iter().zip(&self.entries);
        paid.map(|(paid, entry)| Ok(paid.minus(entry.returned)?.max(Atoms::ZERO))).collect()
    }

    /// What can still be given back in all.
    pub fn all_returnable(&self) -> Result<Atoms, Overflow> {
        Atoms::sum(self.returnable()?)
    }

    /// What was paid for the time of each line that is left at `at`, and not given back yet. Lines
    /// whose time does not hold that instant have none left.
    pub fn unused(&self, at: Timestamp) -> Result<Vec<Atoms>, Overflow> {
        let returnable = self.returnable()?;
        let paid = self.paid()?.into_iter().zip(&self.entries).zip(returnable);
        paid.map(|((paid, entry), most)| {
            let Some(span) = entry.span.filter(|span| span.contains(at)) else {
                return Ok(Atoms::ZERO);
            };
            let left = Fraction::remaining(span, at).debit(paid.plus(entry.reduced)?)?;
            Ok(left.minus(entry.gone()?)?.max(Atoms::ZERO).min(most))
        })
        .collect()
    }

    /// What was paid for the lines whose time holds `at`, and not given back yet.
    pub fn current(&self, at: Timestamp) -> Result<Vec<Atoms>, Overflow> {
        let returnable = self.returnable()?.into_iter().zip(&self.entries);
        let holds = |entry: &Entry| entry.span.is_some_and(|span| span.contains(at));
        Ok(returnable.map(|(most, entry)| if holds(entry) { most } else { Atoms::ZERO }).collect())
    }

    /// How `amount`, which is given back of the invoice and of no line in particular, is divided over
    /// its lines; what is more than all of them can give is left out.
    pub fn spread(&self, amount: Atoms) -> Result<Vec<Atoms>, Overflow> {
        let returnable = self.returnable()?;
        let all = Atoms::sum(returnable.iter().copied())?;
        split(amount.min(all).max(Atoms::ZERO), &returnable)
    }

    /// The account after `amounts`, line by line, were given back.
    pub fn returned(mut self, amounts: &[Atoms]) -> Result<Self, Overflow> {
        for (entry, amount) in self.entries.iter_mut().zip(amounts) {
            entry.returned = entry.returned.plus(*amount)?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
