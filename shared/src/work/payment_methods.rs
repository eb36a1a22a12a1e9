//! Payment methods: a processor says what a token stands for before it is attached.

use crate::{
    base::{error::Error, id::kind, page::PageRequest, telemetry::log_failure},
    model::{
        customer::Customer,
        payment_method::{Addition, NOUN, NewPaymentMethod, PaymentMethod},
        processor::{Attached, Attaching, Blame, Failure, Lost, Processor, Rejection},
    },
    store::{Page, Tx},
    work::{
        Work,
        answer::{Deleted, Reply},
    },
};

impl Addition {
    /// Puts all of it into `tx`; the method, and the customer as it then is. Nothing else may change
    /// the customer in the same transaction.
    pub fn planned(self, tx: &mut Tx) -> (PaymentMethod, Customer) {
        tx.insert(&self.method);
        // Once for each processor, so that its customers do not meet in it.
        if !self.processor.is_used() {
            tx.update(&self.processor, self.processor.used());
        }
        let customer = tx.update(&self.before, self.after);
        (self.method, customer)
    }
}

impl Work {
    /// Lets the processor say what `new` stands for.
    pub async fn payment_method(
        &self,
        customer: &Customer,
        new: NewPaymentMethod,
    ) -> Result<Addition, Error> {
        let processor = self.processor_or_default(new.processor_id.as_ref(), NOUN).await?;
        let payer = self.payer_at(&processor, customer).await?;
        let card = (new.token.reveal(), payer);
        let attached = attached(self.attach(&processor, customer.id(), card).await)?;
        let method =
            PaymentMethod::new(self.record(), customer, &processor, attached, new.metadata);
        let becomes_default =
            new.make_default == Some(true) || customer.default_payment_method_id().is_none();
        let after = match becomes_default {
            true => customer.with_default_payment_method(Some(method.id().clone())),
            false => customer.clone(),
        };
        Ok(Addition { method, processor, before: customer.clone(), after })
    }

    /// Puts into `tx` that a card which was presented is the customer's from now on: it has paid, or was
    /// set up.
    pub(crate) async fn keep(&self, tx: &mut Tx, method: &PaymentMethod) -> Result<(), Error> {
        if method.is_kept() {
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
        tx.delete(&method);
        tx.update(&customer, customer.without_payment_method(method.id()));
        let answer = self.commit_deleted(tx, &method).await?;
        let processor: Option<Processor> = self.look_for(method.processor_id()).await?;
        if let Some(processor) = processor.filter(Processor::has_payers)
            && let Err(Lost(why)) = self.detach(&processor, method.source()).await
        {
            log_failure("a payment method is still known to its processor", &why);
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
        Attaching::ActionNeeded(_) => {
            let hint = "needs the customer's confirmation first: let the processor's client-side \
                        library confirm it, and send it again";
            Err(Error::rule(NOUN, "token", "authentication_required", hint))
        }
        Attaching::Rejected(Rejection { code, message, blame: Blame::Account }) => {
            log_failure("a processor refuses an account", &format!("{code}: {message}"));
            let hint = "names a processor that does not accept the account's key";
            Err(Error::rule(NOUN, "processor_id", "processor_unavailable", hint))
        }
        Attaching::Rejected(Rejection { code, message, .. }) => {
            Err(Error::rule(NOUN, "token", &code, &format!("is refused: {message}")))
        }
        Attaching::Unknown(text) => Err(Error::Busy(text)),
    }
}
