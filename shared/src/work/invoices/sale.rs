//! What a checkout asks of the invoice that it sells by.

use crate::{
    base::error::Error,
    model::{invoice::Invoice, payment_method::PaymentMethod},
    work::{Work, invoices::collect::Settled},
};

impl Work {
    /// The invoice after its open attempt, if it has one, was asked about.
    pub async fn asked(&self, invoice: Invoice) -> Result<Invoice, Error> {
        let Some(intent) = invoice.open_attempt().cloned() else { return Ok(invoice) };
        let id = invoice.id().clone();
        let settled = self.resolved(invoice, &intent).await?;
        match self.commit(settled.tx).await {
            // Somebody else wrote the same, or what became of it since.
            Ok(()) | Err(Error::Stale) => self.find(&id).await,
            Err(error) => Err(error),
        }
    }

    /// Charges all that is due of an invoice to `method`. `Error::Stale` means that nothing was charged.
    pub(crate) async fn charged_to(
        &self,
        invoice: &Invoice,
        method: PaymentMethod,
    ) -> Result<Settled, Error> {
        let (tx, attempt) = self.attempt(invoice, method, invoice.due()).await?;
        self.commit(tx).await?;
        self.charged(attempt).await
    }
}
