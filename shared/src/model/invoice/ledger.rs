//! An invoice as the ledger of giving back sees it (`billing::ledger`).
//!
//! What settled an invoice is what was paid, the credit balance it used, and what credits on it were
//! worth that went nowhere else: they gave it what was paid for other lines.

use super::{Invoice, InvoiceItem, InvoiceState};
use crate::{
    base::{
        error::Error,
        id::InvoiceItemId,
        money::{Atoms, Overflow},
        time::Timestamp,
    },
    model::billing::ledger::{Account, Entry, Split},
};

impl InvoiceItem {
    /// What the line comes to, with tax.
    pub fn total(&self) -> Result<Atoms, Overflow> {
        self.net()?.plus(self.added_tax()?)
    }

    /// The line as the ledger sees it.
    pub fn entry(&self) -> Result<Entry, Overflow> {
        let charges = !self.settles && self.credit_of.is_none();
        Ok(Entry {
            price: if charges { self.total()?.max(Atoms::ZERO) } else { Atoms::ZERO },
            reduced: self.reduced_amount_atom,
            returned: self.given_back_amount_atom,
            span: self.span(),
        })
    }

    /// The line after a credit for it.
    pub fn credited(&mut self, split: Split) -> Result<(), Overflow> {
        self.reduced_amount_atom = self.reduced_amount_atom.plus(split.reduced)?;
        self.given_back_amount_atom = self.given_back_amount_atom.plus(split.returned)?;
        Ok(())
    }
}

/// What lines that credit other lines are worth, less what they took off what is open elsewhere and
/// what went to the balance.
fn carried(items: &[InvoiceItem]) -> Result<Atoms, Overflow> {
    let of = items.iter().filter(|item| item.settles || item.credit_of.is_some());
    let sum = Atoms::sum(of.map(InvoiceItem::total).collect::<Result<Vec<_>, _>>()?)?;
    Ok(sum.negated()?.max(Atoms::ZERO))
}

impl Invoice {
    /// The invoice as the ledger sees it.
    pub fn account(&self) -> Result<Account, Overflow> {
        let entries = self.items.iter().map(InvoiceItem::entry).collect::<Result<_, _>>()?;
        let settled = match self.state {
            InvoiceState::Void => self.paid_amount_atom,
            _ => self
                .paid_amount_atom
                .plus(self.credit_applied_amount_atom)?
                .plus(carried(&self.items)?)?,
        };
        Ok(Account { entries, settled, open: self.due_amount_atom })
    }

    /// What of it was settled by credits for other lines.
    pub fn carried(&self) -> Result<Atoms, Overflow> {
        carried(&self.items)
    }

    /// What of the value that credits on it gave it was given back of its own lines already: what was
    /// paid for it is given back first. What lines on it credit of one another is no such value.
    pub fn carried_given_back(&self) -> Result<Atoms, Overflow> {
        let is_own = |item: &&InvoiceItem| {
            let of = item.credit_of.as_ref().filter(|_| !item.settles);
            of.is_some_and(|of| of.invoice_id.is_none())
        };
        let own = self.items.iter().filter(is_own).map(InvoiceItem::total);
        let own = Atoms::sum(own.collect::<Result<Vec<_>, _>>()?)?.negated()?;
        let given = Atoms::sum(self.items.iter().map(|item| item.given_back_amount_atom))?;
        let paid = self.paid_amount_atom.plus(self.credit_applied_amount_atom)?;
        let given = given.minus(own)?.minus(paid)?.max(Atoms::ZERO);
        Ok(given.min(self.carried()?.minus(own)?.max(Atoms::ZERO)))
    }

    /// Whether some of its payments were not given back.
    pub fn keeps_money(&self) -> bool {
        let given = self.refunded_amount_atom.plus(self.credited_amount_atom);
        given.is_ok_and(|given| given < self.paid_amount_atom)
    }

    /// Whether anything that was paid of it has been given back to the payer, or is going to be.
    pub fn has_refunds(&self) -> bool {
        self.refunded_amount_atom.is_positive()
    }

    /// What credit notes gave back of it.
    pub fn credited_back(&self) -> Atoms {
        self.credited_amount_atom
    }

