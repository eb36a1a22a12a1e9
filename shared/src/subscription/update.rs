//! The rest of what a client may change of a subscription.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{AppliedDiscount, Subscription, SubscriptionState};
use crate::{
    coupon::Redemption,
    custom_field::{EntityType, FieldChanges, ResolvedChanges},
    customer::Customer,
    error::Error,
    http::{Context, Reply},
    id::{CouponId, PaymentMethodId, ProcessorId},
    input::{Faults, Input, Integer, Json, Location, Text, input, rule},
    invoice::{CollectionMethod, Invoice, InvoiceState},
    metadata::Metadata,
    patch::{Change, Patch},
    promotion_code::Code,
    time::Timestamp,
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

    /// The subscription with another end of its trial, from which its periods are counted.
    fn with_trial_end(&self, end: Timestamp, now: Timestamp) -> Result<Self, Error> {
        if self.state != SubscriptionState::Trialing || self.is_past_trial() {
            let hint = "can only be changed while the subscription is trialing";
            return Err(Error::rule("subscription", "trial_end", "illegal_state", hint));
        }
        if end <= now {
            let hint = "must be in the future";
            return Err(Error::rule("subscription", "trial_end", "out_of_range", hint));
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
        let days = patch
            .trial_period_days
            .and_then(|days| subscription.trial_start.map(|start| start.plus_days(days.get())));
        if patch.trial_end.is_some() && patch.trial_period_days.is_some() {
            let hint = "cannot be combined with trial_period_days";
            faults.not_valid(&body.field("trial_end"), "not_combinable", hint);
        } else if patch.trial_end.is_some() || patch.trial_period_days.is_some() {
            let end = patch.trial_end.or(days).unwrap_or(self.now());
            after = faults.noting(after.with_trial_end(end, self.now()))?.unwrap_or(after);
        }
        faults.settled()?;
        let changes_coupon =
            redemption.is_some() || matches!(patch.coupon_id, CouponChange::Remove);
        if changes_coupon {
            after.discount = match &redemption {
                Some(redemption) => self.discount(&after, redemption)?,
                None => None,
            };
        }
        let mut tx = self.begin();
        if changes_coupon {
            after = self.rediscounted(&mut tx, after).await?;
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
        self.work().redemption(body, named, customer, faults).await
    }

    fn discount(
        &self,
        subscription: &Subscription,
        redemption: &Redemption,
    ) -> Result<Option<AppliedDiscount>, Error> {
        AppliedDiscount::of(
            self.work(),
            redemption,
            subscription.currency,
            &subscription.ledger.zone,
            self.now(),
        )
    }

    /// The renewal that is not finalized yet gets the discount that the subscription now has.
    async fn rediscounted(
        &self,
        tx: &mut crate::store::Tx,
        after: Subscription,
    ) -> Result<Subscription, Error> {
        let Some(id) = after.latest_invoice_id().cloned() else { return Ok(after) };
        let invoice: Invoice = self.find(&id).await?;
        if invoice.state() != InvoiceState::Draft {
            return Ok(after);
        }
        let start = after.current_period_start;
        let reduction = after.discount.as_ref().and_then(|discount| discount.reduction(start));
        let reduced = invoice.rediscounted(reduction.as_ref())?;
        let mut after = after;
        if reduction.is_some() {
            after.discount = after.discount.as_ref().map(AppliedDiscount::spent);
        }
        for line in reduced.items() {
            let Some(item) = line.subscription_item_id.clone().filter(|_| !line.proration) else {
                continue;
            };
            if let Some(billed) = after.ledger.billed.get_mut(&item) {
                billed.rebilled(line)?;
            }
        }
        tx.follow(&invoice, reduced);
        Ok(after)
    }
}
