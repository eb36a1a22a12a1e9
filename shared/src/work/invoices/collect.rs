//! Collection: an attempt is written, the processor is asked, and what it said is written.

mod asked;
mod due;
mod methods;

use crate::{
    base::{error::Error, id::InvoiceId, money::Atoms},
    model::{
        checkout::CheckoutSession,
        invoice::{Invoice, collect::Attempt},
        payment_intent::{NewIntent, PaymentIntent},
        payment_method::PaymentMethod,
        processor::{Outcome, Processor},
    },
    store::{Tx, back_off},
    work::Work,
};

/// What is done about an attempt that waits for the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is left to the payer, until the next attempt is due.
    Waits,
    /// It is given up, so that another can be made.
    GivesUp,
    /// The same, and one that the processor has never heard of is not made any more: nothing is to be
    /// taken.
    Ends,
}

/// By what an attempt is going to be made.
#[derive(Clone)]
pub(super) struct Means {
    method: PaymentMethod,
    processor: Processor,
    /// None, where it is all that is due.
    amount: Option<Atoms>,
    return_url: Option<String>,
}

/// What an attempt came to, not yet written.
pub(crate) struct Settled {
    pub(crate) tx: Tx,
    pub(crate) invoice: Invoice,
    pub(crate) intent: PaymentIntent,
    pub(crate) outcome: Outcome,
    /// The checkout session that the invoice was made for, as it then is, where it is paid.
    pub(crate) session: Option<CheckoutSession>,
}

impl Work {
    /// Takes the money that is to be taken now, and returns the invoice as it then is.
    pub async fn collect(&self, id: &InvoiceId) -> Result<Invoice, Error> {
        self.go_on_collecting(id, false).await
    }

    /// Takes the money by an attempt that has just been written, and returns the invoice as it then is.
    pub(super) async fn collect_from(&self, attempt: Attempt) -> Result<Invoice, Error> {
        let id = attempt.invoice.id().clone();
        let written = match self.charged(attempt).await {
            Ok(settled) => self.commit(settled.tx).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => self.go_on_collecting(&id, false).await,
            Err(Error::Stale) => self.go_on_collecting(&id, true).await,
            Err(error) => Err(error),
        }
    }

    /// The same as `collect`, of which `interrupted` says that an attempt has begun.
    async fn go_on_collecting(
        &self,
        id: &InvoiceId,
        mut interrupted: bool,
    ) -> Result<Invoice, Error> {
        if self.imagined().is_some() {
            return self.paid_in_imagination(id).await;
        }
        for attempt in 0..ATTEMPTS {
            let invoice: Invoice = self.find(id).await?;
            let is_open = invoice.open_attempt().is_some();
            let is_due = invoice.is_to_be_collected(self.now());
            let waits = is_open || invoice.state().is_collected();
            let goes_on = (waits && is_due) || (is_open && interrupted);
            if !goes_on {
                return Ok(invoice);
            }
            match self.collect_once(invoice).await {
                Ok(()) => interrupted = false,
                // Others came between: what has been asked for is written all the same.
                Err(Error::Stale) => {
                    interrupted = true;
                    back_off(attempt.min(4)).await;
                }
                Err(error) => return Err(error),
            }
        }
        self.find(id).await
    }

    async fn collect_once(&self, invoice: Invoice) -> Result<(), Error> {
        let settled = match invoice.open_attempt().cloned() {
            Some(intent) => self.resolved(invoice, &intent, Patience::Waits).await?,
            None => match self.next_method(&invoice, None).await? {
                Some(method) => {
                    let due = invoice.due();
                    let (tx, attempt) = self.attempt(&invoice, method, due, None).await?;
                    self.commit(tx).await?;
                    self.charged(attempt).await?
                }
                None => return self.without_method(&invoice).await,
            },
        };
        self.commit(settled.tx).await
    }

    /// That `amount` of the invoice is going to be charged: to be written before it is.
    pub(super) async fn attempt(
        &self,
        invoice: &Invoice,
        method: PaymentMethod,
        amount: Atoms,
        return_url: Option<String>,
    ) -> Result<(Tx, Attempt), Error> {
        let processor: Processor = self.find(method.processor_id()).await?;
        let mut tx = self.begin();
        let means = Means { method, processor, amount: Some(amount), return_url };
        let attempt = self.attempted(&mut tx, (invoice, invoice.clone()), means);
        Ok((tx, attempt))
    }

    /// The same, put into `tx`, of an invoice as it was and as it will be.
    pub(super) fn attempted(
        &self,
        tx: &mut Tx,
        (before, invoice): (&Invoice, Invoice),
        means: Means,
    ) -> Attempt {
        let Means { method, processor, amount, return_url } = means;
        let amount = amount.unwrap_or(invoice.due());
        let number = invoice.next_attempt();
        let intent = PaymentIntent::new(
            self.record(),
            NewIntent {
                customer_id: invoice.customer_id().clone(),
                invoice_id: Some(invoice.id().clone()),
                checkout_session_id: invoice.session_id().cloned(),
                amount,
                currency: invoice.currency(),
                payment_method_id: method.id().clone(),
                processor_id: processor.id().clone(),
                attempt: u32::try_from(number).unwrap_or(u32::MAX),
                key: format!("{}:{}:{number}", self.account(), invoice.id()),
                return_url,
            },
        );
        tx.insert(&intent);
        let attempted = invoice.attempted(intent.id().clone(), self.now());
        let invoice = tx.update(before, attempted);
        Attempt { invoice, intent, method: Some(method), processor, again: false }
    }
}

/// How many attempts one run makes: each payment method that is refused for good is followed by the
/// next.
const ATTEMPTS: u32 = 20;
