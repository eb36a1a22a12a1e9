//! Where the value of time goes that is not going to be used: as long as something of its invoice is
//! open, off that; what is more was paid, and is given back.

use super::Account;
use crate::base::money::{Atoms, Overflow};

/// What a credit for a line does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// What it takes off what is open of the line's invoice.
    pub reduced: Atoms,
    /// What it gives back of what was paid for the line.
    pub returned: Atoms,
}

impl Split {
    /// The whole credit.
    pub fn amount(&self) -> Result<Atoms, Overflow> {
        self.reduced.plus(self.returned)
    }
}

impl Account {
    /// What becomes of a credit of `value` for the line at `index`, less what was given back of that
    /// line already. It is smaller where neither is anything open nor was it paid: nobody gets back
    /// what nobody paid.
    pub fn credit(&self, index: usize, value: Atoms) -> Result<Split, Overflow> {
        let Some(entry) = self.entries.get(index) else { return Ok(Split::default()) };
        let value = value.minus(entry.gone()?)?.max(Atoms::ZERO);
        let room = entry.owed()?.minus(entry.returned)?.max(Atoms::ZERO);
        let reduced = value.min(self.open.max(Atoms::ZERO)).min(room);
        let after = self.clone().reduced(index, reduced)?;
        let most = after.returnable()?.get(index).copied().unwrap_or_default();
        Ok(Split { reduced, returned: value.minus(reduced)?.min(most) })
    }

    /// The account after a credit for the line at `index`.
    pub fn credited(self, index: usize, split: Split) -> Result<Self, Overflow> {
        let mut after = self.reduced(index, split.reduced)?;
        if let Some(entry) = after.entries.get_mut(index) {
            entry.returned = entry.returned.plus(split.returned)?;
        }
        Ok(after)
    }

    /// The account after `amount` of what is open was taken off the line at `index`.
    fn reduced(mut self, index: usize, amount: Atoms) -> Result<Self, Overflow> {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.reduced = entry.reduced.plus(amount)?;
            self.open = self.open.minus(amount)?;
        }
        Ok(self)
    }

    /// How all that is open is taken off the lines: what nobody is going to pay.
    pub fn closed(&self) -> Result<Vec<Atoms>, Overflow> {
        let paid = self.paid()?.into_iter().zip(&self.entries);
        let unpaid: Vec<Atoms> =
            paid.map(|(paid, entry)| entry.owed()?.minus(paid)).collect::<Result<_, _>>()?;
        let all = Atoms::sum(unpaid.iter().copied())?;
        super::split(self.open.min(all).max(Atoms::ZERO), &unpaid)
    }
}
