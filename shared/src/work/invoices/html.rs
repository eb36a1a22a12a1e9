//! The page of an invoice, with the account and the customer that stand on it.

use crate::work::Answer;
use crate::work::Work;
use crate::{
    model::{
        account::Account,
        customer::Customer,
        invoice::{Invoice, html::Page},
    },
    work::answer::{Html, Reply},
};

impl Work {
    /// Answers with an invoice as a page.
    pub async fn invoice_page(&self, invoice: Invoice) -> Reply<Html> {
        let (account, customer) = tokio::try_join!(
            self.find::<Account>(self.account()),
            self.look_for::<Customer>(invoice.customer_id()),
        )?;
        let Page { text, policy } = invoice.page(&account, customer.as_ref())?;
        Ok(Answer::page(text, policy))
    }
}
