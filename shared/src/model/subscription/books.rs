//! The invoices whose lines a change of a subscription gives back, as they are and as they will be.

use std::collections::BTreeMap;

use super::Billed;
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, InvoiceItemId},
        money::{Atoms, Overflow},
        time::Timestamp,
    },
    model::{
        billing::ledger::{RefundOption, Split, fate},
        invoice::{CreditedLine, Invoice, InvoiceItem, InvoiceState, UnmetCredit},
    },
};

/// The lines that can be given back, and where they are.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Each invoice as it is stored, and as it will be.
    pub(crate) invoices: BTreeMap<InvoiceId, (Invoice, Invoice)>,
    /// The lines that wait for the next renewal.
    pub(crate) waiting: Vec<InvoiceItem>,
    /// Whether a line was credited that still waits.
    pub(crate) credits_waiting: bool,
    /// Credits that came to less because their lines had been refunded.
    pub(crate) unmet: Vec<(InvoiceId, UnmetCredit)>,
    /// Lines that wait and bill the time of other lines again, to the end of that time; and which lines
    /// those are.
    pub(crate) again: Vec<(InvoiceItemId, InvoiceItem)>,
}

impl Books {
    /// What the invoice with this id is called.
    pub(crate) fn number(&self, id: &InvoiceId) -> Option<&str> {
        self.invoices.get(id).and_then(|(_, after)| after.number())
    }

    /// The invoices that go over into another state, as they will be.
    pub(crate) fn moved(&self) -> impl Iterator<Item = &Invoice> {
        let moved =
            self.invoices.values().filter(|(before, after)| before.state() != after.state());
        moved.map(|(_, after)| after)
    }

    /// The line that was billed last, as it is by now.
    fn line(&self, billed: &Billed) -> Option<&InvoiceItem> {
        let line = billed.line()?;
        match billed.invoice() {
            Some(id) => {
                let (_, invoice) = self.invoices.get(id)?;
                invoice.items().get(invoice.place(line)?)
            }
            None => self.waiting.iter().find(|item| item.id == *line),
        }
    }

    /// Whether what was last billed is on an invoice that is paid: that never turns void.
    pub(crate) fn is_final(&self, billed: &Billed) -> bool {
        let found = billed.invoice().and_then(|id| self.invoices.get(id));
        found.is_some_and(|(before, _)| before.state() == InvoiceState::Paid)
    }

    /// What is gone already of what was last billed.
    pub(crate) fn gone(&self, billed: &Billed) -> Result<Atoms, Overflow> {
        self.line(billed).map_or(Ok(Atoms::ZERO), InvoiceItem::gone)
    }

    /// A line of an invoice, as it is by now.
    pub(crate) fn item(&self, id: &InvoiceId, place: usize) -> Option<&InvoiceItem> {
        self.invoices.get(id).and_then(|(_, invoice)| invoice.items().get(place))
    }

    /// What a credit of `value` for what was last billed comes to; it is written down.
    pub(crate) fn credit(
        &mut self,
        billed: &Billed,
        value: Atoms,
        now: Timestamp,
    ) -> Result<(Split, Option<CreditedLine>), Error> {
        let Some(line) = billed.line() else {
            return Ok((Split { reduced: Atoms::ZERO, returned: value }, None));
        };
        let of =
            CreditedLine { invoice_id: billed.invoice().cloned(), invoice_item_id: line.clone() };
        let split = match billed.invoice() {
            Some(id) => self.credit_invoiced(id, &of, value, now)?,
            None => self.credit_waiting(&of, value)?,
        };
        Ok((split, Some(of)))
    }

    fn credit_invoiced(
        &mut self,
        id: &InvoiceId,
        of: &CreditedLine,
        value: Atoms,
        now: Timestamp,
    ) -> Result<Split, Error> {
        let Some((_, invoice)) = self.invoices.get_mut(id) else { return Ok(Split::default()) };
        let Some(place) = invoice.place(&of.invoice_item_id) else { return Ok(Split::default()) };
        let split = invoice.account()?.credit(place, value)?;
        *invoice = invoice.line_credited(place, split, now)?;
        if invoice.has_refunds() && split.amount()? < value {
            let invoice_item_id = of.invoice_item_id.clone();
            let unmet = UnmetCredit { invoice_item_id, value_atom: value, invoice_id: None };
            self.unmet.push((id.clone(), unmet));
        }
        Ok(split)
    }

