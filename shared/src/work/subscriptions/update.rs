//! A PATCH of a subscription: trial, coupon, collection.

use crate::work::Work;
use crate::work::coupons::redeem;
use crate::{
    base::{
        error::Error,
        input::{Faults, Location},
        patch::Change,
        time::Timestamp,
    },
    model::{
        billing::cycle::days_after,
        customer::Customer,
        entity::{Entity, size},
        entity_type::EntityType,
        invoice::{BillingReason, CollectionMethod, Invoice, InvoiceState, of_subscription},
        redemption::Redemption,
        subscription::{
            AppliedDiscount, Subscription, SubscriptionState,
            update::{CouponChange, SubscriptionPatch},
        },
    },
    store::Tx,
    work::answer::Reply,
};

/// What a PATCH makes of a subscription, and what is written with that.
pub(super) struct Patched {
    pub(super) after: Subscription,
    /// The renewal that is not final yet, as it was and as it will be, where the discount changes.
    pub(super) draft: Option<(Invoice, Invoice)>,
    redemption: Option<Redemption>,
}

impl Patched {
    /// Puts into `tx` what is written beside the subscription.
    pub(super) fn write_beside(&self, tx: &mut Tx) {
        if let Some((before, after)) = &self.draft {
            tx.follow(before, after.clone());
        }
        if let Some(redemption) = &self.redemption {
            redeem(tx, redemption);
        }
    }
}

impl Work {
    /// Changes a subscription.
    pub async fn update_subscription(
        &self,
        subscription: Subscription,
        patch: SubscriptionPatch,
    ) -> Reply<Subscription> {
        let patched = self.patched(&subscription, &patch).await?;
        let mut tx = self.begin_asked();
        patched.write_beside(&mut tx);
        let after = tx.update(&subscription, size::written(patched.after)?);
        self.commit_and_answer(tx, after).await
    }

    /// What a PATCH makes of a subscription.
    pub(super) async fn patched(
        &self,
        subscription: &Subscription,
        patch: &SubscriptionPatch,
    ) -> Result<Patched, Error> {
        let (body, mut faults) = (Location::body("subscription"), Faults::default());
        let fields =
            self.custom_fields(EntityType::Subscription, &patch.custom_fields, &mut faults).await?;
        self.check_patch(subscription, patch, &body, &mut faults).await?;
        let redemption = self.new_coupon(subscription, patch, &body, &mut faults).await?;
        let mut after = subscription.patched(patch, fields)?;
        if patch.trial_end.is_some() && patch.trial_period_days.is_some() {
            let hint = "cannot be combined with trial_period_days";
            faults.not_valid(&body.field("trial_end"), "not_combinable", hint);
        } else if let Some((end, field)) = subscription.trial_asked_for(patch)? {
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
            true => self.draft_of(subscription).await?,
            false => None,
        };
        if changes_coupon {
            let bill = draft.as_ref().and_then(Invoice::period_start);
            let bill = bill.unwrap_or_else(|| after.next_bill(self.now()));
            let discount = match &redemption {
                Some(redemption) => self.discount(&after, redemption, bill)?,
                None => None,
            };
            after = after.with_discount(discount)?;
        }
        let draft = match draft {
            Some(draft) => {
                let (reached, reduced) = after.rediscounted(&draft)?;
                after = reached;
                Some((draft, reduced))
            }
            None => None,
        };
        Ok(Patched { after, draft, redemption })
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
        let redemption = self.redemption(body, named, customer, faults).await?;
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
            self.id(),
            redemption,
            subscription.currency,
            &subscription.ledger.zone,
            (self.now(), bill),
        )
    }
}

impl Work {
    /// The draft of the invoice for the current period, while there is one: at an instant to come, one
    /// that becomes final until then is none.
    pub(super) async fn draft_of(
        &self,
        subscription: &Subscription,
    ) -> Result<Option<Invoice>, Error> {
        // Those of changes are newer: the first that bills a period bills the newest one.
        let bills_period =
            |invoice: &Invoice| invoice.billing_reason() != BillingReason::SubscriptionUpdate;
        let mut newest = self.until(&of_subscription(subscription.id()), bills_period).await?;
        Ok(newest.pop().filter(|invoice| {
            invoice.state() == InvoiceState::Draft
                && invoice.due_at().is_none_or(|at| at > self.now())
                && bills_period(invoice)
                && invoice.period_start() == Some(subscription.current_period_start)
        }))
    }
}
