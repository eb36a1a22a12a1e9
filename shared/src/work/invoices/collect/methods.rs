//! By what an invoice is charged: which payment method comes next.

use super::Means;
use crate::{
    base::{error::Error, id::PaymentMethodId},
    model::{
        customer::Customer, invoice::Invoice, payment_method::PaymentMethod, processor::Processor,
        subscription::Subscription,
    },
    work::Work,
};

impl Work {
    /// The payment method that is charged next, but for `refused`: the subscription's, the customer's
    /// default, then the others in the order in which they were added.
    pub(in crate::work::invoices) async fn next_method(
        &self,
        invoice: &Invoice,
        refused: Option<&PaymentMethodId>,
    ) -> Result<Option<PaymentMethod>, Error> {
        let subscription = self.subscription_of(invoice).await?;
        self.next_method_by(invoice, subscription.as_ref(), refused).await
    }

    /// The same, of an invoice that bills `subscription`.
    async fn next_method_by(
        &self,
        invoice: &Invoice,
        subscription: Option<&Subscription>,
        refused: Option<&PaymentMethodId>,
    ) -> Result<Option<PaymentMethod>, Error> {
        let customer: Customer = self.find(invoice.customer_id()).await?;
        let first = subscription.and_then(Subscription::default_payment_method_id);
        let first = [first, customer.default_payment_method_id()];
        if !invoice.is_routed() && refused.is_none() {
            // The one to be charged first is mostly there, and then no list is read.
            if let Some(method) = self.first_of(&first, invoice).await? {
                return Ok(Some(method));
            }
        }
        let processor = subscription.and_then(Subscription::processor_id);
        let list = PaymentMethod::of_customer(customer.id());
        let mut methods: Vec<PaymentMethod> = self.every(&list).await?;
        methods.reverse();
        let rank = |method: &PaymentMethod| {
            let place = first.iter().position(|first| *first == Some(method.id()));
            (invoice.place_of(method.processor_id()), place.unwrap_or(first.len()))
        };
        methods.sort_by_key(rank);
        let of_processor = |method: &PaymentMethod| match invoice.is_routed() {
            true => invoice.place_of(method.processor_id()).is_some(),
            false => {
                processor.is_none_or(|processor| processor == method.processor_id())
                    || first.contains(&Some(method.id()))
            }
        };
        Ok(methods.into_iter().find(|method| {
            Some(method.id()) != refused
                && !method.is_declined()
                && !invoice.collection().has_refused(method.id())
                && of_processor(method)
        }))
    }

    /// The first of some methods, where it is one of the customer's that has not been refused.
    async fn first_of(
        &self,
        methods: &[Option<&PaymentMethodId>],
        invoice: &Invoice,
    ) -> Result<Option<PaymentMethod>, Error> {
        let Some(id) = methods.iter().flatten().next() else { return Ok(None) };
        let method: Option<PaymentMethod> = self.look_for(id).await?;
        Ok(method.filter(|method| {
            method.is_kept()
                && !method.is_declined()
                && method.customer_id() == invoice.customer_id()
                && !invoice.collection().has_refused(method.id())
        }))
    }

    /// What an invoice is going to be charged to as soon as it is final, if it can be.
    pub(in crate::work::invoices) async fn next_means(
        &self,
        draft: &Invoice,
    ) -> Result<Option<Means>, Error> {
        let subscription = self.subscription_of(draft).await?;
        self.means_of(draft, subscription.as_ref()).await
    }

    /// The same, of a draft that bills `subscription`.
    pub(in crate::work::invoices) async fn means_of(
        &self,
        draft: &Invoice,
        subscription: Option<&Subscription>,
    ) -> Result<Option<Means>, Error> {
        let method = self.next_method_by(draft, subscription, None).await?;
        let Some(method) = method else { return Ok(None) };
        let processor: Option<Processor> = self.look_for(method.processor_id()).await?;
        let means = |processor| Means { method, processor, amount: None, return_url: None };
        Ok(processor.map(means))
    }
}