    /// Writes on the invoices what the change, which has this invoice of its own or none, could not credit.
    pub(crate) fn note_unmet(&mut self, change: Option<&InvoiceId>) {
        for (id, unmet) in std::mem::take(&mut self.unmet) {
            if let Some((_, invoice)) = self.invoices.get_mut(&id) {
                let invoice_id = change.cloned();
                *invoice = invoice.with_unmet(UnmetCredit { invoice_id, ..unmet });
            }
        }
    }

    /// A line that waits is credited on the invoice that it waits for.
    fn credit_waiting(&mut self, of: &CreditedLine, value: Atoms) -> Result<Split, Overflow> {
        let own = self.waiting.iter_mut().find(|item| item.id == of.invoice_item_id);
        let Some(item) = own else { return Ok(Split::default()) };
        let left = item.entry()?.price.minus(item.given_back_amount_atom)?;
        let returned = value.minus(item.given_back_amount_atom)?.min(left).max(Atoms::ZERO);
        item.given_back_amount_atom = item.given_back_amount_atom.plus(returned)?;
        self.credits_waiting |= returned.is_positive();
        Ok(Split { reduced: Atoms::ZERO, returned })
    }

    /// Takes back what the credits of an invoice that counts no longer gave back of others. What of that
    /// was given back of its own lines since is with the payer, and stays given back.
    pub(crate) fn release_of(&mut self, void: &Invoice) -> Result<(), Error> {
        self.release(void.items(), void.carried_given_back()?)
    }

    /// Takes back what the credits among lines that count no longer gave back of invoices, but for
    /// `spent` of it. What they took off what was open stays off.
    pub(crate) fn release(&mut self, void: &[InvoiceItem], spent: Atoms) -> Result<(), Error> {
        let mut credits: BTreeMap<_, Atoms> = BTreeMap::new();
        for line in void {
            let Some(of) = &line.credit_of else { continue };
            let Some(id) = &of.invoice_id else { continue };
            let sum = credits.entry((id, &of.invoice_item_id)).or_default();
            *sum = sum.minus(line.total()?)?;
        }
        let mut spent = spent;
        for ((id, line), whole) in credits {
            let amount = whole.minus(spent)?.max(Atoms::ZERO);
            spent = spent.minus(whole)?.max(Atoms::ZERO);
            if let Some((_, invoice)) = self.invoices.get_mut(id) {
                *invoice = invoice.line_kept(line, amount)?;
            }
        }
        Ok(())
    }

    /// What a cancellation gives back of lines: of which invoice, which line, and how much.
    pub(crate) fn given_back_by(
        &self,
        option: RefundOption,
        at: Timestamp,
    ) -> Result<Vec<(InvoiceId, usize, Atoms)>, Overflow> {
        let mut all = Vec::new();
        for (id, (_, invoice)) in &self.invoices {
            let lines = fate(&invoice.account()?, option, at)?.returned.into_iter().enumerate();
            all.extend(lines.map(|(place, amount)| (id.clone(), place, amount)));
        }
        Ok(all)
    }

    /// Gives `amount` back of what was paid for a line, by a credit for it.
    pub(crate) fn give(
        &mut self,
        id: &InvoiceId,
        place: usize,
        amount: Atoms,
        now: Timestamp,
    ) -> Result<Option<CreditedLine>, Error> {
        let Some((_, invoice)) = self.invoices.get_mut(id) else { return Ok(None) };
        let split = Split { reduced: Atoms::ZERO, returned: amount };
        *invoice = invoice.line_credited(place, split, now)?;
        let line = invoice.items().get(place).map(|item| item.id.clone());
        Ok(line
            .map(|invoice_item_id| CreditedLine { invoice_id: Some(id.clone()), invoice_item_id }))
    }
}
