//! The rest of what a client may change of a subscription.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{AppliedDiscount, Subscription, SubscriptionState, cancel::NEWEST};
use crate::{
    billing::cycle::days_after,
    coupon::Redemption,
    custom_field::{EntityType, FieldChanges, ResolvedChanges},
    customer::Customer,
    error::Error,
    http::{Context, Reply},
    id::{CouponId, PaymentMethodId, ProcessorId},
    input::{Faults, Input, Integer, Json, Location, Text, input, rule},
    invoice::{BillingReason, CollectionMethod, Invoice, InvoiceState, of_subscription},
    metadata::Metadata,
    page::PageRequest,
    patch::{Change, Patch},
    promotion_code::Code,
    store::Page,
    time::Timestamp,
    work::Work,
};

/// A coupon in a PATCH: absent leaves it, an empty text or null removes it.
#[derive(Clone, Debug)]
pub enum CouponChange {
    /// Leave it.
    Keep,
    /// Remove it.
    Remove,
    /// Apply this one in its place.
    Apply(CouponId),
}

impl Input for CouponChange {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Json::Null => Some(Self::Remove),
            Json::Text(text) if text.is_empty() => Some(Self::Remove),
            value => CouponId::read(value, at, faults).map(Self::Apply),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::Keep)
    }
}

impl JsonSchema for CouponChange {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CouponChange".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "null"], "pattern": "^(cpn_(prod|stg)_[a-z0-9]{16})?$"})
    }
}

input! {
    /// What a client sends to change a subscription.
    pub struct SubscriptionPatch {
        /// What its invoices say about it.
        description: Patch<Text<0, 500>>,
        /// What is charged; the customer's default, when null.
        default_payment_method_id: Patch<PaymentMethodId>,
        /// The processor whose payment methods are charged; any, when null.
        processor_id: Patch<ProcessorId>,
        /// How its invoices get paid. To charge automatically there has to be a payment method.
        collection_method: Change<CollectionMethod>,
        /// Days until an invoice that is sent is due; the account's payment terms, when null.
        net_d: Patch<Integer<0, 365>>,
        /// When its trial ends, while it is trialing. Not together with `trial_period_days`.
        trial_end: Option<Timestamp>,
        /// How many days its trial takes from its start, while it is trialing.
        trial_period_days: Option<Integer<1, 730>>,
        /// A coupon in the place of the one it has; an empty text removes that. Not together with
        /// `promotion_code`.
        coupon_id: CouponChange,
        /// The code of a coupon, as a customer types it in.
        promotion_code: Option<Code>,
        /// How many periods the contract runs.
        contract_length: Patch<Integer<1, 1200>>,
        /// Whether another contract follows.
        auto_renew: Change<bool>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
        /// Values of custom fields; those left out stay, null deletes one.
        custom_fields: FieldChanges,
    }
    rules [
        rule::not_together(&["trial_end", "trial_period_days"]),
        rule::not_together(&["coupon_id", "promotion_code"]),
    ]
    example {"description": "Team plan", "coupon_id": ""}
}

impl Subscription {
    fn patched(&self, patch: &SubscriptionPatch, fields: ResolvedChanges) -> Result<Self, Error> {
        let (current, patch) = (self.clone(), patch.clone());
        let changes_contract =
            patch.contract_length != Patch::Keep || patch.auto_renew != Change::Keep;
        let text = current.description.map(|text| Text::of(&text));
        let after = Self {
            description: patch.description.apply(text).map(|text| text.as_str().to_owned()),
            default_payment_method_id: patch
                .default_payment_method_id
                .apply(current.default_payment_method_id),
            processor_id: patch.processor_id.apply(current.processor_id),
            collection_method: patch.collection_method.apply(current.collection_method),
            net_d: patch.net_d.apply(current.net_d.map(Integer::clamped)).map(Integer::get),
            contract_length: patch
                .contract_length
                .apply(current.contract_length.map(Integer::clamped))
                .map(Integer::get),
            auto_renew: patch.auto_renew.apply(current.auto_renew),
            metadata: patch.metadata.apply(current.metadata),
            custom_fields: fields.apply(current.custom_fields),
            ..self.clone()
        };
        match changes_contract {
            true => Self { cancel_at: None, ..after }.with_contract_end(),
            false => Ok(after),
        }
    }

