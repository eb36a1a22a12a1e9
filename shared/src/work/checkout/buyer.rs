//! Who buys, where the payer says so otherwise than before: whom a session has made was made of what was
//! typed in, perhaps wrongly.

use super::complete::{Next, Run};
use crate::{
    base::error::Error,
    model::{
        checkout::{CheckoutSession, begin::Made},
        customer::Customer,
        hosted::Business,
        invoice::{Invoice, InvoiceState},
    },
    work::invoices::collect::Patience,
};

impl Run<'_> {
    /// The customer as the payer says now; none, where that is what was said before, or of somebody whom
    /// this session has not made.
    pub(super) fn corrected(
        &self,
        session: &CheckoutSession,
        customer: &Customer,
    ) -> Result<Option<Customer>, Error> {
        if !session.introduced {
            return Ok(None);
        }
        let mut after = customer.clone();
        if let Some(email) = self.asked_for.customer_email.clone() {
            after = after.at_address(email);
        }
        if let Some(business) = &self.business {
            after = business.said_of(&after)?;
        }
        let said = |customer: &Customer| (customer.email().clone(), Business::of(customer));
        Ok((said(&after) != said(customer)).then_some(after))
    }

    /// One step until the customer is as the payer says.
    ///
    /// A final invoice says for ever who was billed. So one of which nothing is paid is voided first, and
    /// made again of what the payer says now. One that was paid stays: what is said is for the next one.
    pub(super) async fn correct(
        &mut self,
        session: CheckoutSession,
        customer: Customer,
        after: Customer,
    ) -> Result<Next, Error> {
        let begun = session.attempt.clone().filter(|_| self.asked_for.payment_method.is_some());
        if let Some(attempt) = begun {
            let made = self.work.made_for(&attempt).await?;
            match names_somebody_else(&made).cloned() {
                // It may have been paid meanwhile.
                Some(invoice) if invoice.open_attempt().is_some() => {
                    return self.ask(invoice, Patience::Ends).await;
                }
                Some(_) => return self.start_over(session, made).await,
                None => {}
            }
        }
        let mut tx = self.begin();
        let customer = tx.update(&customer, after);
        tx.update(&session, session.introducing(&customer));
        self.commit(tx).await
    }
}

/// The invoice that cannot say any more who buys, and need not stay.
fn names_somebody_else(made: &Made) -> Option<&Invoice> {
    let is_final = |state| !matches!(state, InvoiceState::Draft | InvoiceState::Paid);
    made.alive().filter(|invoice| is_final(invoice.state()) && !invoice.paid().is_positive())
}
