//! What a processor tells by itself. An event is a hint and never a fact: it says what to ask about, and
//! what is written is what the processor answers. So it does not matter how often events come, in which
//! order, or whether they come at all: what none told is asked about when it is due.

use crate::{
    base::{
        error::Error,
        id::{CustomerId, InvoiceId, RefundId},
        time::Timestamp,
    },
    model::processor::{Processor, ProcessorType, Subject},
    work::{Work, processors::stripe::event},
};

impl Work {
    /// Whether the processor signed a body, not long before `now` of real time.
    pub fn has_signed(
        &self,
        processor: &Processor,
        (signature, body): (&str, &str),
        now: Timestamp,
    ) -> Result<bool, Error> {
        match processor.r#type {
            ProcessorType::Test => Ok(false),
            ProcessorType::Stripe => {
                let secrets = self.webhook_secrets(processor)?;
                Ok(event::is_signed(signature, body, &secrets, now))
            }
        }
    }

    /// Looks after what an event of the processor is about. One that is about nothing of ours, or about
    /// something that is not written yet, does nothing.
    pub async fn hear(&self, processor: &Processor, body: &str) -> Result<(), Error> {
        let subject = match processor.r#type {
            ProcessorType::Test => None,
            ProcessorType::Stripe => {
                event::subject_of(body).map_err(|error| Error::NotJson(error.to_string()))?
            }
        };
        match subject {
            Some(Subject::Charge { reference, key }) => match self.invoice_in(&key) {
                Some(invoice) => self.hear_of_charge(processor, &invoice, &reference).await,
                None => Ok(()),
            },
            Some(Subject::Refund { key }) => match self.refund_in(&key) {
                Some(refund) => self.hear_of_refund(processor, &refund).await,
                None => Ok(()),
            },
            Some(Subject::Setup { reference, key }) => match self.customer_in(&key, processor) {
                Some(customer) => self.hear_of_setup(processor, &customer, &reference).await,
                None => Ok(()),
            },
            Some(Subject::Method { source }) => self.hear_of_method(processor, &source).await,
            Some(Subject::Dispute { reference }) => {
                self.hear_of_dispute(processor, &reference).await
            }
            None => Ok(()),
        }
    }

    /// The invoice of a charge's key, `account:invoice:attempt`, if it is one of the account's.
    pub(crate) fn invoice_in(&self, key: &str) -> Option<InvoiceId> {
        let (invoice, _) = self.own_part(key)?.split_once(':')?;
        invoice.parse().ok()
    }

    /// The refund of a refund's key, `account:refund`, if it is one of the account's.
    fn refund_in(&self, key: &str) -> Option<RefundId> {
        self.own_part(key)?.parse().ok()
    }

    /// The customer of a payer's key, `account:processor:customer`, if it is one of the account's at this
    /// processor.
    fn customer_in(&self, key: &str, processor: &Processor) -> Option<CustomerId> {
        let (at, customer) = self.own_part(key)?.split_once(':')?;
        (at == processor.id().as_str()).then(|| customer.parse().ok())?
    }

    fn own_part<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(self.account().as_str())?.strip_prefix(':')
    }
}
