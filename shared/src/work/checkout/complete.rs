//! The completion of a session, one committed step after the other.
//!
//! Each step reads what is there, does the next thing and commits it; a request that is repeated, or
//! meets another one, goes on from what it finds. So a session is completed at most once.

use super::pay::pending;
use crate::work::Work;
use crate::{
    base::{error::Error, hash::sha256, id::PaymentIntentId, money::Atoms},
    model::{
        checkout::{
            CheckoutMode, CheckoutSession, CheckoutState,
            begin::Begin,
            complete::{Completion, Means},
        },
        customer::Customer,
        hosted::Business,
        invoice::Invoice,
        payment_method::{NewPaymentMethod, PaymentMethod},
    },
    store::{Tx, back_off},
    work::answer::Reply,
};

/// One request to complete a session.
pub(super) struct Run<'a> {
    pub(super) work: &'a Work,
    pub(super) asked_for: Completion,
    /// Whether a payer's browser asks, and not the seller's server.
    pub(super) by_payer: bool,
    /// What the payer was shown that it comes to, where that is known.
    shown: Option<Atoms>,
    /// The company that the payer says it is bought for.
    pub(super) business: Option<Business>,
    /// Whether something was written by this request.
    pub(super) wrote: bool,
    /// What this request charges, once it is known.
    pub(super) method: Option<PaymentMethod>,
    /// The attempt that this request has made.
    pub(super) charged: Option<PaymentIntentId>,
    pub(super) questions: u32,
}

/// What a step leads to.
pub(super) enum Next {
    /// To the next one.
    Step,
    /// To the answer.
    Answer(Reply<CheckoutSession>),
}

impl Work {
    /// Completes a session, or answers with it if it is completed.
    pub async fn complete_checkout_session(
        &self,
        mut session: CheckoutSession,
        completion: Completion,
        (by_payer, shown, business): (bool, Option<Atoms>, Option<Business>),
    ) -> Reply<CheckoutSession> {
        let id = session.id().clone();
        let mut run = Run {
            work: self,
            asked_for: completion,
            by_payer,
            shown,
            business,
            wrote: false,
            method: None,
            charged: None,
            questions: 0,
        };
        for step in 0..STEPS {
            match Box::pin(run.step(session)).await {
                Ok(Next::Answer(answer)) => return answer,
                Ok(Next::Step) => {}
                Err(Error::Stale | Error::Contended) => back_off(step.min(4)).await,
                Err(error) => return Err(error),
            }
            session = self.find(&id).await?;
        }
        // Nothing irreversible that was begun is called nothing.
        Err(if run.charged.is_some() { pending() } else { Error::Contended })
    }
}

