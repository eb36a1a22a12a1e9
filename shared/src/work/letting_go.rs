//! What a processor is to let go: a card that was removed, and all that a customer had who was deleted.
//!
//! That it is to be let go is written in the transaction that removes it (`model/processor/watch.rs`), and
//! goes when the processor has answered. So a process may die anywhere, an answer may be lost, and it may
//! be asked for twice: there it is gone the first time.

use std::collections::BTreeSet;

use crate::{
    base::{
        error::Error,
        id::{CustomerId, ProcessorId},
        telemetry::log_failure,
    },
    model::{
        customer::Customer,
        payment_method::PaymentMethod,
        processor::{
            Attaching, Lost, Processor,
            watch::{Release, Released, Watch},
        },
    },
    store::Tx,
    work::Work,
};

impl Work {
    /// Puts into `tx`, which removes `method`, that its processor is to let it go. None, where it knows no
    /// cards.
    pub(super) fn releases(&self, tx: &mut Tx, method: &PaymentMethod) -> Option<Watch> {
        method.payer()?;
        let watch = Watch::over_card(self.record(), method.processor_id(), method.source());
        tx.insert(&watch);
        Some(watch)
    }

    /// Puts into `tx`, which deletes `customer`, that what they have is to be let go everywhere. Whoever
    /// never had a card costs nothing.
    pub(super) fn releases_customer(&self, tx: &mut Tx, customer: &Customer) {
        if customer.may_have_payment_methods() {
            tx.insert(&Watch::over_customer(self.record(), customer.id().clone()));
        }
    }

    /// Has a card let go of which `watch` says so, and what is left of that to the schedule.
    pub(super) async fn let_go_now(&self, watch: Watch, method: &PaymentMethod) {
        let asked = self.detached(watch.processor_id.as_ref(), method.source()).await;
        let done = match asked {
            Ok(Ok(())) => {
                let mut tx = self.begin();
                tx.discard(&watch);
                self.commit(tx).await
            }
            Ok(Err(Lost(why))) => Err(Error::Busy(why)),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            log_failure("a payment method is still known to its processor", &error.explained());
        }
    }

    /// Lets go what is due to be.
    pub(super) async fn let_go_of(&self, watch: Watch, release: Release) -> Result<(), Error> {
        let asked = match &release.what {
            Released::Card { source } => self.detached(watch.processor_id.as_ref(), source).await?,
            Released::Customer { customer_id } => self.forgotten(customer_id).await?,
        };
        let mut tx = self.begin();
        match asked {
            Ok(()) => tx.discard(&watch),
            Err(Lost(why)) => {
                log_failure("a processor did not let go what was removed", &why);
                tx.update(&watch, watch.asked_in_vain(self.now()));
            }
        }
        self.commit(tx).await
    }

    async fn detached(
        &self,
        processor: Option<&ProcessorId>,
        source: &str,
    ) -> Result<Result<(), Lost>, Error> {
        let Some(processor) = processor else { return Ok(Ok(())) };
        match self.look_for::<Processor>(processor).await? {
            Some(processor) => Ok(self.detach(&processor, source).await),
            None => Ok(Ok(())),
        }
    }

    /// Has each processor forget a customer who was deleted; then their payment methods go here, which say
    /// until then whom to ask for what.
    async fn forgotten(&self, customer: &CustomerId) -> Result<Result<(), Lost>, Error> {
        let list = PaymentMethod::of_customer(customer);
        let methods: Vec<PaymentMethod> = self.every(&list).await?;
        let of = |method: &PaymentMethod| {
            Some((method.processor_id().clone(), method.payer()?.to_owned()))
        };
        let payers: BTreeSet<(ProcessorId, String)> = methods.iter().filter_map(of).collect();
        for (processor, payer) in payers {
            if let Some(processor) = self.look_for::<Processor>(&processor).await?
                && let Err(lost) = self.forget_payer(&processor, &payer).await
            {
                return Ok(Err(lost));
            }
        }
        for method in &methods {
            let mut tx = self.begin();
            tx.delete(method);
            self.commit(tx).await?;
        }
        Ok(Ok(()))
    }

    /// What came of writing a card down that its processor knows already. Where its customer was deleted
    /// meanwhile nobody will ever have it, so it is let go.
    pub(super) async fn unless_orphaned<T>(
        &self,
        method: &PaymentMethod,
        written: Result<T, Error>,
    ) -> Result<T, Error> {
        if matches!(written, Err(Error::Stale)) {
            let customer = self.store().find::<Customer>(self.account(), method.customer_id());
            if customer.await?.is_none() {
                let mut tx = self.begin();
                self.releases(&mut tx, method);
                self.commit(tx).await?;
            }
        }
        written
    }

    /// Has a card let go that was set up for a customer who is not there any more.
    pub(super) async fn let_go_of_setup(
        &self,
        processor: &Processor,
        customer: &CustomerId,
        reference: &str,
    ) -> Result<(), Error> {
        match self.setup_outcome(processor, customer, reference).await {
            Attaching::Attached(attached) => {
                let gone = self.detach(processor, &attached.source).await;
                gone.map_err(|lost| Error::Busy(lost.0))
            }
            Attaching::Unknown(why) => Err(Error::Busy(why)),
            _ => Ok(()),
        }
    }
}
