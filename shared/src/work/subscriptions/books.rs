//! The invoices whose lines a change or an end gives back: read before, written after.

use crate::{
    base::{error::Error, id::InvoiceId},
    model::{
        invoice::{Invoice, InvoiceItem},
        subscription::books::Books,
    },
    store::Tx,
    work::Work,
};

impl Books {
    /// Writes what has changed.
    pub(crate) fn write(&self, tx: &mut Tx) {
        for (before, after) in self.invoices.values() {
            tx.follow(before, after.clone());
        }
    }
}

/// The invoices whose lines are credited by these.
pub(super) fn credited_by(lines: &[InvoiceItem]) -> impl Iterator<Item = &InvoiceId> {
    lines.iter().filter_map(|line| line.credit_of.as_ref()?.invoice_id.as_ref())
}

impl Work {
    /// The books with these invoices; those that do not exist any more are left out.
    pub(crate) async fn books<'a>(
        &self,
        ids: impl Iterator<Item = &'a InvoiceId>,
        waiting: Vec<InvoiceItem>,
    ) -> Result<Books, Error> {
        let mut books = Books { waiting, ..Books::default() };
        for id in ids {
            if books.invoices.contains_key(id) {
                continue;
            }
            let found: Option<Invoice> = self.look_for(id).await?;
            if let Some(invoice) = found {
                let invoice = self.settled_attempts(invoice).await?;
                books.invoices.insert(id.clone(), (invoice.clone(), invoice));
            }
        }
        Ok(books)
    }

    /// Puts into `tx` that the credits of an invoice that counts no longer give nothing back.
    pub(crate) async fn release_credits(&self, tx: &mut Tx, void: &Invoice) -> Result<(), Error> {
        let mut books = self.books(credited_by(void.items()), Vec::new()).await?;
        books.release_of(void)?;
        books.write(tx);
        Ok(())
    }

    /// The books with the invoices that `void` credits beside those in `ids`, its credits taken back.
    pub(crate) async fn books_without<'a>(
        &self,
        void: Option<&'a Invoice>,
        ids: impl Iterator<Item = &'a InvoiceId>,
        waiting: Vec<InvoiceItem>,
    ) -> Result<Books, Error> {
        let credited = void.into_iter().flat_map(|void| credited_by(void.items()));
        let mut books = self.books(ids.chain(credited), waiting).await?;
        if let Some(void) = void {
            books.release_of(void)?;
        }
        Ok(books)
    }

    /// The invoice once no payment of it is open: what became of one that is, is asked for. While
    /// that is not known nothing can be given back of it.
    pub(crate) async fn settled_attempts(&self, invoice: Invoice) -> Result<Invoice, Error> {
        let invoice = self.asked(invoice).await?;
        match invoice.open_attempt() {
            None => Ok(invoice),
            Some(_) => {
                let hint = "waits for the outcome of a payment that the processor has not told yet; \
                            nothing was changed: try again in a minute";
                Err(Error::pending("subscription", "payment_pending", hint))
            }
        }
    }
}
