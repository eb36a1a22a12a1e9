//! Customers: what a change refers to, and that one who was billed stays.

use crate::{
    base::{
        error::Error,
        id::{CustomerId, Id, InvoiceId, Kind, PaymentMethodId},
        input::{Faults, Location},
    },
    model::{
        custom_field::{FieldChanges, ResolvedChanges},
        customer::{Customer, CustomerPatch},
        entity_type::EntityType,
        invoice::{Invoice, InvoiceState, of_customer},
        payment_method::PaymentMethod,
        tax_rate::TaxRateIds,
    },
    store::{Mark, Tx},
    work::Work,
};

impl Work {
    /// Puts into `tx`, which makes the object `by`, that the customer is billed: from then on it cannot
    /// be deleted. The first such object takes care of it; further ones share no item with each other.
    pub async fn bills<B: Kind>(
        &self,
        tx: &mut Tx,
        customer: &CustomerId,
        by: &Id<B>,
    ) -> Result<(), Error> {
        let mark = self.store().mark(self.account(), customer).await?;
        let marked = match &mark {
            Some(mark) => self.lasts(mark).await?,
            None => false,
        };
        if !marked {
            tx.while_exists(customer);
            tx.mark(customer, by);
        }
        Ok(())
    }

    /// Whether what marked a customer always will name it. An invoice that is a draft can be deleted:
    /// what is made after such a draft marks the customer again.
    async fn lasts(&self, mark: &Mark) -> Result<bool, Error> {
        let Ok(id) = mark.owner().parse::<InvoiceId>() else { return Ok(true) };
        let invoice: Option<Invoice> = self.look_for(&id).await?;
        Ok(invoice.is_some_and(|invoice| invoice.state() != InvoiceState::Draft))
    }
}

impl Work {
    /// Begins the deletion of a customer, who must never have been billed. The mark is read before the
    /// invoices are counted: a draft that is made in between changes it, and then the deletion is stale.
    pub async fn begin_customer_deletion(&self, customer: &Customer) -> Result<Tx, Error> {
        let mark = self.store().mark(self.account(), customer.id()).await?;
        let mut billed = match &mark {
            Some(mark) => self.lasts(mark).await?,
            None => false,
        };
        // A draft that can be deleted marks its customer until another one does.
        if mark.is_some() && !billed {
            let invoices = of_customer(customer.id());
            billed = self.store().total(self.account(), &invoices).await? > 0;
        }
        if billed {
            let hint = "has subscriptions or invoices and cannot be deleted: they name it; cancel its \
                        subscriptions instead";
            return Err(Error::not_now("customer", "in_use", hint));
        }
        if customer.has_credit() {
            let hint =
                "has a credit balance and cannot be deleted: it would be lost; take it to 0 first";
            return Err(Error::not_now("customer", "has_credit_balance", hint));
        }
        let mut tx = self.begin_asked();
        tx.unmark(customer.id(), mark);
        self.releases_customer(&mut tx, customer);
        Ok(tx)
    }

    /// The customer with the changes a client asks for; a payment method that becomes its default must
    /// be there when it does.
    pub async fn begin_customer_update(
        &self,
        customer: &Customer,
        patch: CustomerPatch,
    ) -> Result<(Tx, Customer), Error> {
        let method = patch.default_payment_method_id.value().cloned();
        let rates = patch.tax_rate_ids.value();
        let named = (method.as_ref(), rates, &patch.custom_fields);
        let fields = self.customer_references(Some(customer.id()), named).await?;
        let mut tx = self.begin_asked();
        if let Some(method) = &method {
            tx.while_exists(method);
        }
        let customer = tx.update(customer, customer.patched(patch, fields));
        Ok((tx, customer))
    }

    /// Checks what a customer's fields refer to, and finds the definitions of its custom fields. The
    /// default payment method is one of `customer`'s own; a new customer has none yet.
    pub async fn customer_references(
        &self,
        customer: Option<&CustomerId>,
        (method, rates, fields): (Option<&PaymentMethodId>, Option<&TaxRateIds>, &FieldChanges),
    ) -> Result<ResolvedChanges, Error> {
        let (body, mut faults) = (Location::body("customer"), Faults::default());
        self.named_tax_rates(rates, &body.field("tax_rate_ids"), &mut faults).await?;
        if let Some(id) = method {
            let method: Option<PaymentMethod> = self.look_for(id).await?;
            let own = |one: PaymentMethod| one.is_kept() && Some(one.customer_id()) == customer;
            if !method.is_some_and(own) {
                let hint = "names a payment method that the customer does not have";
                let at = body.field("default_payment_method_id");
                faults.not_valid(&at, "no_such_object", hint);
            }
        }
        let fields = self.custom_fields(EntityType::Customer, fields, &mut faults).await?;
        faults.settled().map(|()| fields)
    }
}

impl Work {
    /// What is charged where nothing else is named. One that is gone counts as none.
    pub async fn default_payment_method(
        &self,
        customer: &Customer,
    ) -> Result<Option<PaymentMethod>, Error> {
        match &customer.default_payment_method_id {
            Some(id) => self.look_for(id).await,
            None => Ok(None),
        }
    }
}
