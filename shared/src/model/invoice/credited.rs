//! A credit note for an invoice, as its documents say it: what it gives back of which line, and the tax of
//! that.
//!
//! A credit note is an amount with tax. What that is of each line, and of the tax of each line, follows from
//! what was given back of the line before, so it is kept with the note when it is issued. However many
//! parts a line is given back in, their taxes come to its tax.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CreditedLine, Invoice, InvoiceItem, ReturnedPart, html::lines::Pen};
use crate::{
    base::{
        error::Error,
        id::{InvoiceItemId, TaxRateId},
        money::{Atoms, Overflow},
        time::Timestamp,
    },
    model::billing::{
        levied::{LineTax, not_computed, sum_of},
        tax::part,
    },
};

/// What is given back of one line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct CreditedItem {
    /// The line.
    pub invoice_item_id: InvoiceItemId,
    /// How much, with tax.
    pub amount_atom: Atoms,
    /// The tax in it.
    pub tax_amount_atom: Atoms,
    /// The same, one by one, in the order of the line's.
    pub taxes: Vec<LineTax>,
}

impl CreditedItem {
    /// `amount` of a line that counts it as given back already.
    fn of(item: &InvoiceItem, amount: Atoms) -> Result<Self, Overflow> {
        let (whole, before) = (item.total()?, item.gone()?.minus(amount)?);
        let mut taxes = not_computed(&item.taxes);
        for (own, tax) in taxes.iter_mut().zip(&item.taxes) {
            own.amount_atom = part(tax.amount_atom, whole, before, amount)?;
        }
        let tax_amount_atom = Atoms::sum(taxes.iter().map(|tax| tax.amount_atom))?;
        let net = amount.minus(tax_amount_atom)?;
        taxes.iter_mut().for_each(|tax| tax.taxable_amount_atom = net);
        let invoice_item_id = item.id.clone();
        Ok(Self { invoice_item_id, amount_atom: amount, tax_amount_atom, taxes })
    }

    /// Takes `more` of the tax at a rate into it, if it has the rate and is as large.
    fn takes_tax(&mut self, rate: &TaxRateId, more: Atoms) -> Result<bool, Overflow> {
        let Some(own) = self.taxes.iter_mut().find(|tax| tax.tax_rate_id == *rate) else {
            return Ok(false);
        };
        let (tax, all) = (own.amount_atom.plus(more)?, self.tax_amount_atom.plus(more)?);
        if tax.is_negative() || all > self.amount_atom {
            return Ok(false);
        }
        own.amount_atom = tax;
        self.tax_amount_atom = all;
        let net = self.amount_atom.minus(all)?;
        self.taxes.iter_mut().for_each(|tax| tax.taxable_amount_atom = net);
        Ok(true)
    }

    /// It as a line of a document: where all of the line is given back, that line.
    fn line(&self, item: &InvoiceItem) -> Result<InvoiceItem, Overflow> {
        if self.amount_atom == item.total()? && self.taxes == item.taxes {
            return Ok(item.clone());
        }
        let net = self.amount_atom.minus(sum_of(&self.taxes, false)?)?;
        Ok(InvoiceItem {
            description: item.description.clone(),
            period_start: item.period_start,
            period_end: item.period_end,
            tax_amount_atom: self.tax_amount_atom,
            taxes: self.taxes.clone(),
            // No quantity at a price.
            credit_of: Some(CreditedLine { invoice_id: None, invoice_item_id: item.id.clone() }),
            ..InvoiceItem::new(item.id.clone(), item.name.clone(), 1, net)
        })
    }
}

/// What the documents of a credit note say beside what its invoice says.
#[derive(Debug)]
pub(crate) struct Credited<'a> {
    /// Its number.
    pub(crate) number: &'a str,
    /// The date on it.
    pub(crate) at: Timestamp,
    /// What it comes to, with tax.
    pub(crate) amount: Atoms,
    /// What a person should know about it.
    pub(crate) description: Option<&'a str>,
    /// Its lines.
    pub(crate) items: Vec<InvoiceItem>,
}

