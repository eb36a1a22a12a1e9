//! A PATCH of a subscription: trial, coupon, collection.

use crate::work::Work;
use crate::work::coupons::redeem;
use crate::{
    base::{
        error::Error,
        input::{Faults, Location},
        patch::Change,
    },
    model::{
        customer::Customer,
        entity_type::EntityType,
        invoice::{CollectionMethod, Invoice, InvoiceState},
        redemption::Redemption,
        subscription::{
            AppliedDiscount, Subscription, SubscriptionState,
            update::{CouponChange, SubscriptionPatch},
        },
    },
    work::answer::Reply,
};

impl Work {
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
        let mut tx = self.begin_asked();
        if changes_coupon {
            after = self.rediscounted(&mut tx, after).await?;
        }
        if let Some(redemption) = &redemption {
            redeem(&mut tx, redemption);
        }
        let after = tx.update(&subscription, after);
        self.commit_and_answer(tx, after).await
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
        self.own_method(method, customer, &at, faults).await?;
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
        self.redemption(body, named, customer, faults).await
    }

    fn discount(
        &self,
        subscription: &Subscription,
        redemption: &Redemption,
    ) -> Result<Option<AppliedDiscount>, Error> {
        AppliedDiscount::of(
            self.id(),
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
