//! The invoices whose lines a change or an end gives back: read before, written after.

use crate::{
    base::{error::Error, id::InvoiceId, money::Atoms},
    model::{
        credit_note::{Credit, CreditReason},
        customer::Customer,
        invoice::{Invoice, InvoiceItem, InvoiceState, ReturnedPart},
        subscription::{
            SubscriptionState,
            again::Again,
            books::Books,
            superseded::{Moved, successors},
        },
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
    /// that gives back goes to the balance; what the balance had because this one took the place of another
    /// is taken back. What of that was used, and what was taken off an invoice that is paid by now, waits
    /// for the next bill, if there will be one. The books as they will be.
    pub(crate) async fn take_credits_back(
        &self,
        tx: &mut Tx,
        void: &Invoice,
    ) -> Result<Books, Error> {
        let Some(subscription) = self.subscription_of(void).await? else {
            return Ok(Books::default());
        };
        let invoices = self.invoices_of(&subscription).await?;
        let gave_way = invoices.iter().filter(|one| one.gave_way_to(void)).map(Invoice::id);
        let mut books = self.books(credited_by(void.items()).chain(gave_way), Vec::new()).await?;
        books.release_of(void)?;
        books.owe_again(void)?;
        let next = successors(void, &invoices, &subscription.ledger.pending);
        for (id, moved) in books.superseded(void, &next, self.now())? {
            let again = self.move_credit(tx, (&mut books, void), &id, &moved).await?;
            if subscription.state != SubscriptionState::Cancelled {
                self.bill_again(&mut books, void, (&id, again))?;
            }
        }
        books.write(tx);
        Ok(books)
    }

    /// Puts into `tx` what the balance gets of lines of an invoice, and what is taken back from it; what is
    /// then to be billed again.
    async fn move_credit(
        &self,
        tx: &mut Tx,
        (books, void): (&mut Books, &Invoice),
        id: &InvoiceId,
        moved: &[Moved],
    ) -> Result<Vec<Again>, Error> {
        let mut again = Vec::new();
        let Some((_, invoice)) = books.invoices.get_mut(id) else { return Ok(again) };
        let void = void.number().unwrap_or("an invoice");
        let customer: Customer = self.find(invoice.customer_id()).await?;
        let mut customer = tx.latest(customer)?;
        let (mut parts, mut back) = (Vec::new(), Atoms::ZERO);
        for Moved { taken, given, lacking, over, is_followed } in moved {
            let net = given.minus(taken.amount_atom)?;
            if net.is_positive() {
                parts.push(ReturnedPart { amount_atom: net, ..taken.clone() });
            }
            let all = net.negated()?.max(Atoms::ZERO);
            let there = customer.credit(invoice.currency()).minus(back)?;
            let part = all.min(there).max(Atoms::ZERO);
            back = back.plus(part)?;
            let used = all.minus(part)?;
            if used.is_positive() {
                let kept = ReturnedPart { amount_atom: used, ..taken.clone() };
                *invoice = invoice.with_returned(std::slice::from_ref(&kept))?;
            }
            if used.is_positive() || lacking.is_positive() {
                let goes_on = !is_followed && over.is_some_and(|over| over.end > self.now());
                // Of what is still open nothing is credited meanwhile.
                let goes_on = goes_on && invoice.state() == InvoiceState::Paid;
                let (line, lacking) = (taken.invoice_item_id.clone(), *lacking);
                again.push(Again { line, lacking, used, over: *over, goes_on });
            }
        }
        if back.is_positive() {
            *invoice = invoice.with_credit_taken_back(back)?;
            let mut credit = Credit::of_invoice(invoice, back.negated()?, CreditReason::Voided);
            credit.description = Some(format!("Time that counts again, because {void} is void"));
            customer = self.credit(tx, &customer, credit)?.0;
        }
        let sum = Atoms::sum(parts.iter().map(|part| part.amount_atom))?;
        if sum.is_positive() {
            *invoice = invoice.with_credit_note(sum)?;
            let mut credit = Credit::of_invoice(invoice, sum, CreditReason::Issued);
            let what = format!("Unused time that {void} had credited, which is void");
            credit.description = Some(what);
            self.credit(tx, &customer, credit.giving_back(invoice, &parts)?)?;
        }
        Ok(again)
    }

    /// Has what is to be billed again of an invoice's lines wait for the next bill.
    fn bill_again(
        &self,
        books: &mut Books,
        void: &Invoice,
        (id, all): (&InvoiceId, Vec<Again>),
    ) -> Result<(), Error> {
        let Some((_, invoice)) = books.invoices.get_mut(id) else { return Ok(()) };
        let void = void.number().unwrap_or("an invoice");
        for again in all {
            let (after, lines) = invoice.counting_again(&again, || self.id(), void, self.now())?;
            *invoice = after;
            books.again.extend(
                lines.last().filter(|_| again.goes_on).map(|line| (again.line, line.clone())),
            );
            books.waiting.extend(lines);
        }
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
