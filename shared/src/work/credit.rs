//! Credit: a customer's balance and the note that says why it changed, in one transaction; and the documents
//! of notes that give back something of an invoice.

use crate::{
    base::{error::Error, money::Atoms},
    model::{
        account::Account,
        credit_note::{Credit, CreditNote, CreditTarget, NewCreditNote},
        customer::Customer,
        einvoice::Profile,
        invoice::{Invoice, InvoiceItem, InvoiceState, NoteCounted, html::Page},
        words::Locale,
    },
    store::Tx,
    work::{
        Work,
        answer::{Answer, Html, Pdf, Reply, Ubl},
    },
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
        let corrects = new.corrects_usage;
        let mut credit = new.checked(&customer, invoice.as_ref())?;
        let mut tx = self.begin_asked();
        if let Some(invoice) = &invoice {
            let counted = self.note_counted(&mut tx, invoice, (credit.amount, corrects)).await?;
            credit = credit.giving_back(&counted.invoice, &counted.parts)?;
            tx.update(invoice, counted.invoice);
        }
        let (_, note) = self.credit(&mut tx, &customer, credit)?;
        let note = note.ok_or_else(|| Error::Internal("credit without a note".to_owned()))?;
        self.commit_and_answer(tx, note).await
    }

    /// An invoice with a credit note of an amount, which says that it corrects usage or does not. What of
    /// it makes good that usage was billed too much counts as billed no longer, and is billed again where
    /// it was used after all; that is put into `tx`.
    async fn note_counted(
        &self,
        tx: &mut Tx,
        invoice: &Invoice,
        (amount, corrects): (Atoms, Option<bool>),
    ) -> Result<NoteCounted, Error> {
        let bills_usage =
            corrects != Some(false) && invoice.items().iter().any(InvoiceItem::is_usage);
        let corrects = corrects == Some(true);
        let subscription = match bills_usage && invoice.state() != InvoiceState::Draft {
            true => self.subscription_of(invoice).await?,
            false => None,
        };
        let Some(subscription) = subscription else {
            return invoice.credited_for(amount, corrects, &[]);
        };
        let readings = self.readings_of(&subscription, subscription.usage_on(invoice)).await?;
        let over = subscription.overbilled_on(invoice, &readings)?;
        let counted = invoice.credited_for(amount, corrects, &over)?;
        if !counted.corrects.is_empty() {
            let after = subscription.with_usage_corrected(invoice, &counted.corrects, &readings)?;
            tx.follow(&subscription, after);
        }
        Ok(counted)
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

impl Work {
    /// Answers with a credit note as a page.
    pub async fn credit_note_page(&self, note: CreditNote) -> Reply<Html> {
        let (invoice, account, customer) = self.around_credit(&note).await?;
        let credited = note.on_paper(&invoice)?;
        let around = (&account, customer.as_ref());
        let Page { text, policy } = invoice.credit_page(&credited, None, around, Locale::En)?;
        Ok(Answer::page(text, policy))
    }

    /// Answers with a credit note as a file.
    pub async fn credit_note_file(&self, note: CreditNote) -> Reply<Pdf> {
        let (invoice, account, customer) = self.around_credit(&note).await?;
        let credited = note.on_paper(&invoice)?;
        let name = credited.file_name();
        let bytes = invoice.credit_pdf(&credited, &account, customer.as_ref(), Locale::En)?;
        Ok(Answer::pdf(&bytes, name))
    }

    /// Answers with a credit note as an electronic one.
    pub async fn credit_note_ubl(&self, note: CreditNote, profile: Profile) -> Reply<Ubl> {
        let (invoice, account, customer) = self.around_credit(&note).await?;
        let credited = note.on_paper(&invoice)?;
        let text = invoice.credit_ubl(&credited, &account, customer.as_ref(), profile)?;
        Ok(Answer::document(text))
    }

    /// What stands on the documents of a credit note: its invoice, the account, and the customer who may be
    /// gone.
    async fn around_credit(
        &self,
        note: &CreditNote,
    ) -> Result<(Invoice, Account, Option<Customer>), Error> {
        let invoice = note.corrects()?;
        tokio::try_join!(
            self.find::<Invoice>(invoice),
            self.find::<Account>(self.account()),
            self.look_for::<Customer>(note.customer_id()),
        )
    }
}
