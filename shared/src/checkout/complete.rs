//! Completion: step by step from an open session to a completed one.
//!
//! 1. Somebody buys: a customer is made of an e-mail address, where the session names none.
//! 2. A card that is presented becomes a payment method of theirs.
//! 3. What the offer stands for is written, and linked to the session, which is still open.
//! 4. The invoice is finalized, and charged like any other; its payment and the completion of the
//!    session are one transaction (`invoice/collect.rs`).
//!
//! Each step is one transaction on the condition that the session, or the invoice, is what was read,
//! and is not done again by whoever finds it done. So two who complete a session at once take turns;
//! whoever comes after the payment is answered with the completed session. A process that dies leaves
//! a session whose next step anybody can do: the next request, or, once an attempt to charge is
//! written down, the invoice when it is due.
//!
//! Without a payment method to charge, step 3 completes the session, and its invoice is collected like
//! that of a subscription.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{CheckoutMode, CheckoutSession, CheckoutState, begin::Begin};
use crate::{
    customer::Customer,
    error::Error,
    http::{Context, Reply},
    id::{PaymentIntentId, PaymentMethodId},
    input::{Email, Faults, Input, Json, Location, input},
    invoice::Invoice,
    payment_method::{NewPaymentMethod, PaymentMethod},
    store::{Tx, back_off},
};

/// What is charged, or set up.
#[derive(Clone, Debug)]
pub enum Means {
    /// A payment method of the customer.
    Saved(PaymentMethodId),
    /// A card that is presented now.
    New(Box<NewPaymentMethod>),
}

impl Input for Means {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Json::Object(_) => {
                NewPaymentMethod::read(value, at, faults).map(Box::new).map(Self::New)
            }
            value => PaymentMethodId::read(value, at, faults).map(Self::Saved),
        }
    }
}

impl JsonSchema for Means {
    fn schema_name() -> Cow<'static, str> {
        "Means".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let saved = generator.subschema_for::<PaymentMethodId>();
        let new = generator.subschema_for::<NewPaymentMethod>();
        json_schema!({"anyOf": [saved, new]})
    }
}

input! {
    /// How a session is completed.
    pub struct Completion {
        /// What is charged, or set up: the id of a payment method of the customer, or a token of a
        /// card. A decline is answered with 422, and the session stays open. When left out, what the
        /// customer has is charged as for any invoice, and the session is completed in any case.
        payment_method: Option<Means>,
        /// Who buys, where the session names no customer: one is made.
        customer_email: Option<Email>,
    }
    example {
        "payment_method": {"token": "test_success", "processor_id": "proc_prod_0mkz6k3cp1r2o3c4"},
    }
}

const NOUN: &str = "checkout session";
/// How many steps a completion takes at most, others' in between counted.
const STEPS: u32 = 64;

/// One request to complete a session.
pub(super) struct Run<'a> {
    pub(super) cx: &'a Context,
    asked_for: Completion,
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

