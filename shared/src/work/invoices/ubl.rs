//! An invoice as an electronic one, with the account and the customer that stand on it.

use crate::{
    model::{account::Account, customer::Customer, einvoice::Profile, invoice::Invoice},
    work::{
        Work,
        answer::{Answer, Reply, Ubl},
    },
};

impl Work {
    /// Answers with an invoice as an electronic one.
    pub async fn invoice_ubl(&self, invoice: Invoice, profile: Profile) -> Reply<Ubl> {
        let (account, customer) = tokio::try_join!(
            self.find::<Account>(self.account()),
            self.look_for::<Customer>(invoice.customer_id()),
        )?;
        Ok(Answer::document(invoice.ubl(&account, customer.as_ref(), profile)?))
    }
}
