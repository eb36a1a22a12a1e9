//! The invoices whose lines a change or an end gives back: read before, written after.

use crate::{
    base::{error::Error, id::InvoiceId, money::Atoms},
    model::{
        credit_note::{Credit, CreditReason},
        customer::Customer,
        invoice::{Invoice, InvoiceItem},
        subscription::books::{Books, superseded_since},
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

    /// Puts into `tx` that the credits of an invoice of which others have come since count no longer:
    /// where another change took the place of what it billed, they count for the time from that on. What
    /// that gives back goes to the balance. The invoices as they will be.
    pub(crate) async fn take_credits_back(
        &self,
        tx: &mut Tx,
        void: &Invoice,
    ) -> Result<Books, Error> {
        let mut books = self.books(credited_by(void.items()), Vec::new()).await?;
        books.release_of(void)?;
        let subscription = match books.invoices.is_empty() {
            true => None,
            false => self.subscription_of(void).await?,
        };
        let Some(subscription) = subscription else {
            books.write(tx);
            return Ok(books);
        };
        let invoices = self.invoices_of(&subscription).await?;
        let since = superseded_since(void, &invoices, &subscription.ledger.pending);
        for (id, parts) in books.credit_superseded(void, &since, self.now())? {
            let Some((_, invoice)) = books.invoices.get(&id) else { continue };
            let customer: Customer = self.find(void.customer_id()).await?;
            let customer = tx.latest(customer)?;
            let amount = Atoms::sum(parts.iter().map(|part| part.amount_atom))?;
            let mut credit = Credit::of_invoice(invoice, amount, CreditReason::Issued);
            credit.description = Some(format!(
                "Unused time that {} had credited, which is void",
                void.number().unwrap_or("an invoice")
            ));
            self.credit(tx, &customer, credit.giving_back(invoice, &parts)?)?;
        }
        books.write(tx);
        Ok(books)
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