impl Invoice {
    /// What `parts`, which it counts as given back already, are of its lines, with the tax of each.
    pub(crate) fn credited_items(
        &self,
        parts: &[ReturnedPart],
    ) -> Result<Vec<CreditedItem>, Error> {
        let mut amounts: Vec<(&InvoiceItemId, Atoms)> = Vec::new();
        for part in parts {
            match amounts.iter_mut().find(|(line, _)| **line == part.invoice_item_id) {
                Some((_, amount)) => *amount = amount.plus(part.amount_atom)?,
                None => amounts.push((&part.invoice_item_id, part.amount_atom)),
            }
        }
        let of = |(line, amount)| Ok(CreditedItem::of(self.credited_line(line)?, amount)?);
        let items = amounts.into_iter().map(of).collect::<Result<Vec<_>, Error>>()?;
        Ok(self.with_last_tax(items)?)
    }

    /// Lines below zero are not given back: what they take off others is. So where nothing of the invoice is
    /// left, the taxes of what was given back may be some units off what was charged; the last line of the
    /// credit note that has the rate makes up for that.
    fn with_last_tax(&self, mut items: Vec<CreditedItem>) -> Result<Vec<CreditedItem>, Overflow> {
        let gone = self.items.iter().map(InvoiceItem::gone).collect::<Result<Vec<_>, _>>()?;
        if Atoms::sum(gone.iter().copied())? != self.total_amount_atom {
            return Ok(items);
        }
        let mut rest: Vec<(&TaxRateId, Atoms)> = Vec::new();
        for (item, gone) in self.items.iter().zip(gone) {
            for tax in &item.taxes {
                let returned = part(tax.amount_atom, item.total()?, Atoms::ZERO, gone)?;
                let kept = tax.amount_atom.minus(returned)?;
                match rest.iter_mut().find(|(rate, _)| **rate == tax.tax_rate_id) {
                    Some((_, sum)) => *sum = sum.plus(kept)?,
                    None => rest.push((&tax.tax_rate_id, kept)),
                }
            }
        }
        for (rate, kept) in rest.into_iter().filter(|(_, kept)| !kept.is_zero()) {
            for item in items.iter_mut().rev() {
                if item.takes_tax(rate, kept)? {
                    break;
                }
            }
        }
        Ok(items)
    }

    /// What a credit note gives back, as lines of a document.
    pub(crate) fn lines_credited(&self, items: &[CreditedItem]) -> Result<Vec<InvoiceItem>, Error> {
        let line = |of: &CreditedItem| Ok(of.line(self.credited_line(&of.invoice_item_id)?)?);
        items.iter().map(line).collect()
    }

    fn credited_line(&self, id: &InvoiceItemId) -> Result<&InvoiceItem, Error> {
        let found = self.items.iter().find(|item| item.id == *id);
        found.ok_or_else(|| Error::Internal(format!("{}: there is no line {id}", self.id())))
    }
}

