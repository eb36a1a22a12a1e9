//! What a checkout asks of the invoice that it sells by.

use crate::{
    base::error::Error,
    model::{
        invoice::{Invoice, collect::Attempt},
        payment_method::PaymentMethod,
    },
    work::{Work, invoices::collect::Patience},
};

impl Work {
    /// The invoice after its open attempt, if it has one, was asked about. One that waits for the payer,
    /// or that the processor has never heard of, is given up.
    pub async fn asked(&self, invoice: Invoice) -> Result<Invoice, Error> {
        self.heard(invoice, Patience::Ends).await
    }

    /// The invoice after its open attempt, if it has one, was asked about.
    pub(crate) async fn heard(
        &self,
        invoice: Invoice,
        patience: Patience,
    ) -> Result<Invoice, Error> {
        let Some(intent) = invoice.open_attempt().cloned() else { return Ok(invoice) };
        let id = invoice.id().clone();
        match self.write_resolved(invoice, &intent, patience).await {
            // Somebody else wrote the same, or what became of it since.
            Ok(()) | Err(Error::Stale) => self.find(&id).await,
            Err(error) => Err(error),
        }
    }

    /// Writes that all that is due of an invoice is charged to `method`. `Error::Stale` means that
    /// nothing was written.
    pub(crate) async fn charging_to(
        &self,
        invoice: &Invoice,
        method: PaymentMethod,
        return_url: String,
    ) -> Result<Attempt, Error> {
        let due = invoice.due();
        let (tx, attempt) = self.attempt(invoice, method, due, Some(return_url)).await?;
        self.commit(tx).await?;
        Ok(attempt)
    }
}