impl Context {
    /// Completes a session, or answers with it if it is completed.
    pub async fn complete_checkout_session(
        &self,
        mut session: CheckoutSession,
        completion: Completion,
    ) -> Reply<CheckoutSession> {
        let id = session.id().clone();
        let mut run = Run {
            cx: self,
            asked_for: completion,
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
        Err(Error::Contended)
    }
}

impl Run<'_> {
    async fn step(&mut self, session: CheckoutSession) -> Result<Next, Error> {
        if session.state() == CheckoutState::Completed {
            if let Some(earlier) = self.cx.answered_before().await? {
                return Ok(Next::Answer(Ok(earlier)));
            }
            self.begin().guards(&session)?;
            return Ok(Next::Answer(self.cx.reply(session).await));
        }
        session.must_be_open("completed", self.cx.now())?;
        let Some(customer) = self.customer(&session).await? else {
            return self.introduce(session).await;
        };
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
                let made = self.cx.work().made_for(&attempt).await?;
                match made.alive().cloned() {
                    None => self.start_over(session, made).await,
                    Some(invoice) => self.settle(session, made, invoice).await,
                }
            }
        }
    }

    /// A change; the client's `If-Match` guards the first one.
    pub(super) fn begin(&self) -> Tx {
        if self.wrote { self.cx.work().begin() } else { self.cx.begin() }
    }

    pub(super) async fn commit(&mut self, tx: Tx) -> Result<Next, Error> {
        self.cx.work().commit(tx).await?;
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
        if email.is_some() && email != session.customer_email.as_ref() {
            return refused("not_allowed", "is another than that of the session's customer");
        }
        let found: Option<Customer> = self.cx.store().find(self.cx.account(), id).await?;
        let gone = || Error::not_now(NOUN, "no_customer", "is of a customer who was deleted");
        found.ok_or_else(gone).map(Some)
    }

    /// Makes the customer.
    async fn introduce(&mut self, session: CheckoutSession) -> Result<Next, Error> {
        let email = self.asked_for.customer_email.clone();
        let email = email.ok_or(Error::Internal("checked before".to_owned()))?;
        let customer = Customer::of_email(self.cx.record(), email);
        let mut tx = self.begin();
        tx.insert(&customer);
        tx.update(&session, session.of(&customer));
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
        let found: Option<PaymentMethod> = self.cx.store().find(self.cx.account(), id).await?;
        let own = found.filter(|method| method.customer_id() == customer.id());
        let hint = "names a payment method that the session's customer does not have";
        let refused = || Error::rule(NOUN, "payment_method", "no_such_object", hint);
        self.method = Some(own.ok_or_else(refused)?);
        Ok(true)
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
            new.processor_id = self.cx.work().first_processor(&session).await?;
        }
        self.begin().guards(&session)?;
        let added = self.cx.work().payment_method(&customer, *new).await;
        let addition = added.map_err(|error| match error {
            Error::Faulty(faults) => Error::Faulty(faults.below("/payment_method")),
            error => error,
        })?;
        let mut tx = self.begin();
        let (method, _) = addition.planned(&mut tx);
        tx.update(&session, session.presented(digest, method.id().clone()));
        let next = self.commit(tx).await?;
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
        let session = tx.update(&session, session.set_up(method.id(), self.cx.now()));
        let answer = self.cx.commit(tx, session).await?;
        if self.wrote {
            self.cx.work().retry_invoices_of(customer.id()).await;
        }
        Ok(Next::Answer(Ok(answer)))
    }

    async fn default_method(&self, customer: &Customer) -> Result<PaymentMethod, Error> {
        let found = self.cx.work().default_payment_method(customer).await?;
        let hint = "is required: the customer has no default payment method";
        found.ok_or_else(|| Error::rule(NOUN, "payment_method", "required", hint))
    }

    /// Writes what the offer stands for. Without a method to charge, that completes the session.
    async fn accept(&mut self, session: CheckoutSession) -> Result<Next, Error> {
        let begin = self.cx.work().begin_sale(&session, self.method.as_ref()).await?;
        let Begin { attempt, invoice, .. } = &begin;
        let after = match &self.method {
            Some(_) => session.attempting(attempt.clone()),
            None => session.sold(attempt, invoice, self.cx.now()),
        };
        let (attempt, invoice) = (attempt.clone(), invoice.clone());
        let completes = self.method.is_none();
        let mut tx = self.begin();
        let customer = session.customer()?;
        match &attempt.subscription_id {
            Some(id) => self.cx.work().bills(&mut tx, customer, id).await?,
            None => self.cx.work().bills(&mut tx, customer, invoice.id()).await?,
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
        if let Some(earlier) = self.cx.commit_first(tx, &session).await? {
            return Ok(Next::Answer(Ok(earlier)));
        }
        self.cx.work().settle_now(invoice.id()).await;
        let now = self.cx.find(session.id()).await.unwrap_or(session);
        Ok(Next::Answer(self.cx.conclude(&now).await))
    }
}

/// The same for the same card at the same processor. A token is used once and says nothing of its card.
fn digest(new: &NewPaymentMethod) -> String {
    let processor = new.processor_id.as_ref().map_or("", |id| id.as_str());
    let text = format!("{processor}\n{}", new.token.reveal());
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    data_encoding::HEXLOWER.encode(digest.as_ref())
}
