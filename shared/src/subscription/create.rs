//! A new subscription: what a client may ask for, and how it begins.
//!
//! One transaction writes the subscription, its first invoice and the coupon's redemption. The invoice
//! is then finalized and its money taken; if the process dies before that, both are due.

use super::{
    AppliedDiscount, Ledger, NewSubscriptionItem, Subscription, SubscriptionItem,
    SubscriptionState, renew::Bill,
};
use crate::{
    account::Account,
    billing::cycle::{Cycle, Interval, IntervalUnit, Period, days_after},
    coupon::Redemption,
    custom_field::{EntityType, FieldChanges, FieldValues, ResolvedChanges},
    customer::Customer,
    error::Error,
    http::{Context, Reply},
    id::{CouponId, CustomerId, InvoiceId, PaymentMethodId, ProcessorId, kind},
    input::{Faults, Integer, Location, Several, Text, input, rule},
    invoice::{BillingReason, CollectionMethod, Invoice, InvoiceItem},
    metadata::Metadata,
    money::Currency,
    payment_method::PaymentMethod,
    priced::Priced,
    promotion_code::Code,
    record::Record,
    store::{Entity, Tx},
    telemetry::log_failure,
    time::{TimeZoneName, Timestamp},
    work::Work,
};

/// How many items a subscription has at most.
pub(super) const MOST_ITEMS: usize = 20;

input! {
    /// What a client sends to create a subscription.
    pub struct NewSubscription {
        /// Who is billed.
        pub customer_id: CustomerId,
        /// The currency of its prices; that of its first price, when left out.
        pub currency: Option<Currency>,
        /// When it begins: later, or in the past, from where it catches up. Now, when left out.
        pub period_start: Option<Timestamp>,
        /// What periods are counted in; what its prices say, when left out.
        pub billing_interval: Option<IntervalUnit>,
        /// How many of them a period is long; what its prices say, when left out.
        pub billing_interval_count: Option<Integer<1, 1000>>,
        /// How its invoices get paid; charge_automatically, when left out.
        pub collection_method: Option<CollectionMethod>,
        /// Days until an invoice that is sent is due; the account's payment terms, when left out.
        pub net_d: Option<Integer<0, 365>>,
        /// The processor whose payment methods are charged; the account's default, when left out.
        pub processor_id: Option<ProcessorId>,
        /// What is subscribed to: 1 to 20 prices of one currency and interval.
        pub items: Several<NewSubscriptionItem>,
        /// When its trial ends. Not together with `trial_period_days`.
        pub trial_end: Option<Timestamp>,
        /// How many days its trial takes.
        pub trial_period_days: Option<Integer<1, 730>>,
        /// A coupon. Not together with `promotion_code`.
        pub coupon_id: Option<CouponId>,
        /// The code of a coupon, as a customer types it in.
        pub promotion_code: Option<Code>,
        /// What its invoices say about it.
        pub description: Option<Text<0, 500>>,
        /// What is charged; the customer's default, when left out.
        pub default_payment_method_id: Option<PaymentMethodId>,
        /// How many periods the contract runs.
        pub contract_length: Option<Integer<1, 1200>>,
        /// Whether another contract follows; true, when left out.
        pub auto_renew: Option<bool>,
        /// Free text by key.
        pub metadata: Metadata,
        /// Values of the custom fields that are defined for subscriptions.
        pub custom_fields: FieldChanges,
    }
    rules [
        rule::not_together(&["trial_end", "trial_period_days"]),
        rule::not_together(&["coupon_id", "promotion_code"]),
    ]
    example {
        "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
        "items": [{"price_id": "price_prod_0mkz6k3ca9b8c7d6", "quantity": 1}],
    }
}

/// A subscription that begins, before it is written.
pub struct Begun {
    /// The subscription.
    pub subscription: Subscription,
    /// Its first invoice, unless it begins later.
    pub invoice: Option<Invoice>,
    redemption: Option<Redemption>,
}

impl Begun {
    /// What it redeems.
    pub fn redemption(&self) -> Option<&Redemption> {
        self.redemption.as_ref()
    }

    /// Writes all of it.
    pub fn write(self, tx: &mut Tx) -> (Subscription, Option<InvoiceId>) {
        tx.insert(&self.subscription);
        if let Some(invoice) = &self.invoice {
            tx.insert(invoice);
        }
        if let Some(redemption) = self.redemption {
            redemption.count(tx);
        }
        (self.subscription, self.invoice.map(|invoice| invoice.id().clone()))
    }
}

/// What a new subscription refers to, read and checked.
struct References {
    account: Account,
    customer: Customer,
    prices: Priced,
    items: Vec<SubscriptionItem>,
    currency: Currency,
    interval: Interval,
    processor: Option<ProcessorId>,
    redemption: Option<Redemption>,
}

