//! Payment methods: a processor says what a token stands for before it is attached.

use crate::{
    base::error::Error,
    model::{
        customer::Customer,
        payment_method::{Addition, NOUN, NewPaymentMethod, PaymentMethod},
    },
    store::Tx,
    work::Work,
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
        let attached = self.attach(&processor, new.token.reveal()).await?.ok_or_else(|| {
            let hint = "is not known to the processor, or was used before";
            Error::rule(NOUN, "token", "unknown_token", hint)
        })?;
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
}
