//! Credit: a customer's balance and the note that says why it changed, in one transaction.

use crate::{
    base::error::Error,
    model::{
        credit_note::{Credit, CreditNote, CreditTarget, NewCreditNote},
        customer::Customer,
        invoice::Invoice,
    },
    store::Tx,
    work::{Work, answer::Reply},
};

impl Work {
    /// Changes a customer's balance, with the note that says why, in `tx`, and returns both as they
    /// will be. A change of nothing has no note. A balance that would be below zero is refused.
    pub fn credit(
        &self,
        tx: &mut Tx,
        customer: &Customer,
        credit: Credit,
    ) -> Result<(Customer, Option<CreditNote>), Error> {
        if credit.amount.is_zero() {
            return Ok((tx.update(customer, customer.clone()), None));
        }
        let after = customer.credited(credit.currency, credit.amount)?;
        let note = CreditNote::new(self.record(), &after, credit);
        tx.insert(&note);
        Ok((tx.update(customer, after), Some(note)))
    }
}

impl Work {
    /// Gives a customer credit.
    pub async fn issue_credit(&self, customer: Customer, new: NewCreditNote) -> Reply<CreditNote> {
        let invoice: Option<Invoice> = match &new.invoice_id {
            Some(id) => self.look_for(id).await?,
            None => None,
        };
        let credit = new.checked(&customer, invoice.as_ref())?;
        let mut tx = self.begin_asked();
        if let Some(invoice) = &invoice {
            tx.update(invoice, invoice.credited(credit.amount)?);
        }
        let (_, note) = self.credit(&mut tx, &customer, credit)?;
        let note = note.ok_or_else(|| Error::Internal("credit without a note".to_owned()))?;
        self.commit_and_answer(tx, note).await
    }

    /// Brings a customer's balance to what it shall be: issues the difference, or voids it.
    pub async fn set_credit_balance(
        &self,
        customer: Customer,
        target: CreditTarget,
    ) -> Reply<Customer> {
        let difference = target.difference(&customer)?;
        let mut tx = self.begin_asked();
        let (customer, _) = self.credit(&mut tx, &customer, difference)?;
        self.commit_and_answer(tx, customer).await
    }
}
