//! A credit note for usage that was billed too much: what it gives back of which lines, and what that was
//! before discount and tax.

use serde::{Deserialize, Serialize};

use super::{Invoice, InvoiceItem, ReturnedPart};
use crate::{
    base::{
        error::Error,
        id::InvoiceItemId,
        money::{Atoms, Overflow, rounded},
    },
    model::billing::discount::split,
};

/// What was given back of a line of usage because it billed too much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectedLine {
    /// The line.
    pub(crate) invoice_item_id: InvoiceItemId,
    /// How much was given back: after discount, with tax.
    pub(crate) amount_atom: Atoms,
    /// What that is of what the line charged before discount and tax.
    pub(crate) charged_atom: Atoms,
}

/// A credit note as it counts on its invoice.
#[derive(Debug)]
pub(crate) struct NoteCounted {
    /// The invoice with it.
    pub(crate) invoice: Invoice,
    /// What it gives back of each line.
    pub(crate) parts: Vec<ReturnedPart>,
    /// What of that corrects usage.
    pub(crate) corrects: Vec<CorrectedLine>,
}

impl Invoice {
    /// What was given back of a line because it billed too much usage.
    pub(crate) fn corrected_of(&self, line: &InvoiceItemId) -> CorrectedLine {
        let found = self.collection.corrected.iter().find(|one| one.invoice_item_id == *line);
        found.cloned().unwrap_or_else(|| CorrectedLine {
            invoice_item_id: line.clone(),
            amount_atom: Atoms::ZERO,
            charged_atom: Atoms::ZERO,
        })
    }

    /// What of its credit notes was for usage that was billed too much.
    pub(super) fn all_corrected(&self) -> Result<Atoms, Overflow> {
        Atoms::sum(self.collection.corrected.iter().map(|one| one.amount_atom))
    }

    /// What of `charged`, which a line of usage charged before discount and tax and does not count as
    /// corrected yet, is after discount and with tax.
    pub(super) fn worth(&self, line: &InvoiceItem, charged: Atoms) -> Result<Atoms, Overflow> {
        let (total, all) = self.uncorrected(line)?;
        share(total, charged.min(all), all)
    }

    /// What of a line is not corrected: after discount with tax, and before both.
    fn uncorrected(&self, line: &InvoiceItem) -> Result<(Atoms, Atoms), Overflow> {
        let before = self.corrected_of(&line.id);
        let total = line.total()?.minus(before.amount_atom)?;
        Ok((total, line.amount_atom.minus(before.charged_atom)?))
    }

    /// The invoice with a credit note of `amount` for it. As far as lines bill more usage than there was
    /// (`over`, before discount and tax), it is for that; what is more is divided over all lines. One that
    /// says that it `corrects` usage is for lines of usage and no others.
    pub(crate) fn credited_for(
        &self,
        amount: Atoms,
        corrects: bool,
        over: &[(InvoiceItemId, Atoms)],
    ) -> Result<NoteCounted, Error> {
        self.must_hold(amount, "credit note")?;
        let left = self.account()?.returnable()?;
        let usage: Vec<Atoms> = self
            .items
            .iter()
            .zip(left)
            .map(|(line, left)| if line.is_usage() { left } else { Atoms::ZERO })
            .collect();
        if corrects {
            must_hold_usage(amount, Atoms::sum(usage.iter().copied())?)?;
        }
        let mut rest = amount;
        let mut parts = vec![Atoms::ZERO; usage.len()];
        for (id, over) in over {
            let Some(place) = self.place(id) else { continue };
            let found = self.items.get(place).zip(usage.get(place)).zip(parts.get_mut(place));
            let Some(((line, most), part)) = found else { continue };
            *part = self.worth(line, *over)?.min(*most).min(rest).max(Atoms::ZERO);
            rest = rest.minus(*part)?;
        }
        if corrects {
            let room = usage.iter().zip(&parts).map(|(most, part)| most.minus(*part));
            let more = split(rest, &room.collect::<Result<Vec<_>, _>>()?)?;
            for (part, more) in parts.iter_mut().zip(more) {
                *part = part.plus(more)?;
            }
            rest = Atoms::ZERO;
        }
        let (counted, corrected) = self.with_corrected(&parts, over)?;
        let parts = self.parts(&parts);
        let (counted, others) = counted.with_returned(&parts)?.spread(rest)?;
        let invoice = counted.with_credit_note(amount)?;
        Ok(NoteCounted { invoice, parts: [parts, others].concat(), corrects: corrected })
    }

    /// The invoice, which counts these parts of its lines as corrections, and what each is.
    fn with_corrected(
        &self,
        parts: &[Atoms],
        over: &[(InvoiceItemId, Atoms)],
    ) -> Result<(Self, Vec<CorrectedLine>), Overflow> {
        let (mut after, mut all) = (self.clone(), Vec::new());
        for (line, part) in self.items.iter().zip(parts).filter(|(_, part)| part.is_positive()) {
            let (total, charged) = self.uncorrected(line)?;
            let known = over.iter().find(|(id, _)| *id == line.id).map(|(_, amount)| *amount);
            // What makes good all that was too much is that to the smallest unit.
            let exact = known.filter(|over| self.worth(line, *over) == Ok(*part));
            let charged_atom = match exact {
                Some(over) => over,
                None => share(charged, *part, total)?,
            };
            let (invoice_item_id, amount_atom) = (line.id.clone(), *part);
            let before = self.corrected_of(&line.id);
            let sum = CorrectedLine {
                invoice_item_id: invoice_item_id.clone(),
                amount_atom: before.amount_atom.plus(amount_atom)?,
                charged_atom: before.charged_atom.plus(charged_atom)?,
            };
            after.collection.corrected.retain(|one| one.invoice_item_id != line.id);
            after.collection.corrected.push(sum);
            all.push(CorrectedLine { invoice_item_id, amount_atom, charged_atom });
        }
        Ok((after, all))
    }
}

/// `part` of `of`, in `amount`.
fn share(amount: Atoms, part: Atoms, of: Atoms) -> Result<Atoms, Overflow> {
    match of.is_positive() {
        true => rounded(i128::from(amount.get()) * i128::from(part.get()), i128::from(of.get())),
        false => Ok(Atoms::ZERO),
    }
}

fn must_hold_usage(amount: Atoms, left: Atoms) -> Result<(), Error> {
    if amount <= left {
        return Ok(());
    }
    let hint = format!(
        "is more than the {} that are left of what was paid for the usage on the invoice and not yet \
         given back",
        left.get()
    );
    Err(Error::rule("credit note", "amount_atom", "more_than_paid", &hint))
}
