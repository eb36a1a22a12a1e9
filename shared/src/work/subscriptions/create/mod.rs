//! A new subscription: how it begins.
//!
//! One transaction writes the subscription, its first invoice and the coupon's redemption. The invoice
//! is then finalized and its money taken; if the process dies before that, both are due.

mod references;

use self::references::References;
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, kind},
        input::{Faults, Integer, Location},
        telemetry::log_failure,
        time::Timestamp,
    },
    model::{
        billing::cycle::{Cycle, Period},
        custom_field::{FieldValues, ResolvedChanges},
        entity::size,
        entity_type::EntityType,
        invoice::{BillingReason, CollectionMethod, Invoice, InvoiceItem},
        priced::Priced,
        record::Record,
        redemption::Redemption,
        subscription::{
            AppliedDiscount, Ledger, Subscription, SubscriptionState,
            create::{Begun, NewSubscription, trial_end},
        },
    },
    store::{Known, Tx},
    work::{
        Work,
        answer::Reply,
        coupons::redeem,
        subscriptions::renew::{Bill, unbillable},
    },
};

/// How long ago a subscription may have begun: five years, with their leap days.
const MOST_DAYS_BACK: i64 = 5 * 365 + 2;

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
            redeem(tx, &redemption);
        }
        (self.subscription, self.invoice.map(|invoice| invoice.id().clone()))
    }
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
        let references = self.subscription_references(&new, body, faults).await?;
        if new.trial_end.is_some() && new.trial_period_days.is_some() {
            let hint = "cannot be combined with trial_period_days";
            faults.not_valid(&body.field("trial_end"), "not_combinable", hint);
        }
        let Some(references) = references else { return Ok(None) };
        let start = new.period_start.unwrap_or(self.now());
        if start < self.now().plus_days(-MOST_DAYS_BACK) {
            let hint = format!(
                "must be at most {} years ago: every period since then is billed, each with an \
                 invoice of its own",
                MOST_DAYS_BACK / 365
            );
            faults.not_valid(&body.field("period_start"), "out_of_range", &hint);
        }
        let trial_end = trial_end(&new, references.redemption.as_ref(), start, references.zone())?;
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
                let opened = self.opened(&subscription, &references.prices, beside);
                let (after, invoice) = opened.map_err(unbillable)?;
                subscription = after;
                Some(invoice)
            }
        };
        self.judged(&subscription, &references.prices)?;
        let subscription = size::written(subscription)?;
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
                AppliedDiscount::of(self.id(), redemption, references.currency, &zone, bill)?
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
            change_request: None,
            cancellation: None,
            usage_threshold_reached: None,
            discount,
            latest_invoice_id: None,
            change_reason: None,
            description: new.description.map(|text| text.as_str().to_owned()),
            external_id: new.external_id,
            metadata: new.metadata,
            custom_fields: fields.apply(FieldValues::new()),
            ledger: Ledger {
                zone,
                period: None,
                billed_period: None,
                billed: std::collections::BTreeMap::new(),
                usage: Vec::new(),
                pending: Vec::new(),
                unpaid: Vec::new(),
                former_discounts: Vec::new(),
                holds_redemptions: false,
                reminded: false,
                waiting_change: None,
                ends_by_hand: None,
                ending: None,
                activity: crate::model::subscription::change::Activity::default(),
            },
        }
        .with_end_by_hand(None)
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
        let customer = Some(subscription.customer_id());
        let prices = self.billable(customer, &subscription.price_ids()).await?;
        let (after, invoice) = self.opened(subscription, &prices, Vec::new())?;
        let mut tx = self.begin();
        tx.update(subscription, after);
        tx.insert(&invoice);
        self.commit(tx).await
    }

    /// Finalizes an invoice and takes its money. What cannot be done now is due.
    pub async fn settle_now(&self, invoice: &InvoiceId) {
        if let Err(error) = self.finalize_and_collect(invoice).await {
            log_failure(
                "an invoice could not be settled at once",
                &format!("{invoice}: {error:?}"),
            );
        }
    }
}

impl Work {
    /// Creates a subscription, bills its first period and takes the money.
    pub async fn create_subscription(&self, new: NewSubscription) -> Reply<Subscription> {
        self.knowing(Known::default()).sell(new).await
    }

    async fn sell(&self, mut new: NewSubscription) -> Reply<Subscription> {
        let (body, mut faults) = (Location::body("subscription"), Faults::default());
        let changes = std::mem::take(&mut new.custom_fields);
        let fields = self.custom_fields(EntityType::Subscription, &changes, &mut faults).await?;
        let begun = self.begun(new, fields, &body, &mut faults).await?;
        faults.settled()?;
        let begun = begun.ok_or(Error::Internal("a fault was not noted".to_owned()))?;
        let draft = begun.invoice.as_ref();
        if let Some(draft) = draft.filter(|one| self.is_final_at_once(one, &begun.subscription)) {
            let (tx, subscription, _) = self.selling(begun.clone()).await?;
            let answer = self.answer(&subscription).await?;
            match self.commit_final(tx, (draft, &subscription), &answer).await {
                Ok(Some(earlier)) => return Ok(earlier),
                Ok(None) => return self.settled_subscription(subscription, None).await,
                // Perhaps others only took a number: then it is a draft that waits for its turn.
                Err(Error::Stale | Error::Contended) => self.forget(),
                Err(error) => return Err(error),
            }
        }
        let (tx, subscription, invoice) = self.selling(begun).await?;
        if let Some(earlier) = self.commit_first(tx, &subscription).await? {
            return Ok(earlier);
        }
        self.settled_subscription(subscription, invoice.as_ref()).await
    }

    /// What writes a new subscription.
    async fn selling(&self, begun: Begun) -> Result<(Tx, Subscription, Option<InvoiceId>), Error> {
        let mut tx = self.begin_asked();
        let (customer, id) = (begun.subscription.customer_id(), begun.subscription.id());
        self.bills(&mut tx, customer, id).await?;
        let (subscription, invoice) = begun.write(&mut tx);
        Ok((tx, subscription, invoice))
    }

    /// Settles an invoice of a subscription that has been changed, and answers with what it then is.
    pub(super) async fn settled_subscription(
        &self,
        subscription: Subscription,
        invoice: Option<&InvoiceId>,
    ) -> Reply<Subscription> {
        if let Some(invoice) = invoice {
            self.settle_now(invoice).await;
        }
        let now = self.find(subscription.id()).await.unwrap_or(subscription);
        self.conclude(&now).await
    }
}
