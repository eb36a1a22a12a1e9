//! Finalization: an invoice gets its number, its credit and its final amounts, all at once.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    base::{error::Error, id::InvoiceId, telemetry::log_failure},
    model::{
        account::Account,
        checkout::CheckoutSession,
        credit_note::{Credit, CreditReason},
        customer::Customer,
        entity::Entity,
        invoice::{Invoice, InvoiceState, collect::Attempt, finalize::Finalized},
        subscription::Subscription,
    },
    store::{Tx, back_off, key::Key},
    work::{Answer, Work, invoices::collect::Means},
};

impl Work {
    /// Puts the finalization of `draft` into `tx`, and returns the invoice as it will be.
    pub async fn finalization(&self, tx: &mut Tx, draft: &Invoice) -> Result<Invoice, Error> {
        let around = self.surroundings(draft).await?;
        let sequence = self.store().numbers(self.account()).await?;
        tx.take(&sequence, 1);
        self.numbered(tx, draft, &around, sequence.next(), None).map(|(invoice, _)| invoice)
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

    /// Puts into `tx` that `draft` gets `number`, and that what is then due is going to be taken by
    /// `means`.
    fn numbered(
        &self,
        tx: &mut Tx,
        draft: &Invoice,
        around: &Surroundings,
        number: u64,
        means: Option<Means>,
    ) -> Result<(Invoice, Option<Attempt>), Error> {
        let now = self.now();
        let Finalized { invoice, credit } = around.metered(draft).finalized(
            number,
            (&around.account, &around.customer),
            self.id(),
            now,
        )?;
        if !credit.is_zero() {
            let reason =
                if credit.is_positive() { CreditReason::Surplus } else { CreditReason::Applied };
            self.credit(tx, &around.customer, Credit::of_invoice(&invoice, credit, reason))?;
        }
        let (invoice, attempt) = match means.filter(|_| invoice.is_to_be_collected(now)) {
            Some(means) => {
                let attempt = self.attempted(tx, (draft, invoice), means);
                (attempt.invoice.clone(), Some(attempt))
            }
            None => (tx.update(draft, invoice), None),
        };
        if let Some(subscription) = &around.subscription {
            tx.follow(subscription, around.billed(subscription).following(&invoice));
        }
        if let Some(session) = around.session.as_ref().filter(|_| invoice.due().is_zero()) {
            tx.follow(session, session.following(&invoice, now));
        }
        Ok((invoice, attempt))
    }

    /// Finalizes an invoice, unless it has been.
    pub async fn finalize(&self, id: &InvoiceId) -> Result<Invoice, Error> {
        self.finalize_by(id, false).await.map(|(invoice, _)| invoice)
    }

    /// Finalizes the drafts that a draft is behind and that are due as it is, the earliest first: of the
    /// periods of a subscription that are billed at once, an earlier one has a lower number. One that
    /// cannot be final holds up none; it fails by itself.
    pub(super) async fn finalize_those_before(&self, draft: &Invoice) -> Result<(), Error> {
        let (mut waiting, mut next) = (Vec::new(), draft.is_behind().cloned());
        while let Some(id) = next.take() {
            let earlier = self.look_for::<Invoice>(&id).await?;
            let Some(earlier) = earlier.filter(|one| self.is_due_draft(one)) else { break };
            next = earlier.is_behind().cloned();
            waiting.push(id);
        }
        for id in waiting.iter().rev() {
            let busy =
                |error: &Error| matches!(error, Error::Stale | Error::Contended | Error::Busy(_));
            if let Some(error) = self.finalize(id).await.err().filter(busy) {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether a new draft is behind one that has no number yet and is due: then it is not its turn.
    pub(crate) async fn is_behind_a_draft(&self, draft: &Invoice) -> Result<bool, Error> {
        let Some(id) = draft.is_behind() else { return Ok(false) };
        let earlier = self.look_for::<Invoice>(id).await?;
        Ok(earlier.is_some_and(|earlier| self.is_due_draft(&earlier)))
    }

    fn is_due_draft(&self, one: &Invoice) -> bool {
        one.state() == InvoiceState::Draft && one.due_at().is_some_and(|at| at <= self.now())
    }

    /// Finalizes an invoice, unless it has been, and takes the money that is to be taken now. The first
    /// attempt is written with the number.
    pub async fn finalize_and_collect(&self, id: &InvoiceId) -> Result<Invoice, Error> {
        match self.finalize_by(id, true).await? {
            (_, Some(attempt)) => self.collect_from(attempt).await,
            (invoice, None) => self.collect(invoice.id()).await,
        }
    }

    async fn finalize_by(
        &self,
        id: &InvoiceId,
        collects: bool,
    ) -> Result<(Invoice, Option<Attempt>), Error> {
        for attempt in 0..ATTEMPTS {
            let draft: Invoice = self.find(id).await?;
            if draft.state() != InvoiceState::Draft {
                return Ok((draft, None));
            }
            if self.imagined().is_some() {
                return self.finalized_in_imagination(&draft).await.map(|made| (made, None));
            }
            self.read_ahead(&self.keys_around(&draft)).await?;
            let around = self.surroundings(&draft).await?;
            let means = match collects && around.metered(&draft).will_be_charged() {
                true => self.next_means(&draft).await?,
                false => None,
            };
            match self.in_turn(draft, around, means).await {
                Err(Error::Stale) => back_off(attempt.min(4)).await,
                finalized => return finalized,
            }
        }
        Err(Error::Contended)
    }

    /// Makes the change `tx`, which makes `draft` for a subscription and leaves that as `subscription`; as
    /// `commit_first_answer` does, with `answer`. The draft gets its number in the same transaction, with the first
    /// attempt to pay, and then the money is taken. `Error::Stale` and `Error::Contended` mean that nothing
    /// was written: others were there, perhaps only to take a number, or the draft cannot be final.
    pub(crate) async fn commit_final<T>(
        &self,
        mut tx: Tx,
        (draft, subscription): (&Invoice, &Subscription),
        answer: &Answer<T>,
    ) -> Result<Option<Answer<T>>, Error> {
        let Ok((around, means)) = self.around_new(draft, subscription).await else {
            return Err(Error::Stale);
        };
        let (invoice, attempt) = {
            let mut known = self.store().turn_to_number(self.account()).await;
            let sequence = self.store().known_numbers(self.account(), &mut known).await?;
            tx.take(&sequence, 1);
            let numbered = self.numbered(&mut tx, draft, &around, sequence.next(), means);
            let numbered = numbered.map_err(|_| Error::Stale)?;
            if let Some(earlier) = self.commit_first_answer(tx, answer).await? {
                return Ok(Some(earlier));
            }
            *known = Some(sequence.after(1));
            numbered
        };
        let collected = match attempt {
            Some(attempt) => self.collect_from(attempt).await,
            None => self.collect(invoice.id()).await,
        };
        if let Err(error) = collected {
            log_failure(
                "an invoice could not be settled at once",
                &format!("{}: {}", invoice.id(), error.explained()),
            );
        }
        Ok(None)
    }

    /// What the finalization of a new draft depends on, and by what it is going to be paid.
    async fn around_new(
        &self,
        draft: &Invoice,
        subscription: &Subscription,
    ) -> Result<(Surroundings, Option<Means>), Error> {
        let around = Surroundings {
            account: self.find(self.account()).await?,
            customer: self.find(draft.customer_id()).await?,
            subscription: Some(subscription.clone()),
            usage: None,
            session: None,
        };
        let means = match draft.will_be_charged() {
            true => self.means_of(draft, Some(subscription)).await?,
            false => None,
        };
        Ok((around, means))
    }

    /// Whether a draft that is being made for `subscription` can be final in the same transaction: what
    /// it bills is known, and nothing else comes first.
    pub(crate) fn is_final_at_once(&self, draft: &Invoice, subscription: &Subscription) -> bool {
        let now = self.now();
        draft.due_at().is_some_and(|at| at <= now)
            && !draft.bills_usage()
            && draft.session_id().is_none()
            && !subscription.end_is_due(now)
    }

    /// What is read to finalize and to collect.
    pub(super) fn keys_around(&self, invoice: &Invoice) -> Vec<Key> {
        let subscription = invoice.subscription_id().map(|id| self.key_of(id));
        let session = invoice.session_id().map(|id| self.key_of(id));
        let always = [self.key_of(self.account()), self.key_of(invoice.customer_id())];
        always.into_iter().chain(subscription).chain(session).collect()
    }

    /// Gives `draft` the next number, when it is its turn: with others, in one transaction.
    async fn in_turn(
        &self,
        draft: Invoice,
        around: Surroundings,
        means: Option<Means>,
    ) -> Result<(Invoice, Option<Attempt>), Error> {
        let numbered = Arc::new(Mutex::new(None));
        let (work, kept) = (self.clone(), Arc::clone(&numbered));
        let change = move |number| {
            let mut tx = work.begin();
            let made = work.numbered(&mut tx, &draft, &around, number, means.clone())?;
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
            Ok(tx)
        };
        self.store().number(self.account(), self.known.clone(), Box::new(change)).await?;
        numbered.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(Error::Stale)
    }
}

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
