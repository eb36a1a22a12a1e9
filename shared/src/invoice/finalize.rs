//! Finalization: a draft gets its number, the customer's credit is applied, and nothing in it changes
//! any more.
//!
//! The number comes from the account's sequence, in the transaction that writes it into the invoice,
//! on the condition that the sequence is where it was read: so numbers have no gap and no repeat
//! whatever happens. Finalizations of one account are the only writers that meet on an item; within a
//! process they queue for it, between processes one is told to read again.

use super::{Collection, CollectionMethod, Invoice, InvoiceItem, InvoiceState};
use crate::{
    account::Account,
    credit_note::{Credit, CreditReason},
    customer::Customer,
    error::Error,
    id::{InvoiceId, InvoiceItemId},
    money::Atoms,
    store::{Sequence, Tx, back_off},
    time::Timestamp,
    work::Work,
};

/// The sequence that invoice numbers come from.
const NUMBERS: &str = "invoice";
/// How often a finalization reads again when others come between.
const ATTEMPTS: u32 = 64;

/// What finalization makes of a draft.
struct Finalized {
    invoice: Invoice,
    /// What the customer's balance changes by: less what it pays, more what the invoice gives back.
    credit: Atoms,
}

impl Invoice {
    fn finalized(
        &self,
        number: u64,
        account: &Account,
        balance: Atoms,
        surplus_item: InvoiceItemId,
        now: Timestamp,
    ) -> Result<Finalized, Error> {
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
            invoice.credit_applied_amount_atom = invoice.total_amount_atom.min(balance);
            credit = credit.minus(invoice.credit_applied_amount_atom)?;
        }
        invoice = invoice.totalled()?;
        invoice.number = Some(account.invoice_number(number));
        invoice.finalized_at = Some(now);
        invoice.issued_at = invoice.issued_at.or(Some(now));
        let sent = invoice.collection_method == CollectionMethod::SendInvoice;
        let days = invoice.collection.net_days.unwrap_or(account.payment_terms_days());
        invoice.due_date = invoice.due_date.or_else(|| sent.then(|| now.plus_days(days)));
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
    InvoiceItem::new(id, "Added to the credit balance".to_owned(), 1, amount)
}

impl Work {
    /// Puts the finalization of `draft` into `tx`, and returns the invoice as it will be.
    pub async fn finalization(&self, tx: &mut Tx, draft: &Invoice) -> Result<Invoice, Error> {
        let account: Account = self.find(self.account()).await?;
        let customer: Customer = self.find(draft.customer_id()).await?;
        let sequence: Sequence = self.store().sequence(self.account(), NUMBERS).await?;
        let balance = customer.credit(draft.currency);
        let number = sequence.next();
        let Finalized { invoice, credit } =
            draft.finalized(number, &account, balance, self.id(), self.now())?;
        tx.take(sequence);
        let reason =
            if credit.is_positive() { CreditReason::Surplus } else { CreditReason::Applied };
        self.credit(tx, &customer, Credit::of_invoice(&invoice, credit, reason))?;
        let invoice = tx.update(draft, invoice);
        self.followed(tx, &invoice).await?;
        Ok(invoice)
    }

    /// Finalizes an invoice, unless it has been.
    pub async fn finalize(&self, id: &InvoiceId) -> Result<Invoice, Error> {
        for attempt in 0..ATTEMPTS {
            let _turn = self.store().turn_to_number().await;
            let draft: Invoice = self.find(id).await?;
            if draft.state() != InvoiceState::Draft {
                return Ok(draft);
            }
            let mut tx = self.begin();
            let invoice = self.finalization(&mut tx, &draft).await?;
            match self.commit(tx).await {
                Ok(()) => return Ok(invoice),
                Err(Error::Stale) => back_off(attempt.min(4)).await,
                Err(error) => return Err(error),
            }
        }
        Err(Error::Contended)
    }
}
