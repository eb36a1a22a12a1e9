//! Payment methods: a processor says what a token stands for before it is attached.

use crate::{
    base::{
        error::{ActionAsked, Error},
        id::{CustomerId, kind},
        metadata::Metadata,
        page::PageRequest,
    },
    model::{
        customer::Customer,
        payment_method::{Addition, NOUN, NewPaymentMethod, PaymentMethod},
        processor::{
            Action, Attached, Attaching, Blame, Failure, NewCard, Outcome, Processor, Rejection,
            Standing, watch::Watch,
        },
        record::Record,
    },
    store::{Page, Tx, back_off},
    work::{
        Work,
        answer::{Deleted, Reply},
    },
};

/// What is known of a processor's name for a card.
enum Known {
    Nothing,
    Added(Box<PaymentMethod>),
    Removed,
}

impl Addition {
    /// Puts all of it into `tx`; the method, and the customer as it then is. Nothing else may change
    /// the customer in the same transaction.
    pub fn planned(self, tx: &mut Tx) -> (PaymentMethod, Customer) {
        let method = match &self.known {
            Some(known) => tx.update(known, self.method),
            None => {
                tx.insert(&self.method);
                self.method
            }
        };
        // Once for each processor, so that its customers do not meet in it.
        if !self.processor.is_used() {
            tx.update(&self.processor, self.processor.used());
        }
        if let Some(watch) = &self.watch {
            tx.insert(watch);
        }
        let customer = tx.update(&self.before, self.after);
        (method, customer)
    }
}

impl Work {
    /// Lets the processor say what `new` stands for: the customer's from now on.
    async fn payment_method(
        &self,
        customer: &Customer,
        new: NewPaymentMethod,
    ) -> Result<Addition, Error> {
        let return_url = new.return_url.as_ref().map(|url| url.as_str().to_owned());
        self.addition(customer, new, (true, return_url)).await
    }

    /// Adds what `new` stands for to the customer, and tries again what was not paid for want of it.
    pub async fn add_payment_method(
        &self,
        customer: &Customer,
        new: NewPaymentMethod,
    ) -> Reply<PaymentMethod> {
        let addition = self.payment_method(customer, new).await?;
        let mut tx = self.begin_asked();
        let (method, _) = addition.planned(&mut tx);
        let added = self.commit_and_answer(tx, method.clone()).await;
        let added = self.unless_orphaned(&method, added).await?;
        self.retry_invoices_of(customer.id()).await;
        Ok(added)
    }

    /// The same, of a card that is presented at a checkout whose payer comes back to `return_url`.
    pub(crate) async fn presented_method(
        &self,
        customer: &Customer,
        new: NewPaymentMethod,
        return_url: &str,
    ) -> Result<Addition, Error> {
        let addition = self.addition(customer, new, (false, Some(return_url.to_owned()))).await;
        addition.map(Addition::presented)
    }

    async fn addition(
        &self,
        customer: &Customer,
        new: NewPaymentMethod,
        (keeps, return_url): (bool, Option<String>),
    ) -> Result<Addition, Error> {
        let processor = self.processor_or_default(new.processor_id.as_ref(), NOUN).await?;
        let payer = self.payer_at(&processor, customer).await?;
        let token = new.token.reveal().to_owned();
        let card = NewCard { token, payer, keeps, return_url };
        let attaching = self.attach(&processor, customer.id(), card).await;
        if let Attaching::Rejected(rejection) = &attaching {
            self.note_state(&processor, &Outcome::Rejected(rejection.clone())).await;
        }
        let attached = attached(attaching)?;
        let known = match self.known_as(&processor, &attached.source).await? {
            Known::Nothing => None,
            Known::Added(method) if method.customer_id() == customer.id() => Some(*method),
            Known::Added(_) => return attached_to_another(),
            Known::Removed => {
                let hint = "stands for a card that was removed: let the processor's client-side \
                            library make another";
                return Err(Error::rule(NOUN, "token", "was_removed", hint));
            }
        };
        let wishes = (new.metadata, new.make_default == Some(true));
        let is_unwatched = self.is_unwatched(&processor).await?;
        Ok(self.added((customer, processor, is_unwatched), (attached, known), wishes))
    }

