//! What a new subscription refers to, read and checked.

use crate::{
    base::{
        error::Error,
        id::{CustomerId, PaymentMethodId, ProcessorId},
        input::{Faults, Integer, Location},
        money::Currency,
        time::TimeZoneName,
    },
    model::{
        account::Account,
        billing::cycle::Interval,
        customer::Customer,
        entity::Entity,
        invoice::CollectionMethod,
        payment_method::PaymentMethod,
        priced::Priced,
        redemption::Redemption,
        subscription::{
            NewSubscriptionItem, SubscriptionItem,
            create::{MOST_ITEMS, NewSubscription, check_quantity, check_recurring},
        },
    },
    work::Work,
};

impl Work {
    /// Reads and checks what a new subscription refers to. `None` means that faults were noted.
    pub(super) async fn subscription_references(
        &self,
        new: &NewSubscription,
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<Option<References>, Error> {
        let ids: Vec<_> = new.items.iter().map(|item| item.price_id.clone()).collect();
        let mut ahead = vec![self.key_of(self.account()), self.key_of(&new.customer_id)];
        ahead.extend(ids.iter().map(|id| self.key_of(id)));
        ahead.extend(new.processor_id.as_ref().map(|id| self.key_of(id)));
        ahead.extend(new.default_payment_method_id.as_ref().map(|id| self.key_of(id)));
        self.read_ahead(&ahead).await?;
        let account = self.own_account().await?;
        let customer: Option<Customer> =
            self.referred(&new.customer_id, &body.field("customer_id"), faults).await?;
        let prices = self.billable(Some(&new.customer_id), &ids).await?;
        let terms = terms_of(new, &prices, body, faults);
        let processor = new.processor_id.as_ref().or(account.default_processor_id()).cloned();
        let automatic = new.collection_method != Some(CollectionMethod::SendInvoice);
        if processor.is_none() && automatic {
            let hint = "is required: the account has no default_processor_id, and the subscription \
                        is charged automatically";
            faults.not_valid(&body.field("processor_id"), "required", hint);
        }
        if let Some(id) = &new.processor_id {
            let at = body.field("processor_id");
            self.referred::<crate::model::processor::Processor>(id, &at, faults).await?;
        }
        self.own_method(
            new.default_payment_method_id.as_ref(),
            &new.customer_id,
            &body.field("default_payment_method_id"),
            faults,
        )
        .await?;
        let coupon = (new.coupon_id.as_ref(), new.promotion_code.as_ref());
        let redemption = self.redemption(body, coupon, Some(&new.customer_id), faults).await?;
        let (Some(customer), Some((currency, interval))) = (customer, terms) else {
            return Ok(None);
        };
        let item = |item: &NewSubscriptionItem| item.made(self.id()).measured_as(&prices);
        let items = new.items.iter().map(item).collect();
        Ok(Some(References {
            account,
            customer,
            prices,
            items,
            currency,
            interval,
            processor,
            redemption,
        }))
    }

    /// The object that a request refers to, or a fault.
    pub async fn referred<E: Entity>(
        &self,
        id: &crate::base::id::Id<E::Kind>,
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<Option<E>, Error> {
        let found = self.look_for(id).await?;
        if found.is_none() {
            let noun = <E::Kind as crate::base::id::Kind>::NOUN;
            faults.not_valid(at, "no_such_object", &format!("names a {noun} that does not exist"));
        }
        Ok(found)
    }

    /// Notes a payment method that is not the customer's.
    pub(in crate::work::subscriptions) async fn own_method(
        &self,
        method: Option<&PaymentMethodId>,
        customer: &CustomerId,
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<(), Error> {
        let Some(id) = method else { return Ok(()) };
        let method: Option<PaymentMethod> = self.referred(id, at, faults).await?;
        if method.is_some_and(|method| method.customer_id() != customer) {
            faults.not_valid(at, "no_such_object", "names a payment method of another customer");
        }
        Ok(())
    }
}

/// What a new subscription refers to, read and checked.
pub(super) struct References {
    pub(super) account: Account,
    pub(super) customer: Customer,
    pub(super) prices: Priced,
    pub(super) items: Vec<SubscriptionItem>,
    pub(super) currency: Currency,
    pub(super) interval: Interval,
    pub(super) processor: Option<ProcessorId>,
    pub(super) redemption: Option<Redemption>,
}

impl References {
    /// Where the subscription's calendar is.
    pub(super) fn zone(&self) -> &TimeZoneName {
        self.customer.timezone().unwrap_or(self.account.timezone())
    }
}

/// The currency and the interval that all prices share.
fn terms_of(
    new: &NewSubscription,
    prices: &Priced,
    body: &Location<'_>,
    faults: &mut Faults,
) -> Option<(Currency, Interval)> {
    let items = body.field("items");
    if new.items.len() > MOST_ITEMS {
        faults.not_valid(&items, "too_many", &format!("has more than {MOST_ITEMS} items"));
        return None;
    }
    let first = new.items.first().and_then(|item| prices.get(&item.price_id));
    let currency = new.currency.or(first.map(|(price, _)| price.currency()));
    let own = first.and_then(|(price, _)| price.interval());
    let interval = match (new.billing_interval, own) {
        (Some(unit), _) => {
            let count = new.billing_interval_count.map_or(1, Integer::get);
            Some(Interval { unit, count: Integer::clamped(count) })
        }
        (None, own) => own,
    };
    for (index, item) in new.items.iter().enumerate() {
        let item_at = items.index(index);
        let at = item_at.field("price_id");
        let Some(currency) = currency else {
            faults.not_valid(&at, "no_such_object", "names a price that does not exist");
            continue;
        };
        check_recurring(&item.price_id, prices, (currency, interval), &at, faults);
        let (given, at) = (item.quantity.is_some(), item_at.field("quantity"));
        check_quantity(&item.price_id, given, prices, &at, faults);
    }
    currency.zip(interval)
}