impl Credited<'_> {
    /// What stands in the corner of a reader's eye: its number, its date, and what it is for.
    pub(super) fn facts(&self, invoice: &Invoice, pen: Pen<'_>) -> Vec<(&'static str, String)> {
        let words = pen.words();
        let of = invoice.number.clone().unwrap_or_default();
        let of = match invoice.issued_at {
            Some(at) => format!("{of} · {}", pen.day(at)),
            None => of,
        };
        vec![
            (words.credit_number, self.number.to_owned()),
            (words.date, pen.day(self.at)),
            (words.number, of),
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::entity::Representation;

    /// An invoice of lines with tax, and `paid` of it paid.
    fn invoice(lines: &[(i64, i64, &str, bool)], paid: i64) -> Invoice {
        let mut example = Invoice::example();
        let line =
            |(place, (amount, tax, percentage, inclusive)): (usize, &(i64, i64, &str, bool))| {
                let mut line = example["items"][0].clone();
                line["id"] = format!("ii_prod_000000000000000{place}").into();
                line["amount_atom"] = (*amount).into();
                line["tax_amount_atom"] = (*tax).into();
                line["taxes"] = json!([{
                    "tax_rate_id": "txr_prod_0mkz6k3ct1a2x3r4", "display_name": "VAT",
                    "percentage": percentage, "inclusive": inclusive, "amount_atom": tax,
                    "taxable_amount_atom": amount - if *inclusive { *tax } else { 0 },
                }]);
                line
            };
        let items: Vec<_> = lines.iter().enumerate().map(line).collect();
        let total: i64 = lines
            .iter()
            .map(|(amount, tax, _, inside)| amount + if *inside { 0 } else { *tax })
            .sum();
        example["items"] = json!(items);
        example["total_amount_atom"] = total.into();
        example["paid_amount_atom"] = paid.into();
        serde_json::from_value(example).unwrap()
    }

    fn credited(invoice: &Invoice, amount: i64) -> (Invoice, Vec<CreditedItem>) {
        let (after, parts) = invoice.credited(Atoms::new(amount)).unwrap();
        let items = after.credited_items(&parts).unwrap();
        (after, items)
    }

    #[test]
    fn all_of_an_invoice_is_its_own_lines() {
        let invoice = invoice(&[(10_000, 1900, "19", false), (1070, 70, "7", true)], 12_970);
        let (after, items) = credited(&invoice, 12_970);
        assert_eq!(after.lines_credited(&items).unwrap(), after.items());
        let taxes: Vec<i64> = items.iter().map(|item| item.tax_amount_atom.get()).collect();
        assert_eq!(taxes, [1900, 70]);
    }

    #[test]
    fn a_part_is_a_line_without_a_quantity() {
        let invoice = invoice(&[(10_000, 1900, "19", false)], 11_900);
        let (after, items) = credited(&invoice, 1190);
        let lines = after.lines_credited(&items).unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].amount_atom, Atoms::new(1000));
        assert_eq!(lines[0].taxes[0].taxable_amount_atom, Atoms::new(1000));
        assert_eq!(lines[0].total().unwrap(), Atoms::new(1190));
        assert!(lines[0].unit_amount_atom.is_none() && lines[0].credit_of.is_some());
    }

    proptest! {
        #[test]
        fn parts_come_to_the_tax_that_was_charged(
            nets in prop::collection::vec((1_i64..5000, any::<bool>()), 1..5),
            parts in prop::collection::vec(1_i64..4000, 0..12),
        ) {
            let lines: Vec<(i64, i64, &str, bool)> = nets
                .iter()
                .map(|(net, inside)| {
                    let tax = (net * 19 + 50) / 100;
                    (if *inside { net + tax } else { *net }, tax, "19", *inside)
                })
                .collect();
            let total: i64 = nets.iter().zip(&lines).map(|((net, _), line)| net + line.1).sum();
            let mut invoice = invoice(&lines, total);
            let mut taxes = vec![0_i64; lines.len()];
            let mut left = total;
            for part in parts.into_iter().chain([i64::MAX]) {
                let part = part.min(left);
                if part == 0 {
                    continue;
                }
                left -= part;
                let (after, items) = credited(&invoice, part);
                let sum: i64 = items.iter().map(|item| item.amount_atom.get()).sum();
                prop_assert_eq!(sum, part);
                for item in &items {
                    let place = after.place(&item.invoice_item_id).unwrap();
                    taxes[place] += item.tax_amount_atom.get();
                    prop_assert!((0..=item.amount_atom.get()).contains(&item.tax_amount_atom.get()));
                }
                invoice = after;
            }
            let charged: Vec<i64> = lines.iter().map(|line| line.1).collect();
            prop_assert_eq!(taxes, charged);
        }
    }
}