impl Work {
    /// A subscription as it begins. `None` means that faults were noted.
    pub async fn begun(
        &self,
        new: NewSubscription,
        fields: ResolvedChanges,
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<Option<Begun>, Error> {
        self.begun_with(new, fields, Vec::new(), body, faults).await
    }

    /// The same, with the lines `beside` on its first invoice that are sold once.
    pub async fn begun_with(
        &self,
        new: NewSubscription,
        fields: ResolvedChanges,
        beside: Vec<InvoiceItem>,
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<Option<Begun>, Error> {
        let references = self.references(&new, body, faults).await?;
        if new.trial_end.is_some() && new.trial_period_days.is_some() {
            let hint = "cannot be combined with trial_period_days";
            faults.not_valid(&body.field("trial_end"), "not_combinable", hint);
        }
        let Some(references) = references else { return Ok(None) };
        let start = new.period_start.unwrap_or(self.now());
        let trial_end = references.trial_end(&new, start)?;
        if trial_end.is_some_and(|end| end <= start) {
            let hint = "must be after the subscription's start";
            faults.not_valid(&body.field("trial_end"), "out_of_range", hint);
        }
        if let Some(redemption) = &references.redemption {
            redemption.check_fit((references.currency, true), body, faults);
        }
        if !faults.is_empty() {
            return Ok(None);
        }
        let mut subscription = self.made(new, &references, fields, (start, trial_end))?;
        let invoice = match subscription.state {
            SubscriptionState::Scheduled => None,
            _ => {
                let (after, invoice) = self.opened(&subscription, &references.prices, beside)?;
                subscription = after;
                Some(invoice)
            }
        };
        Ok(Some(Begun { subscription, invoice, redemption: references.redemption }))
    }

    fn made(
        &self,
        new: NewSubscription,
        references: &References,
        fields: ResolvedChanges,
        (start, trial_end): (Timestamp, Option<Timestamp>),
    ) -> Result<Subscription, Error> {
        let record: Record<kind::Subscription> = self.record();
        let zone = references.zone().clone();
        let anchor = trial_end.unwrap_or(start);
        let interval = references.interval;
        let period = match trial_end {
            Some(end) => Period { start, end },
            None => Cycle { anchor, interval, zone: zone.clone() }.period(0)?,
        };
        let discount = match &references.redemption {
            Some(redemption) => {
                let bill = (start, trial_end.unwrap_or(start));
                AppliedDiscount::of(self, redemption, references.currency, &zone, bill)?
            }
            None => None,
        };
        let state = if start > self.now() {
            SubscriptionState::Scheduled
        } else {
            SubscriptionState::Incomplete
        };
        Subscription {
            record,
            customer_id: new.customer_id,
            state,
            currency: references.currency,
            collection_method: new
                .collection_method
                .unwrap_or(CollectionMethod::ChargeAutomatically),
            net_d: new.net_d.map(Integer::get),
            processor_id: references.processor.clone(),
            default_payment_method_id: new.default_payment_method_id,
            items: references.items.clone(),
            billing_interval: interval.unit,
            billing_interval_count: interval.count.get(),
            billing_anchor: anchor,
            current_period_start: period.start,
            current_period_end: period.end,
            trial_start: trial_end.map(|_| start),
            trial_end,
            cancel_at: None,
            cancel_at_period_end: false,
            cancelled_at: None,
            contract_length: new.contract_length.map(Integer::get),
            auto_renew: new.auto_renew.unwrap_or(true),
            pause: None,
            pending_change: None,
            cancellation: None,
            discount,
            latest_invoice_id: None,
            change_reason: None,
            description: new.description.map(|text| text.as_str().to_owned()),
            metadata: new.metadata,
            custom_fields: fields.apply(FieldValues::new()),
            ledger: Ledger {
                zone,
                period: None,
                billed_period: None,
                billed: std::collections::BTreeMap::new(),
                pending: Vec::new(),
                unpaid: Vec::new(),
                reminded: false,
                waiting_change: None,
                ending: None,
                activity: super::change::Activity::default(),
            },
        }
        .with_contract_end()
    }

    /// The subscription in its first period, and the invoice for it: of nothing, for a trial.
    fn opened(
        &self,
        subscription: &Subscription,
        prices: &Priced,
        beside: Vec<InvoiceItem>,
    ) -> Result<(Subscription, Invoice), Error> {
        let trial = subscription.trial_end.is_some();
        let sent = subscription.collection_method == CollectionMethod::SendInvoice;
        let state = match (trial, sent) {
            (true, _) => SubscriptionState::Trialing,
            (false, true) => SubscriptionState::Active,
            (false, false) => SubscriptionState::Incomplete,
        };
        let opened = Subscription { state, ..subscription.clone() };
        let index = if trial { None } else { Some(0) };
        let bill = Bill {
            reason: BillingReason::SubscriptionCreate,
            index,
            period: opened.current_period(),
            from: None,
            finalize_at: self.now(),
        };
        self.billed_with(&opened, prices, bill, beside)
    }

    /// A scheduled subscription begins.
    pub(super) async fn start_subscription(
        &self,
        subscription: &Subscription,
    ) -> Result<(), Error> {
        let prices = self.priced(&subscription.price_ids()).await?;
        let (after, invoice) = self.opened(subscription, &prices, Vec::new())?;
        let mut tx = self.begin();
        tx.update(subscription, after);
        tx.insert(&invoice);
        self.commit(tx).await
    }

    /// Finalizes an invoice and takes its money. What cannot be done now is due.
    pub async fn settle_now(&self, invoice: &InvoiceId) {
        let settled = match self.finalize(invoice).await {
            Ok(_) => self.collect(invoice).await,
            Err(error) => Err(error),
        };
        if let Err(error) = settled {
            log_failure(
                "an invoice could not be settled at once",
                &format!("{invoice}: {error:?}"),
            );
        }
    }

    /// Reads and checks what a new subscription refers to. `None` means that faults were noted.
    async fn references(
        &self,
        new: &NewSubscription,
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<Option<References>, Error> {
        let account = self.own_account().await?;
        let customer: Option<Customer> =
            self.referred(&new.customer_id, &body.field("customer_id"), faults).await?;
        let ids: Vec<_> = new.items.iter().map(|item| item.price_id.clone()).collect();
        let prices = self.priced(&ids).await?;
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
            self.referred::<crate::processor::Processor>(id, &at, faults).await?;
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
        let items = new.items.iter().map(|item| item.made(self.id())).collect();
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
        id: &crate::id::Id<E::Kind>,
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<Option<E>, Error> {
        let found = self.store().find(self.account(), id).await?;
        if found.is_none() {
            let noun = <E::Kind as crate::id::Kind>::NOUN;
            faults.not_valid(at, "no_such_object", &format!("names a {noun} that does not exist"));
        }
        Ok(found)
    }

    /// Notes a payment method that is not the customer's.
    pub(super) async fn own_method(
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

impl References {
    /// Where the subscription's calendar is.
    fn zone(&self) -> &TimeZoneName {
        self.customer.timezone().unwrap_or(self.account.timezone())
    }

    /// The end of the trial that is asked for, with what a coupon adds to it: in calendar days.
    fn trial_end(
        &self,
        new: &NewSubscription,
        start: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let after = |start, days| days_after(start, days, self.zone());
        let days = new.trial_period_days.map(|days| after(start, days.get())).transpose()?;
        let asked = new.trial_end.or(days);
        let coupon = self.redemption.as_ref().map(Redemption::coupon);
        match coupon.and_then(crate::coupon::Coupon::trial_extension_days) {
            Some(days) => Ok(Some(after(asked.unwrap_or(start), days)?)),
            None => Ok(asked),
        }
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
    }
    currency.zip(interval)
}

/// Notes a price that cannot be billed in `currency` every `interval`.
pub(super) fn check_recurring(
    price_id: &crate::id::PriceId,
    prices: &Priced,
    (currency, interval): (Currency, Option<Interval>),
    at: &Location<'_>,
    faults: &mut Faults,
) {
    let Some((price, _)) = prices.usable(price_id, currency, at, faults) else { return };
    let hint = match price.interval() {
        None => "is a one-time price; a subscription needs recurring ones".to_owned(),
        Some(own) if Some(own) != interval => {
            format!("is billed every {} {}, unlike the subscription", own.count.get(), own.unit)
        }
        Some(_) => return,
    };
    faults.not_valid(at, "interval_mismatch", &hint);
}

impl Context {
    /// Creates a subscription, bills its first period and takes the money.
    pub async fn create_subscription(&self, mut new: NewSubscription) -> Reply<Subscription> {
        let (body, mut faults) = (Location::body("subscription"), Faults::default());
        let changes = std::mem::take(&mut new.custom_fields);
        let fields = self.custom_fields(EntityType::Subscription, &changes, &mut faults).await?;
        let begun = self.work().begun(new, fields, &body, &mut faults).await?;
        faults.settled()?;
        let begun = begun.ok_or(Error::Internal("a fault was not noted".to_owned()))?;
        let mut tx = self.begin();
        let (customer, id) = (begun.subscription.customer_id(), begun.subscription.id());
        self.work().bills(&mut tx, customer, id).await?;
        let (subscription, invoice) = begun.write(&mut tx);
        if let Some(earlier) = self.commit_first(tx, &subscription).await? {
            return Ok(earlier);
        }
        self.settled_subscription(subscription, invoice.as_ref()).await
    }

    /// Settles an invoice of a subscription that has been changed, and answers with what it then is.
    pub(super) async fn settled_subscription(
        &self,
        subscription: Subscription,
        invoice: Option<&InvoiceId>,
    ) -> Reply<Subscription> {
        if let Some(invoice) = invoice {
            self.work().settle_now(invoice).await;
        }
        let now = self.find(subscription.id()).await.unwrap_or(subscription);
        self.conclude(&now).await
    }
}
