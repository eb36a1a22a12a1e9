//! Finalization: an invoice gets its number, its credit and its final amounts, all at once.

use crate::{
    base::{error::Error, id::InvoiceId},
    model::{
        account::Account,
        checkout::CheckoutSession,
        credit_note::{Credit, CreditReason},
        customer::Customer,
        invoice::{Invoice, InvoiceState, finalize::Finalized},
        subscription::Subscription,
    },
    store::{Sequence, Tx, back_off},
    work::Work,
};

impl Work {
    /// Puts the finalization of `draft` into `tx`, and returns the invoice as it will be.
    pub async fn finalization(&self, tx: &mut Tx, draft: &Invoice) -> Result<Invoice, Error> {
        let around = self.surroundings(draft).await?;
        let sequence = self.store().sequence(self.account(), NUMBERS).await?;
        self.numbered(tx, draft, &around, sequence)
    }

    async fn surroundings(&self, draft: &Invoice) -> Result<Surroundings, Error> {
        let subscription = self.subscription_of(draft).await?;
        Ok(Surroundings {
            account: self.find(self.account()).await?,
            customer: self.find(draft.customer_id()).await?,
            usage: self.usage_read_for(draft, subscription.as_ref()).await?,
            subscription,
            session: match draft.session_id() {
                Some(id) => Some(self.find(id).await?),
                None => None,
            },
        })
    }

    /// Puts into `tx` that `draft` gets the next number of `sequence`.
    fn numbered(
        &self,
        tx: &mut Tx,
        draft: &Invoice,
        around: &Surroundings,
        sequence: Sequence,
    ) -> Result<Invoice, Error> {
        let (number, now) = (sequence.next(), self.now());
        let Finalized { invoice, credit } = around.metered(draft).finalized(
            number,
            (&around.account, &around.customer),
            self.id(),
            now,
        )?;
        tx.take(sequence);
        if !credit.is_zero() {
            let reason =
                if credit.is_positive() { CreditReason::Surplus } else { CreditReason::Applied };
            self.credit(tx, &around.customer, Credit::of_invoice(&invoice, credit, reason))?;
        }
        let invoice = tx.update(draft, invoice);
        if let Some(subscription) = &around.subscription {
            tx.follow(subscription, around.billed(subscription).following(&invoice));
        }
        if let Some(session) = around.session.as_ref().filter(|_| invoice.due().is_zero()) {
            tx.follow(session, session.following(&invoice, now));
        }
        Ok(invoice)
    }

    /// Finalizes an invoice, unless it has been.
    pub async fn finalize(&self, id: &InvoiceId) -> Result<Invoice, Error> {
        for attempt in 0..ATTEMPTS {
            let draft: Invoice = self.find(id).await?;
            if draft.state() != InvoiceState::Draft {
                return Ok(draft);
            }
            let around = self.surroundings(&draft).await?;
            match self.in_turn(&draft, &around).await {
                Err(Error::Stale) => back_off(attempt.min(4)).await,
                finalized => return finalized,
            }
        }
        Err(Error::Contended)
    }

    /// Gives `draft` the next number, when it is its turn.
    async fn in_turn(&self, draft: &Invoice, around: &Surroundings) -> Result<Invoice, Error> {
        let mut known = self.store().turn_to_number().await;
        // Taken out: it is put back once it is known to be right.
        let sequence = match known.remove(self.account()) {
            Some(sequence) => sequence,
            None => self.store().sequence(self.account(), NUMBERS).await?,
        };
        let mut tx = self.begin();
        let invoice = self.numbered(&mut tx, draft, around, sequence.clone())?;
        self.commit(tx).await?;
        known.insert(self.account().clone(), sequence.after());
        Ok(invoice)
    }
}

/// The sequence that invoice numbers come from.
const NUMBERS: &str = "invoice";

/// How often a finalization reads again when others come between.
const ATTEMPTS: u32 = 64;

/// What a finalization depends on beside the draft.
struct Surroundings {
    account: Account,
    customer: Customer,
    subscription: Option<Subscription>,
    /// The draft with the usage that it bills, and the subscription with what that bills.
    usage: Option<(Subscription, Invoice)>,
    session: Option<CheckoutSession>,
}

impl Surroundings {
    fn metered<'a>(&'a self, draft: &'a Invoice) -> &'a Invoice {
        self.usage.as_ref().map_or(draft, |(_, draft)| draft)
    }

    fn billed<'a>(&'a self, subscription: &'a Subscription) -> &'a Subscription {
        self.usage.as_ref().map_or(subscription, |(subscription, _)| subscription)
    }
}
