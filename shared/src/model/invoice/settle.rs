//! What somebody decides about an invoice: to pay it now, to record that it was paid elsewhere, to
//! void it, to write it off.

use super::{Invoice, InvoiceState};
use crate::base::{error::Error, id::PaymentMethodId, input::input, money::Atoms, time::Timestamp};

input! {
    /// How an invoice is paid.
    pub struct Payment {
        /// What is charged; when left out, what would be charged automatically.
        pub(crate) payment_method_id: Option<PaymentMethodId>,
        /// How much is paid; everything that is due, when left out.
        pub(crate) amount_atom: Option<Atoms>,
        /// Records a payment that no processor made: cash, a bank transfer.
        pub(crate) paid_out_of_band: Option<bool>,
    }
    example {"paid_out_of_band": true}
}

impl Invoice {
    /// How much of it a payment pays.
    pub(crate) fn payable(&self, amount: Option<Atoms>) -> Result<Atoms, Error> {
        if !self.state.is_payable() {
            self.moved(InvoiceState::Paid, "paid")?;
        }
        let amount = amount.unwrap_or(self.due_amount_atom);
        let hint = if !amount.is_positive() {
            "must be more than 0".to_owned()
        } else if amount > self.due_amount_atom {
            format!("is more than the {} that are due", self.due_amount_atom.get())
        } else {
            return Ok(amount);
        };
        Err(Error::rule("payment", "amount_atom", "out_of_range", &hint))
    }

    pub(crate) fn without_open_attempt(&self) -> Result<(), Error> {
        match self.open_attempt() {
            None => Ok(()),
            Some(_) => {
                let hint = "has a payment whose outcome the processor has not told yet; try again in a \
                            minute";
                Err(Error::not_now("invoice", "payment_pending", hint))
            }
        }
    }

    /// The invoice, void.
    pub fn voided(&self, now: Timestamp) -> Result<Self, Error> {
        let mut invoice = self.moved(InvoiceState::Void, "voided")?;
        self.without_open_attempt()?;
        if self.keeps_money() {
            let hint = "has payments and cannot be voided; refund them, or mark it uncollectible";
            return Err(Error::not_now("invoice", "illegal_state", hint));
        }
        invoice.voided_at = Some(now);
        Ok(invoice.given_up().totalled()?)
    }

    /// The invoice, written off.
    pub fn uncollectible(&self, now: Timestamp) -> Result<Self, Error> {
        let mut invoice = self.moved(InvoiceState::Uncollectible, "marked uncollectible")?;
        self.without_open_attempt()?;
        invoice.marked_uncollectible_at = Some(now);
        Ok(invoice.given_up())
    }
}