    fn added(
        &self,
        (customer, processor, is_unwatched): (&Customer, Processor, bool),
        (attached, known): (Attached, Option<PaymentMethod>),
        (metadata, make_default): (Metadata, bool),
    ) -> Addition {
        let method = match &known {
            Some(known) => known.added_again(attached.card, metadata),
            None => PaymentMethod::new(self.record(), customer, &processor, attached, metadata),
        };
        let becomes_default = make_default || customer.default_payment_method_id().is_none();
        let after = match becomes_default {
            true => customer.with_default_payment_method(Some(method.id().clone())),
            false => customer.clone(),
        };
        let watch = is_unwatched.then(|| {
            let id = Watch::id_of(processor.id());
            Watch::over(Record::new(id, self.account().clone(), self.now()), &processor)
        });
        Addition { method, known, processor, watch, before: customer.clone(), after }
    }

    /// Whether nobody asks yet which payments by the processor are disputed.
    async fn is_unwatched(&self, processor: &Processor) -> Result<bool, Error> {
        if !processor.has_payers() {
            return Ok(false);
        }
        let watch: Option<Watch> = self.look_for(&Watch::id_of(processor.id())).await?;
        Ok(watch.is_none())
    }

    async fn known_as(&self, processor: &Processor, source: &str) -> Result<Known, Error> {
        if !processor.has_payers() {
            return Ok(Known::Nothing);
        }
        let owner = self.store().owner_of_source(self.account(), processor.id(), source).await?;
        let Some(id) = owner else { return Ok(Known::Nothing) };
        let method: Option<PaymentMethod> = self.look_for(&id).await?;
        Ok(method.map_or(Known::Removed, |method| Known::Added(Box::new(method))))
    }

    /// Asks about a card that was set up to be the customer's, of which `processor` told something, and
    /// adds it where whoever wanted it has not heard of it. One that was removed stays away.
    pub(crate) async fn hear_of_setup(
        &self,
        processor: &Processor,
        customer: &CustomerId,
        reference: &str,
    ) -> Result<(), Error> {
        for attempt in 0..ATTEMPTS {
            let found: Option<Customer> = self.look_for(customer).await?;
            let Some(customer) = found else {
                return self.let_go_of_setup(processor, customer, reference).await;
            };
            let attached = match self.setup_outcome(processor, customer.id(), reference).await {
                Attaching::Attached(attached) => attached,
                Attaching::Unknown(why) => return Err(Error::Busy(why)),
                // It was presented at a checkout, or waits for its payer again.
                _ => return Ok(()),
            };
            let known = match self.known_as(processor, &attached.source).await? {
                Known::Added(method) if method.is_kept() => return Ok(()),
                Known::Removed => return Ok(()),
                Known::Added(method) => Some(*method),
                Known::Nothing => None,
            };
            let mut tx = self.begin();
            let wishes = (Metadata::default(), false);
            let from = (&customer, processor.clone(), self.is_unwatched(processor).await?);
            self.added(from, (attached, known), wishes).planned(&mut tx);
            match self.commit(tx).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt.min(4)).await,
                Err(error) => return Err(error),
                Ok(()) => {
                    self.retry_invoices_of(customer.id()).await;
                    return Ok(());
                }
            }
        }
        Err(Error::Contended)
    }

    /// Asks about a card of which `processor` told something: its bank has given it another date or number,
    /// or it was let go there, and is the customer's no more. Of cards that nobody here has nothing is
    /// asked.
    pub(crate) async fn hear_of_method(
        &self,
        processor: &Processor,
        source: &str,
    ) -> Result<(), Error> {
        for attempt in 0..ATTEMPTS {
            let Known::Added(method) = self.known_as(processor, source).await? else {
                return Ok(());
            };
            let method = *method;
            let standing = self.standing(processor, source).await;
            let mut tx = self.begin();
            let renewed = match standing.map_err(|lost| Error::Busy(lost.0))? {
                Standing::Attached(attached) => match method.described(attached.card) {
                    Some(after) => tx.update(&method, after).is_kept(),
                    None => return Ok(()),
                },
                // What a checkout waits for ends with the checkout.
                Standing::Detached if method.is_kept() => {
                    tx.delete(&method.let_go());
                    // A customer who was deleted has left it behind.
                    let customer: Option<Customer> = self.look_for(method.customer_id()).await?;
                    if let Some(customer) = customer {
                        tx.update(&customer, customer.without_payment_method(method.id()));
                    }
                    false
                }
                Standing::Detached | Standing::NeverSeen => return Ok(()),
            };
            match self.commit(tx).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt.min(4)).await,
                Ok(()) if renewed => {
                    self.reconsider(&method).await;
                    return Ok(());
                }
                written => return written,
            }
        }
        Err(Error::Contended)
    }

    /// Puts into `tx` that a card which was presented is the customer's from now on: it has paid, or was
    /// set up.
    pub(crate) async fn keep(&self, tx: &mut Tx, method: &PaymentMethod) -> Result<(), Error> {
        if method.is_kept() {
            tx.follow(method, method.kept());
            return Ok(());
        }
        let found: Option<Customer> = self.look_for(method.customer_id()).await?;
        let Some(customer) = found else { return Ok(()) };
        tx.update(method, method.kept());
        if method.makes_default() || customer.default_payment_method_id().is_none() {
            let after = customer.with_default_payment_method(Some(method.id().clone()));
            tx.update(&customer, after);
        }
        Ok(())
    }

    /// Deletes a payment method, and has its processor charge it no more.
    pub async fn remove_payment_method(
        &self,
        customer: Customer,
        method: PaymentMethod,
    ) -> Reply<Deleted<kind::PaymentMethod>> {
        let mut tx = self.begin_asked();
        tx.delete(&method.let_go());
        tx.update(&customer, customer.without_payment_method(method.id()));
        let watch = self.releases(&mut tx, &method);
        let answer = self.commit_deleted(tx, &method).await?;
        // A repeated request wrote nothing.
        if let Some(watch) = watch.filter(|_| !answer.replayed) {
            self.let_go_now(watch, &method).await;
        }
        Ok(answer)
    }

    /// The processor's name for a customer, where one of their payment methods says it.
    async fn payer_at(
        &self,
        processor: &Processor,
        customer: &Customer,
    ) -> Result<Option<String>, Error> {
        if !processor.has_payers() {
            return Ok(None);
        }
        let list = PaymentMethod::of_customer(customer.id());
        let page: Page<PaymentMethod> = self.page(&list, PageRequest::first(100)).await?;
        let same = page.items.iter().filter(|method| method.processor_id() == processor.id());
        Ok(same.filter_map(PaymentMethod::payer).next().map(str::to_owned))
    }
}