    /// Whether its trial goes on.
    fn is_on_trial(&self) -> bool {
        self.state == SubscriptionState::Trialing && !self.is_past_trial()
    }

    /// The subscription with another end of its trial, from which its periods are counted.
    fn with_trial_end(&self, end: Timestamp, field: &str, now: Timestamp) -> Result<Self, Error> {
        if !self.is_on_trial() {
            let hint = "can only be changed while the subscription is trialing";
            return Err(Error::rule("subscription", field, "illegal_state", hint));
        }
        if end <= now {
            let hint = match field {
                "trial_end" => "must be in the future".to_owned(),
                _ => format!("lead to a trial that would have ended at {end}"),
            };
            return Err(Error::rule("subscription", field, "out_of_range", &hint));
        }
        let mut after = self.clone();
        after.trial_end = Some(end);
        after.billing_anchor = end;
        after.current_period_end = end;
        after.ledger.reminded = false;
        after.with_contract_end()
    }
}

impl Context {
    /// Changes a subscription.
    pub async fn update_subscription(
        &self,
        subscription: Subscription,
        patch: SubscriptionPatch,
    ) -> Reply<Subscription> {
        let (body, mut faults) = (Location::body("subscription"), Faults::default());
        let fields =
            self.custom_fields(EntityType::Subscription, &patch.custom_fields, &mut faults).await?;
        self.check_patch(&subscription, &patch, &body, &mut faults).await?;
        let redemption = self.new_coupon(&subscription, &patch, &body, &mut faults).await?;
        let mut after = subscription.patched(&patch, fields)?;
        if patch.trial_end.is_some() && patch.trial_period_days.is_some() {
            let hint = "cannot be combined with trial_period_days";
            faults.not_valid(&body.field("trial_end"), "not_combinable", hint);
        } else if let Some((end, field)) = subscription.trial_asked_for(&patch)? {
            let moved = after.with_trial_end(end, field, self.now());
            after = faults.noting(moved)?.unwrap_or(after);
        }
        faults.settled()?;
        let extension = redemption.as_ref().and_then(|one| one.coupon().trial_extension_days());
        if let Some((days, end)) = extension.zip(after.trial_end) {
            let end = days_after(end, days, &after.ledger.zone)?;
            after = after.with_trial_end(end, "coupon_id", self.now())?;
        }
        // What makes a trial longer takes nothing off, and leaves what does.
        let changes_coupon = (redemption.is_some() && extension.is_none())
            || matches!(patch.coupon_id, CouponChange::Remove);
        let draft = match changes_coupon {
            true => self.work().draft_of(&subscription).await?,
            false => None,
        };
        if changes_coupon {
            let bill = draft.as_ref().and_then(Invoice::period_start);
            let bill = bill.unwrap_or(after.current_period_end);
            after.discount = match &redemption {
                Some(redemption) => self.discount(&after, redemption, bill)?,
                None => None,
            };
        }
        let mut tx = self.begin();
        if let Some(draft) = &draft {
            let (reached, reduced) = after.rediscounted(draft)?;
            tx.follow(draft, reduced);
            after = reached;
        }
        if let Some(redemption) = &redemption {
            redemption.count(&mut tx);
        }
        let after = tx.update(&subscription, after);
        self.commit(tx, after).await
    }

