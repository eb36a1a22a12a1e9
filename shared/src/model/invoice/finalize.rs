//! Finalization: a draft gets its number, the customer's credit is applied, and nothing in it changes
//! any more.
//!
//! The number comes from the account's sequence, in the transaction that writes it into the invoice,
//! on the condition that the sequence is where it was read: so numbers have no gap and no repeat
//! whatever happens. Finalizations of one account are the only writers that meet on an item; within a
//! process they wait for it, and who waits is numbered with others in one transaction (`store/numbering`);
//! between processes one is told to read again. While they wait nothing is read that could be read
//! before it.

use super::{Collection, CollectionMethod, Invoice, InvoiceItem, InvoiceState};
use crate::{
    base::{error::Error, id::InvoiceItemId, money::Atoms, time::Timestamp},
    model::{account::Account, billing::cycle::days_after, customer::Customer},
};

/// What finalization makes of a draft.
pub(crate) struct Finalized {
    pub(crate) invoice: Invoice,
    /// What the customer's balance changes by: less what it pays, more what the invoice gives back.
    pub(crate) credit: Atoms,
}

impl Invoice {
    pub(crate) fn finalized(
        &self,
        number: u64,
        (account, customer): (&Account, &Customer),
        surplus_item: InvoiceItemId,
        now: Timestamp,
    ) -> Result<Finalized, Error> {
        let balance = customer.credit(self.currency);
        if self.state != InvoiceState::Draft {
            return Err(self.moved(InvoiceState::Open, "finalized").err().unwrap_or(Error::Stale));
        }
        if self.items.is_empty() {
            let hint = "has no items; add at least one before it is finalized";
            return Err(Error::not_now("invoice", "no_items", hint));
        }
        let mut invoice = self.moved(InvoiceState::Open, "finalized")?;
        let mut credit = Atoms::ZERO;
        if invoice.total_amount_atom.is_negative() {
            credit = invoice.total_amount_atom.negated()?;
            invoice.items.push(surplus(surplus_item, credit));
        } else {
            invoice.credit_applied_amount_atom = invoice.due_amount_atom.min(balance);
            credit = credit.minus(invoice.credit_applied_amount_atom)?;
        }
        invoice = invoice.totalled()?;
        invoice.number = Some(account.invoice_number(number));
        invoice.tax_exempt = invoice.exemption(customer);
        invoice = invoice.between(account, customer);
        invoice.finalized_at = Some(now);
        invoice.issued_at = invoice.issued_at.or(Some(now));
        let sent = invoice.collection_method == CollectionMethod::SendInvoice;
        let days = invoice.collection.net_days.unwrap_or(account.payment_terms_days());
        if sent && invoice.due_date.is_none() {
            let zone = customer.timezone().unwrap_or(account.timezone());
            invoice.due_date = Some(days_after(now, days, zone)?);
        }
        if invoice.due_amount_atom.is_zero() {
            invoice = invoice.fully_paid(now)?;
        } else {
            let next_at = (!sent && !invoice.collection.held).then_some(now);
            invoice.collection =
                Collection { finalize_at: None, next_at, ..invoice.collection.clone() };
            invoice.next_payment_attempt_at = next_at;
        }
        Ok(Finalized { invoice, credit })
    }
}

/// The line by which an invoice that gives back more than it charges comes to nothing.
fn surplus(id: InvoiceItemId, amount: Atoms) -> InvoiceItem {
    let line = InvoiceItem::new(id, "Added to the credit balance".to_owned(), 1, amount);
    InvoiceItem { settles: true, ..line }
}