fn attached_to_another() -> Result<Addition, Error> {
    let hint = "is that of another customer's card";
    Err(Error::rule(NOUN, "token", "unknown_token", hint))
}

/// That the customer has to confirm the card first.
fn needs_customer(action: Action) -> Error {
    let hint = match &action.url {
        Some(url) => {
            format!("needs the customer's confirmation at {url}: send it again afterwards")
        }
        None => "needs the customer's confirmation first: send it with a return_url, or let the \
                 processor's client-side library confirm it, and send it again"
            .to_owned(),
    };
    let next = ActionAsked {
        r#type: action.r#type.as_str().to_owned(),
        url: action.url,
        payment_intent_id: None,
        processor_reference: action.reference,
    };
    match Error::rule(NOUN, "token", "authentication_required", &hint) {
        Error::Faulty(faults) => Error::ActionNeeded(faults, Box::new(next)),
        other => other,
    }
}

/// What can be charged from now on; or why not, as a client is told.
fn attached(attaching: Attaching) -> Result<Attached, Error> {
    match attaching {
        Attaching::Attached(attached) => Ok(attached),
        Attaching::UnknownToken => {
            let hint = "is not known to the processor, or was used before";
            Err(Error::rule(NOUN, "token", "unknown_token", hint))
        }
        Attaching::Declined(Failure { code, message, .. }) => {
            Err(Error::rule(NOUN, "token", &code, &format!("was declined: {message}")))
        }
        Attaching::ActionNeeded(action) => Err(needs_customer(action)),
        Attaching::Rejected(Rejection { blame: Blame::Account, .. }) => {
            let hint = "names a processor that does not accept the account's key";
            Err(Error::rule(NOUN, "processor_id", "processor_unavailable", hint))
        }
        Attaching::Rejected(Rejection { code, message, .. }) => {
            Err(Error::rule(NOUN, "token", &code, &format!("is refused: {message}")))
        }
        Attaching::Unknown(text) => Err(Error::Busy(text)),
    }
}

/// How often a card is added when others come between.
const ATTEMPTS: u32 = 8;
