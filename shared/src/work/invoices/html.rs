//! The page of an invoice, and the file, with the account and the customer that stand on it.

use crate::work::Answer;
use crate::work::Work;
use crate::{
    model::{
        account::Account,
        customer::Customer,
        invoice::{Invoice, html::Page},
        words::Locale,
    },
    work::answer::{Html, Pdf, Reply},
};

impl Work {
    /// Answers with an invoice as a page.
    pub async fn invoice_page(&self, invoice: Invoice) -> Reply<Html> {
        let (account, customer) = tokio::try_join!(
            self.find::<Account>(self.account()),
            self.look_for::<Customer>(invoice.customer_id()),
        )?;
        let Page { text, policy } = invoice.page(&account, customer.as_ref(), Locale::En)?;
        Ok(Answer::page(text, policy))
    }

    /// Answers with an invoice as a file, once it is final.
    pub async fn invoice_file(&self, invoice: Invoice) -> Reply<Pdf> {
        let name = invoice.file_name()?;
        let (account, customer) = tokio::try_join!(
            self.find::<Account>(self.account()),
            self.look_for::<Customer>(invoice.customer_id()),
        )?;
        let bytes = invoice.pdf(&account, customer.as_ref(), Locale::En)?;
        Ok(Answer::pdf(&bytes, name))
    }
}