impl Run<'_> {
    async fn step(&mut self, session: CheckoutSession) -> Result<Next, Error> {
        if session.state() == CheckoutState::Completed {
            if let Some(earlier) = self.work.answered_before().await? {
                return Ok(Next::Answer(Ok(earlier)));
            }
            self.begin().guards(&session)?;
            return Ok(Next::Answer(self.work.answer(&session).await));
        }
        session.must_be_open("completed", self.work.now())?;
        self.must_present(&session)?;
        self.must_be_shown(&session)?;
        let Some(customer) = self.customer(&session).await? else {
            return self.introduce(session).await;
        };
        if let Some(after) = self.corrected(&session, &customer)? {
            return self.correct(session, customer, after).await;
        }
        if self.method.is_none() && !self.choose(&session, &customer).await? {
            return self.present(session, customer).await;
        }
        if session.mode == CheckoutMode::Setup {
            return self.set_up(session, customer).await;
        }
        if session.has_tiers() && self.method.is_none() {
            self.method = Some(self.default_method(&customer).await?);
        }
        match session.attempt.clone() {
            None => self.accept(session).await,
            Some(attempt) => {
                let made = self.work.made_for(&attempt).await?;
                match made.alive().cloned() {
                    None => self.start_over(session, made).await,
                    Some(invoice) => self.settle(session, made, invoice).await,
                }
            }
        }
    }

    /// A payer presents what is charged. Whoever opened a page must neither charge a card that was kept
    /// for something else, nor get what is sold without paying: the seller's server may do both. A payer
    /// who comes back from the bank presents nothing: what was charged is asked about.
    fn must_present(&self, session: &CheckoutSession) -> Result<(), Error> {
        let begun = session.attempt.as_ref();
        let presented = self.asked_for.payment_method.is_some()
            || begun.is_some_and(|attempt| attempt.payment_method_id.is_some());
        if !self.by_payer || presented || !session.amount_total_atom.is_positive() {
            return Ok(());
        }
        let hint = "is required: a payer presents what is charged";
        Err(Error::rule(NOUN, "payment_method", "required", hint))
    }

    /// Nobody is charged what they were not shown: another tab may have changed it since.
    fn must_be_shown(&self, session: &CheckoutSession) -> Result<(), Error> {
        let begun = session.attempt.is_some();
        match self.shown.filter(|shown| !begun && *shown != session.offered_total()) {
            Some(_) => {
                let hint = "comes to another amount than the page has shown";
                Err(Error::not_now(NOUN, "amount_changed", hint))
            }
            None => Ok(()),
        }
    }

    /// A change; the client's `If-Match` guards the first one.
    pub(super) fn begin(&self) -> Tx {
        if self.wrote { self.work.begin() } else { self.work.begin_asked() }
    }

    pub(super) async fn commit(&mut self, tx: Tx) -> Result<Next, Error> {
        self.work.commit(tx).await?;
        self.wrote = true;
        Ok(Next::Step)
    }

    /// Who buys, if somebody is known to.
    async fn customer(&self, session: &CheckoutSession) -> Result<Option<Customer>, Error> {
        let email = self.asked_for.customer_email.as_ref();
        let refused = |code: &str, hint: &str| Err(Error::rule(NOUN, "customer_email", code, hint));
        let Some(id) = &session.customer_id else {
            return match (email, &self.asked_for.payment_method) {
                (_, Some(Means::Saved(_))) => {
                    let hint = "names a payment method, but the session names no customer";
                    Err(Error::rule(NOUN, "payment_method", "no_such_object", hint))
                }
                (Some(_), _) => Ok(None),
                (None, _) => refused("required", "is required: the session names no customer"),
            };
        };
        if email.is_some() && email != session.customer_email.as_ref() && !session.introduced {
            return refused("not_allowed", "is another than that of the session's customer");
        }
        let found: Option<Customer> = self.work.look_for(id).await?;
        let gone = || Error::not_now(NOUN, "no_customer", "is of a customer who was deleted");
        found.ok_or_else(gone).map(Some)
    }

    /// Makes the customer.
    async fn introduce(&mut self, session: CheckoutSession) -> Result<Next, Error> {
        let email = self.asked_for.customer_email.clone();
        let email = email.ok_or(Error::Internal("checked before".to_owned()))?;
        let customer = Customer::of_email(self.work.record(), email);
        let customer = match &self.business {
            Some(business) => business.said_of(&customer)?,
            None => customer,
        };
        let mut tx = self.begin();
        tx.insert(&customer);
        tx.update(&session, session.introducing(&customer));
        self.commit(tx).await
    }

    /// Finds what is charged; false, where a card has yet to become a payment method.
    async fn choose(
        &mut self,
        session: &CheckoutSession,
        customer: &Customer,
    ) -> Result<bool, Error> {
        let id = match &self.asked_for.payment_method {
            None => return Ok(true),
            Some(Means::Saved(id)) => id,
            Some(Means::New(new)) => {
                let digest = digest(new);
                match session.presented.as_ref().filter(|one| one.digest == digest) {
                    Some(presented) => &presented.payment_method_id,
                    None => return Ok(false),
                }
            }
        };
        let found: Option<PaymentMethod> = self.work.look_for(id).await?;
        let new = matches!(self.asked_for.payment_method, Some(Means::New(_)));
        let own = found.filter(|method| method.customer_id() == customer.id());
        let own = own.filter(|method| new || method.is_kept());
        let hint = "names a payment method that the session's customer does not have";
        let refused = || Error::rule(NOUN, "payment_method", "no_such_object", hint);
        self.method = Some(own.ok_or_else(refused)?);
        Ok(true)
    }

    /// Where a payer comes back to from their bank: whoever pays on the session's own page, to that page,
    /// which says what became of it.
    pub(super) fn way_back(&self, session: &CheckoutSession) -> String {
        let page = session.url.as_ref().filter(|_| self.shown.is_some());
        page.unwrap_or(&session.return_url).as_str().to_owned()
    }

    /// Makes a payment method of a card that is presented.
    async fn present(
        &mut self,
        session: CheckoutSession,
        customer: Customer,
    ) -> Result<Next, Error> {
        let Some(Means::New(new)) = &self.asked_for.payment_method else {
            return Err(Error::Internal("no card is presented".to_owned()));
        };
        let (digest, mut new) = (digest(new), new.clone());
        if new.processor_id.is_none() {
            new.processor_id = self.work.first_processor(&session).await?;
        }
        self.begin().guards(&session)?;
        let return_url = self.way_back(&session);
        let added = self.work.presented_method(&customer, *new, &return_url).await;
        let addition = added.map_err(|error| match error {
            Error::Faulty(faults) => Error::Faulty(faults.below("/payment_method")),
            Error::ActionNeeded(faults, next) => {
                Error::ActionNeeded(faults.below("/payment_method"), next)
            }
            error => error,
        })?;
        let mut tx = self.begin();
        let (method, _) = addition.planned(&mut tx);
        tx.update(&session, session.presented(digest, method.id().clone()));
        let presented = self.commit(tx).await;
        let next = self.work.unless_orphaned(&method, presented).await?;
        self.method = Some(method);
        Ok(next)
    }

    async fn set_up(
        &mut self,
        session: CheckoutSession,
        customer: Customer,
    ) -> Result<Next, Error> {
        let method = match &self.method {
            Some(method) => method.clone(),
            None => self.default_method(&customer).await?,
        };
        let mut tx = self.begin();
        self.work.keep(&mut tx, &method).await?;
        let session = tx.update(&session, session.set_up(method.id(), self.work.now()));
        let answer = self.work.commit_and_answer(tx, session).await?;
        if self.wrote {
            self.work.retry_invoices_of(customer.id()).await;
        }
        Ok(Next::Answer(Ok(answer)))
    }

    async fn default_method(&self, customer: &Customer) -> Result<PaymentMethod, Error> {
        let found = self.work.default_payment_method(customer).await?;
        let hint = "is required: the customer has no default payment method";
        found.ok_or_else(|| Error::rule(NOUN, "payment_method", "required", hint))
    }

    /// Writes what the offer stands for. Without a method to charge, that completes the session.
    async fn accept(&mut self, session: CheckoutSession) -> Result<Next, Error> {
        let begin = self.work.begin_sale(&session, self.method.as_ref()).await?;
        let Begin { attempt, invoice, .. } = &begin;
        let after = match &self.method {
            Some(_) => session.attempting(attempt.clone()),
            None => session.sold(attempt, invoice, self.work.now()),
        };
        let (attempt, invoice) = (attempt.clone(), invoice.clone());
        let completes = self.method.is_none();
        let mut tx = self.begin();
        let customer = session.customer()?;
        match &attempt.subscription_id {
            Some(id) => self.work.bills(&mut tx, customer, id).await?,
            None => self.work.bills(&mut tx, customer, invoice.id()).await?,
        }
        begin.write(&mut tx);
        let session = tx.update(&session, after);
        if completes { self.completed(tx, session, &invoice).await } else { self.commit(tx).await }
    }

    /// Commits the completion of a session whose invoice is then collected by itself.
    pub(super) async fn completed(
        &mut self,
        tx: Tx,
        session: CheckoutSession,
        invoice: &Invoice,
    ) -> Result<Next, Error> {
        if let Some(earlier) = self.work.commit_first(tx, &session).await? {
            return Ok(Next::Answer(Ok(earlier)));
        }
        self.work.settle_now(invoice.id()).await;
        let now = self.work.find(session.id()).await.unwrap_or(session);
        Ok(Next::Answer(self.work.conclude(&now).await))
    }
}

const NOUN: &str = "checkout session";

/// How many steps a completion takes at most, others' in between counted.
const STEPS: u32 = 64;

/// The same for the same card at the same processor. A token is used once and says nothing of its card.
fn digest(new: &NewPaymentMethod) -> String {
    let processor = new.processor_id.as_ref().map_or("", |id| id.as_str());
    sha256(format!("{processor}\n{}", new.token.reveal()))
}
