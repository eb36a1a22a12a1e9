//! What waits and what is given back at an end, set against one another.

use crate::{
    base::{
        error::Error,
        money::{Atoms, Overflow},
    },
    model::{
        billing::{ledger::RefundOption, proration::Fraction},
        invoice::{Calculation, CreditedLine, InvoiceItem, ReturnedPart, Rounding, taxes::assess},
        subscription::{books::Books, ending::Ending},
    },
    work::Work,
};

impl Work {
    /// Credits, of lines that wait, the time that is not going to be used.
    pub(in crate::work::subscriptions) fn credit_unused(
        &self,
        lines: &mut Vec<InvoiceItem>,
        ending: &Ending,
    ) -> Result<(), Error> {
        let mut credits = Vec::new();
        for line in lines.iter_mut() {
            let value = line.entry()?.unbilled(ending.option, ending.at)?;
            if !value.is_positive() {
                continue;
            }
            let (price, gone) = (line.entry()?.price, line.gone()?);
            let mut calculation = Calculation::credit(line.quantity, price).less(gone);
            if let (RefundOption::Prorated, Some(span)) = (ending.option, line.span()) {
                let left = Fraction::remaining(span, ending.at);
                calculation = calculation.for_part(left).rounded(Rounding::HalfUp);
            }
            line.given_back_amount_atom = line.given_back_amount_atom.plus(value)?;
            let mut credit =
                InvoiceItem::new(self.id(), String::new(), line.quantity, value.negated()?)
                    .called(&format!("Unused: {}", line.name))
                    .taxed(&line.taxes)
                    .calculated(calculation);
            credit.credit_of =
                Some(CreditedLine { invoice_id: None, invoice_item_id: line.id.clone() });
            credit.subscription_item_id.clone_from(&line.subscription_item_id);
            (credit.proration, credit.period_start) = (true, Some(ending.at));
            credit.period_end = line.period_end;
            credits.push(credit);
        }
        lines.extend(credits);
        Ok(assess(lines)?)
    }

    /// Pays what the lines come to with what is given back of invoices.
    pub(super) fn net(
        &self,
        lines: &mut Vec<InvoiceItem>,
        books: &mut Books,
        ending: &Ending,
    ) -> Result<(), Error> {
        let mut open = sum(lines)?;
        for (id, place, most) in books.given_back_by(ending.option, ending.at)? {
            let amount = most.min(open);
            if !amount.is_positive() {
                continue;
            }
            let Some(line) = books.item(&id, place).cloned() else { continue };
            let Some(of) = books.give(&id, place, amount, self.now())? else { continue };
            let name = "Unused time that was paid".to_owned();
            let credit = InvoiceItem::new(self.id(), name, 1, amount.negated()?);
            let credit = credit.calculated(Calculation::credit(1, most).at_most(amount, most));
            let part = (line.gone()?, amount);
            let mut credit = credit.crediting(&line.taxes, line.total()?, part)?;
            (credit.proration, credit.credit_of) = (true, Some(of));
            lines.push(credit);
            open = open.minus(amount)?;
        }
        Ok(())
    }

    /// Where the lines give back more than they charge, that is paid out with the payments of the lines
    /// that they credit, and not put on the credit balance.
    pub(super) fn pay_out(&self, lines: &mut Vec<InvoiceItem>) -> Result<Vec<ReturnedPart>, Error> {
        let (mut left, mut owed) = (sum(lines)?.negated()?, Vec::new());
        for index in 0..lines.len() {
            let Some(credit) = lines.get(index).filter(|line| !line.settles) else { continue };
            let Some(of) = credit.credit_of.clone() else { continue };
            let (Some(invoice_id), own) = (of.invoice_id.clone(), &of.invoice_item_id) else {
                continue;
            };
            // What the credit took off what was open is not there to be paid out.
            let same = lines.iter().filter(|line| line.credit_of.as_ref() == Some(&of));
            let worth = Atoms::sum(same.map(InvoiceItem::total).collect::<Result<Vec<_>, _>>()?)?;
            let amount_atom = worth.negated()?.min(left);
            if !amount_atom.is_positive() {
                continue;
            }
            let invoice_item_id = own.clone();
            owed.push(ReturnedPart { invoice_id, invoice_item_id, amount_atom });
            let name = "Given back as it was paid".to_owned();
            let mut line = InvoiceItem::new(self.id(), name, 1, amount_atom);
            (line.proration, line.settles, line.credit_of) = (true, true, Some(of));
            lines.push(line);
            left = left.minus(amount_atom)?;
        }
        Ok(owed)
    }
}

/// What lines come to.
pub(in crate::work::subscriptions) fn sum(lines: &[InvoiceItem]) -> Result<Atoms, Overflow> {
    Atoms::sum(lines.iter().map(InvoiceItem::total).collect::<Result<Vec<_>, _>>()?)
}