    /// What the customer's credit balance paid of it.
    pub fn credit_applied(&self) -> Atoms {
        self.credit_applied_amount_atom
    }

    /// What was paid of it, and not refunded.
    pub(crate) fn money_kept(&self) -> Result<Atoms, Overflow> {
        self.paid_amount_atom.minus(self.refunded_amount_atom)
    }

    /// When it was clear that it will not be paid: it is void or written off.
    pub fn given_up_at(&self) -> Option<Timestamp> {
        match self.state {
            InvoiceState::Void => self.voided_at,
            InvoiceState::Uncollectible => self.marked_uncollectible_at,
            _ => None,
        }
    }

    /// What goes back to its customer's balance when it is voided: what that paid of it, and was not
    /// given back yet.
    pub fn returned_by_voiding(&self) -> Result<Atoms, Overflow> {
        let own = self.credit_applied_amount_atom.plus(self.paid_amount_atom)?;
        let own = own.minus(self.refunded_amount_atom)?.minus(self.credited_amount_atom)?;
        Ok(own.min(self.account()?.all_returnable()?).max(Atoms::ZERO))
    }

    /// The invoice with nothing left to be paid, because nobody is going to: that is taken off its
    /// lines.
    pub fn closed(&self, now: Timestamp) -> Result<Self, Error> {
        let open = self.account()?.closed()?;
        self.given_back(&open, &vec![Atoms::ZERO; open.len()], now)
    }

    /// Whether it is a draft for time that is over at `at`, which becomes final by itself: what was used is
    /// owed, also where nobody has been told yet. One that a pause holds bills time that may never have been
    /// used.
    pub fn bills_what_is_over(&self, at: Timestamp) -> bool {
        let is_over = self.period_end.is_some_and(|end| end <= at);
        let becomes_final = self.collection.finalize_at.is_some();
        self.state == InvoiceState::Draft && becomes_final && is_over
    }

    /// Where a line is.
    pub fn place(&self, line: &InvoiceItemId) -> Option<usize> {
        self.items.iter().position(|item| item.id == *line)
    }

    /// The invoice after what is open of it was reduced and what was paid given back, line by line.
    /// Where nothing is left to be paid, it is paid.
    pub fn given_back(
        &self,
        reduced: &[Atoms],
        returned: &[Atoms],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut after = self.clone();
        let amounts = reduced.iter().copied().zip(returned.iter().copied());
        for (item, (reduced, returned)) in after.items.iter_mut().zip(amounts) {
            item.credited(Split { reduced, returned })?;
        }
        let after = after.totalled()?;
        let settled = after.due_amount_atom.is_zero() && !self.due_amount_atom.is_zero();
        match settled && after.state.is_payable() {
            true => after.fully_paid(now),
            false => Ok(after),
        }
    }

    /// The invoice after a credit for one of its lines.
    pub fn line_credited(&self, place: usize, split: Split, now: Timestamp) -> Result<Self, Error> {
        let of = |amount| {
            let amounts = (0..self.items.len()).map(move |index| match index == place {
                true => amount,
                false => Atoms::ZERO,
            });
            amounts.collect::<Vec<_>>()
        };
        self.given_back(&of(split.reduced), &of(split.returned), now)
    }

    /// The invoice after `amount`, which a credit took off what was open of a line, is open again. One that
    /// nobody collects any longer stays as it is.
    pub fn line_owed_again(&self, line: &InvoiceItemId, amount: Atoms) -> Result<Self, Error> {
        let mut after = self.clone();
        let found = after.items.iter_mut().find(|item| item.id == *line);
        let Some(item) = found.filter(|_| self.state.is_collected()) else { return Ok(after) };
        let left = item.reduced_amount_atom.minus(amount)?;
        item.reduced_amount_atom = left.max(Atoms::ZERO);
        Ok(after.totalled()?)
    }

    /// The invoice after `amount`, which was given back of a line, was not given back after all.
    pub fn line_kept(&self, line: &InvoiceItemId, amount: Atoms) -> Result<Self, Error> {
        let mut after = self.clone();
        for item in after.items.iter_mut().filter(|item| item.id == *line) {
            let left = item.given_back_amount_atom.minus(amount)?;
            item.given_back_amount_atom = left.max(Atoms::ZERO);
        }
        Ok(after)
    }
}
