//! A change that waits, taken back or given up: its invoice counts no longer.

use crate::{
    base::{error::Error, money::Atoms},
    model::{
        credit_note::{Credit, CreditReason},
        customer::Customer,
        invoice::{Invoice, InvoiceState},
        subscription::{Subscription, books::Books},
    },
    store::Tx,
    work::{Work, answer::Reply},
};

impl Work {
    /// The invoice that a change waits for, where it is still to be paid and no payment of it is open.
    pub(crate) async fn awaited_by(
        &self,
        subscription: &Subscription,
    ) -> Result<Option<Invoice>, Error> {
        let Some(id) = subscription.awaited() else { return Ok(None) };
        let found: Option<Invoice> = self.look_for(id).await?;
        let Some(before) = found else { return Ok(None) };
        let invoice = self.settled_attempts(before.clone()).await?;
        match invoice.state() {
            // Its payment is known only now, and the subscription with it.
            InvoiceState::Paid => Err(Error::Stale),
            InvoiceState::Void | InvoiceState::Uncollectible => Ok(None),
            _ => Ok(Some(invoice)),
        }
    }

    /// Puts into `tx` that the invoice of a change which does not happen counts no longer, and returns what
    /// of it goes to the credit balance. What it credited is released in the `Books`.
    pub(crate) async fn drop_awaited(
        &self,
        tx: &mut Tx,
        invoice: &Invoice,
    ) -> Result<Atoms, Error> {
        let amount = invoice.returned_by_voiding()?;
        match invoice.state() {
            InvoiceState::Draft => tx.delete(invoice),
            _ if invoice.keeps_money() => {
                let customer: Customer = self.find(invoice.customer_id()).await?;
                let (after, parts) = invoice.credited(amount)?;
                let credit = Credit::of_invoice(invoice, amount, CreditReason::Issued);
                self.credit(tx, &customer, credit.giving_back(&after, &parts)?)?;
                tx.update(invoice, after.voided(self.now())?);
            }
            _ => {
                self.give_back(tx, invoice).await?;
                tx.update(invoice, invoice.voided(self.now())?);
            }
        }
        Ok(amount)
    }

    /// The subscription without the change that waits for its payment, the books without what that
    /// credited, and what else becomes of its invoice in `tx`.
    pub(crate) async fn without_awaited(
        &self,
        tx: &mut Tx,
        subscription: &Subscription,
    ) -> Result<(Subscription, Books), Error> {
        if subscription.awaited().is_none() {
            return Ok((subscription.clone(), Books::default()));
        }
        let awaited = self.awaited_by(subscription).await?;
        let none = std::iter::empty();
        let books = self.books_without(awaited.as_ref(), none, Vec::new()).await?;
        if let Some(invoice) = &awaited {
            self.drop_awaited(tx, invoice).await?;
        }
        Ok((subscription.without_pending(), books))
    }
}

impl Work {
    /// Takes a change back that has not happened yet.
    pub async fn remove_pending_change(&self, subscription: Subscription) -> Reply<Subscription> {
        if subscription.pending_change.is_none() {
            let hint = "has no change that waits";
            return Err(Error::not_now("subscription", "illegal_state", hint));
        }
        let mut tx = self.begin_asked();
        let (after, books) = self.without_awaited(&mut tx, &subscription).await?;
        books.write(&mut tx);
        let after = tx.update(&subscription, after.without_pending());
        self.commit_and_answer(tx, after).await
    }
}
