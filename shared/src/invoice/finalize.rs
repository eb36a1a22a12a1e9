//! Finalization: a draft gets its number, the customer's credit is applied, and nothing in it changes
//! any more.
//!
//! The number comes from the account's sequence, in the transaction that writes it into the invoice,
//! on the condition that the sequence is where it was read: so numbers have no gap and no repeat
//! whatever happens. Finalizations of one account are the only writers that meet on an item; within a
//! process they queue for it, between processes one is told to read again. In the queue nothing is read
//! that could be read before it: a burst of one account is numbered as fast as its transactions follow
//! one another.

use super::{Collection, CollectionMethod, Invoice, InvoiceItem, InvoiceState};
use crate::{
    account::Account,
    billing::cycle::days_after,
    checkout::CheckoutSession,
    credit_note::{Credit, CreditReason},
    customer::Customer,
    error::Error,
    id::{InvoiceId, InvoiceItemId},
    money::Atoms,
    store::{Sequence, Tx, back_off},
    subscription::Subscription,
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
        around: &Surroundings,
        surplus_item: InvoiceItemId,
        now: Timestamp,
    ) -> Result<Finalized, Error> {
        let Surroundings { account, customer, .. } = around;
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

/// What a finalization depends on beside the draft.
struct Surroundings {
    account: Account,
    customer: Customer,
    subscription: Option<Subscription>,
    session: Option<CheckoutSession>,
}

impl Work {
    /// Puts the finalization of `draft` into `tx`, and returns the invoice as it will be.
    pub async fn finalization(&self, tx: &mut Tx, draft: &Invoice) -> Result<Invoice, Error> {
        let around = self.surroundings(draft).await?;
        let sequence = self.store().sequence(self.account(), NUMBERS).await?;
        self.numbered(tx, draft, &around, sequence)
    }

    async fn surroundings(&self, draft: &Invoice) -> Result<Surroundings, Error> {
        Ok(Surroundings {
            account: self.find(self.account()).await?,
            customer: self.find(draft.customer_id()).await?,
            subscription: self.subscription_of(draft).await?,
            session: match draft.session_id() {
                Some(id) => Some(self.find(id).await?),
                None => None,
            },
        })
    }

    /// Puts into `tx` that `draft` gets the next number of `sequence`.
    fn numbered(
        &self,
        tx: &mut Tx,
        draft: &Invoice,
        around: &Surroundings,
        sequence: Sequence,
    ) -> Result<Invoice, Error> {
        let (number, now) = (sequence.next(), self.now());
        let Finalized { invoice, credit } = draft.finalized(number, around, self.id(), now)?;
        tx.take(sequence);
        if !credit.is_zero() {
            let reason =
                if credit.is_positive() { CreditReason::Surplus } else { CreditReason::Applied };
            self.credit(tx, &around.customer, Credit::of_invoice(&invoice, credit, reason))?;
        }
        let invoice = tx.update(draft, invoice);
        if let Some(subscription) = &around.subscription {
            tx.follow(subscription, subscription.following(&invoice));
        }
        if let Some(session) = around.session.as_ref().filter(|_| invoice.due().is_zero()) {
            tx.follow(session, session.following(&invoice, now));
        }
        Ok(invoice)
    }

    /// Finalizes an invoice, unless it has been.
    pub async fn finalize(&self, id: &InvoiceId) -> Result<Invoice, Error> {
        for attempt in 0..ATTEMPTS {
            let draft: Invoice = self.find(id).await?;
            if draft.state() != InvoiceState::Draft {
                return Ok(draft);
            }
            let around = self.surroundings(&draft).await?;
            match self.in_turn(&draft, &around).await {
                Err(Error::Stale) => back_off(attempt.min(4)).await,
                finalized => return finalized,
            }
        }
        Err(Error::Contended)
    }

    /// Gives `draft` the next number, when it is its turn.
    async fn in_turn(&self, draft: &Invoice, around: &Surroundings) -> Result<Invoice, Error> {
        let mut known = self.store().turn_to_number().await;
        // Taken out: it is put back once it is known to be right.
        let sequence = match known.remove(self.account()) {
            Some(sequence) => sequence,
            None => self.store().sequence(self.account(), NUMBERS).await?,
        };
        let mut tx = self.begin();
        let invoice = self.numbered(&mut tx, draft, around, sequence.clone())?;
        self.commit(tx).await?;
        known.insert(self.account().clone(), sequence.after());
        Ok(invoice)
    }
}