    async fn check_patch(
        &self,
        subscription: &Subscription,
        patch: &SubscriptionPatch,
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<(), Error> {
        if subscription.state == SubscriptionState::Cancelled {
            let hint = "is cancelled and cannot be changed";
            return Err(Error::not_now("subscription", "illegal_state", hint));
        }
        let customer = subscription.customer_id();
        let at = body.field("default_payment_method_id");
        let method = patch.default_payment_method_id.value();
        self.work().own_method(method, customer, &at, faults).await?;
        self.refers_to(&patch.processor_id, &body.field("processor_id"), faults).await?;
        let automatic =
            matches!(patch.collection_method, Change::To(CollectionMethod::ChargeAutomatically));
        if automatic && subscription.collection_method != CollectionMethod::ChargeAutomatically {
            let own = patch.default_payment_method_id.clone();
            let own = own.apply(subscription.default_payment_method_id.clone());
            let customer: Customer = self.find(customer).await?;
            if own.is_none() && customer.default_payment_method_id().is_none() {
                let hint = "needs a payment method to charge automatically; add one first";
                let at = body.field("collection_method");
                faults.not_valid(&at, "no_payment_method", hint);
            }
        }
        Ok(())
    }

    async fn new_coupon(
        &self,
        subscription: &Subscription,
        patch: &SubscriptionPatch,
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<Option<Redemption>, Error> {
        let coupon = match &patch.coupon_id {
            CouponChange::Apply(coupon) => Some(coupon),
            CouponChange::Keep | CouponChange::Remove => None,
        };
        if matches!(patch.coupon_id, CouponChange::Remove) && patch.promotion_code.is_some() {
            let hint = "cannot be combined with coupon_id";
            faults.not_valid(&body.field("promotion_code"), "not_combinable", hint);
        }
        let customer = Some(subscription.customer_id());
        let named = (coupon, patch.promotion_code.as_ref());
        let redemption = self.work().redemption(body, named, customer, faults).await?;
        if let Some(redemption) = &redemption {
            let terms = (subscription.currency, subscription.is_on_trial());
            redemption.check_fit(terms, body, faults);
        }
        Ok(redemption)
    }

    fn discount(
        &self,
        subscription: &Subscription,
        redemption: &Redemption,
        bill: Timestamp,
    ) -> Result<Option<AppliedDiscount>, Error> {
        AppliedDiscount::of(
            self.work(),
            redemption,
            subscription.currency,
            &subscription.ledger.zone,
            (self.now(), bill),
        )
    }
}

impl Subscription {
    /// The end of its trial that is asked for, and the field that asks for it.
    fn trial_asked_for(
        &self,
        patch: &SubscriptionPatch,
    ) -> Result<Option<(Timestamp, &'static str)>, Error> {
        let days = patch.trial_period_days.map(Integer::get);
        Ok(match (patch.trial_end, days, self.trial_start) {
            (Some(end), ..) => Some((end, "trial_end")),
            (None, Some(days), start) => {
                let start = start.unwrap_or(self.current_period_start);
                Some((days_after(start, days, &self.ledger.zone)?, "trial_period_days"))
            }
            (None, None, _) => None,
        })
    }

    /// A renewal that is not finalized yet gets the discount that the subscription now has.
    fn rediscounted(&self, draft: &Invoice) -> Result<(Self, Invoice), Error> {
        let start = self.current_period_start;
        let discount = self.discount.as_ref();
        let reduction = discount.and_then(|discount| discount.reduction(start));
        let reduced = draft.rediscounted(reduction.as_ref())?;
        let mut after = self.clone();
        let fixed = discount.is_some_and(AppliedDiscount::is_fixed);
        let mut takes = false;
        for line in reduced.items().iter().filter(|line| !line.proration) {
            takes |= line.discount_amount_atom.is_positive();
            let item = line.subscription_item_id.as_ref();
            if let Some(billed) = item.and_then(|id| after.ledger.billed.get_mut(id)) {
                billed.rebilled(line, fixed)?;
            }
        }
        if takes {
            after.discount = discount.map(|one| one.spent(start, &self.ledger.zone)).transpose()?;
        }
        Ok((after, reduced))
    }
}

impl Work {
    /// The draft of the invoice for the current period, while there is one.
    pub(super) async fn draft_of(
        &self,
        subscription: &Subscription,
    ) -> Result<Option<Invoice>, Error> {
        let list = of_subscription(subscription.id());
        let page: Page<Invoice> = self.page(&list, PageRequest::first(NEWEST)).await?;
        let current = |invoice: &Invoice| {
            invoice.state() == InvoiceState::Draft
                && invoice.billing_reason() != BillingReason::SubscriptionUpdate
                && invoice.period_start() == Some(subscription.current_period_start)
        };
        Ok(page.items.into_iter().find(current))
    }
}
