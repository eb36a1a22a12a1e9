//! What a session sells, written before it is paid: a subscription or an invoice, and how it is undone.

use crate::work::coupons::redeem;
use crate::{
    base::{
        error::Error,
        id::{ProcessorId, ProcessorRouteId},
        input::{Faults, Integer, Location, Several},
        metadata::Metadata,
        money::Currency,
    },
    model::{
        checkout::{
            CheckoutSession,
            begin::{Begin, Made},
            life::Attempt,
            offer,
        },
        custom_field::{FieldChanges, ResolvedChanges},
        invoice::{Invoice, InvoiceItem, InvoiceState, Sale, discounted},
        payment_method::PaymentMethod,
        processor::{Processor, ProcessorRoute},
        redemption::Redemption,
        subscription::{Begun, NewSubscription, NewSubscriptionItem},
    },
    store::Tx,
    work::Work,
};

impl Begin {
    /// Puts all of it into `tx`.
    pub(super) fn write(self, tx: &mut Tx) {
        match self.subscription {
            Some(begun) => {
                begun.write(tx);
            }
            None => {
                tx.insert(&self.invoice);
                if let Some(redemption) = &self.redemption {
                    redeem(tx, redemption);
                }
            }
        }
    }
}

impl Work {
    /// What stands for the offer of `session` that is next, charged to `method`, or to whatever the
    /// customer has. Why it cannot be sold any more is an error.
    pub(super) async fn begin_sale(
        &self,
        session: &CheckoutSession,
        method: Option<&PaymentMethod>,
    ) -> Result<Begin, Error> {
        let (lines, route) = session.offered();
        let ids: Vec<_> = lines.iter().map(|line| line.price_id.clone()).collect();
        let prices = self.billable(session.customer_id.as_ref(), &ids).await?;
        let (body, mut faults) = (Location::body("checkout session"), Faults::default());
        let terms = offer::terms_of(lines, &prices);
        offer::check(lines, &prices, terms, &body.field("line_items"), &mut faults);
        let once = offer::once(|| self.id(), lines, &prices)?;
        let items = offer::recurring(lines, &prices);
        let Some(terms) = terms.filter(|_| faults.is_empty()) else {
            return Err(Error::Faulty(faults));
        };
        let route = self.route_of(route, terms.currency).await?;
        let sale = Sale { session: session.id().clone(), held: method.is_some(), route };
        let made = match Several::of(items) {
            None => self.sold_once(session, once, terms.currency, &mut faults).await?,
            Some(items) => {
                let route = sale.route.first();
                let new = subscription_of(session, items, (method, route))?;
                self.subscribed(session, new, once, &mut faults).await?
            }
        };
        faults.settled()?;
        let (invoice, mut subscription, redemption) =
            made.ok_or(Error::Internal("a fault was not noted".to_owned()))?;
        // Tax rates may have changed since: nobody is charged what was not shown.
        let taxed = !invoice.tax().is_zero() || !session.amount_tax_atom.is_zero();
        if taxed && invoice.total() != session.offered_total() {
            let hint =
                "comes to another amount by now, because its taxes have changed; make a new one";
            return Err(Error::not_now("checkout session", "amount_changed", hint));
        }
        let invoice = invoice.of_sale(sale);
        if let Some(begun) = &mut subscription {
            begun.invoice = Some(invoice.clone());
        }
        let redeemed = match &subscription {
            Some(begun) => begun.redemption(),
            None => redemption.as_ref(),
        };
        let code = redeemed.and_then(Redemption::promotion_code);
        let attempt = Attempt {
            invoice_id: invoice.id().clone(),
            subscription_id: subscription.as_ref().map(|begun| begun.subscription.id().clone()),
            coupon_id: redeemed.map(|redemption| redemption.coupon().id().clone()),
            promotion_code_id: code.map(|code| code.id().clone()),
            payment_method_id: method.map(|method| method.id().clone()),
        };
        Ok(Begin { attempt, invoice, subscription, redemption })
    }

    async fn sold_once(
        &self,
        session: &CheckoutSession,
        items: Vec<InvoiceItem>,
        currency: Currency,
        faults: &mut Faults,
    ) -> Result<Option<(Invoice, Option<Begun>, Option<Redemption>)>, Error> {
        let (body, customer) = (Location::body("checkout session"), session.customer()?);
        let coupon = (session.coupon_id.as_ref(), session.promotion_code.as_ref());
        let redemption = self.redemption(&body, coupon, Some(customer), faults).await?;
        let coupon = redemption.as_ref().map(Redemption::coupon);
        let reduction = coupon.and_then(|coupon| coupon.reduction(currency));
        let items = discounted(items, reduction.as_ref())?;
        let invoice = Invoice::sold(self.record(), customer.clone(), currency, items, self.now())?;
        Ok(Some((invoice, None, redemption)))
    }

    async fn subscribed(
        &self,
        session: &CheckoutSession,
        new: NewSubscription,
        once: Vec<InvoiceItem>,
        faults: &mut Faults,
    ) -> Result<Option<(Invoice, Option<Begun>, Option<Redemption>)>, Error> {
        let body = Location::body("checkout session");
        let fields = ResolvedChanges::from(session.subscription_fields.clone());
        let begun = self.begun_with(new, fields, once, &body, faults).await?;
        let Some(mut begun) = begun else { return Ok(None) };
        let invoice = begun.invoice.take();
        let invoice = invoice.ok_or(Error::Internal("it begins now".to_owned()))?;
        Ok(Some((invoice, Some(begun), None)))
    }

    /// The processors of the route with this id, in their order.
    async fn route_of(
        &self,
        route: Option<&ProcessorRouteId>,
        currency: Currency,
    ) -> Result<Vec<ProcessorId>, Error> {
        let Some(id) = route else { return Ok(Vec::new()) };
        // A route that is gone, or takes nothing any more, leaves the account's default.
        let route: Option<ProcessorRoute> = self.look_for(id).await?;
        let Some(route) = route else { return Ok(Vec::new()) };
        let processors: Vec<Processor> = self.processors_of(&route, currency).await?;
        Ok(processors.iter().map(|processor| processor.id().clone()).collect())
    }

    /// The first processor to try for a card that is presented now.
    pub(super) async fn first_processor(
        &self,
        session: &CheckoutSession,
    ) -> Result<Option<ProcessorId>, Error> {
        let (_, route) = session.offered();
        let Some(currency) = session.currency else { return Ok(None) };
        Ok(self.route_of(route, currency).await?.into_iter().next())
    }

    /// What was made for the offer of `session`, as it is now.
    pub(super) async fn made_for(&self, attempt: &Attempt) -> Result<Made, Error> {
        let invoice = self.look_for(&attempt.invoice_id).await?;
        let subscription = match &attempt.subscription_id {
            Some(id) => self.look_for(id).await?,
            None => None,
        };
        Ok(Made { attempt: attempt.clone(), invoice, subscription })
    }

    /// Undoes in `tx` what was made for an offer, as far as nothing was paid for it.
    pub(super) async fn undo(&self, tx: &mut Tx, made: Made) -> Result<(), Error> {
        let now = self.now();
        let mut void = None;
        if let Some(invoice) = &made.invoice {
            if invoice.paid().is_positive() {
                // A part was paid otherwise. A subscription that never began gives that back, as at a
                // full cancellation, and its coupon; what was sold once can still be paid.
                if let Some(subscription) = &made.subscription {
                    tx.update(subscription, subscription.given_up_for_good(now));
                }
                return Ok(());
            }
            if invoice.open_attempt().is_some() {
                // It began since it was asked about.
                return Err(Error::Stale);
            }
            match invoice.state() {
                InvoiceState::Draft => tx.delete(invoice),
                InvoiceState::Paid | InvoiceState::Void => {}
                InvoiceState::Open
                | InvoiceState::PartiallyPaid
                | InvoiceState::PastDue
                | InvoiceState::Uncollectible => {
                    self.give_back(tx, invoice).await?;
                    void = Some(tx.update(invoice, invoice.voided(now)?));
                }
            }
        }
        if let Some(subscription) = &made.subscription {
            if subscription.has_ended() {
                // Somebody ended it before, and its end gives the redemption back.
                if let Some(void) = &void {
                    tx.follow(subscription, subscription.following(void));
                }
                return Ok(());
            }
            tx.update(subscription, subscription.abandoned(now));
        }
        if let Some(coupon) = &made.attempt.coupon_id {
            let code = made.attempt.promotion_code_id.as_ref();
            self.redemption_undone(tx, coupon, code).await?;
        }
        Ok(())
    }
}

fn subscription_of(
    session: &CheckoutSession,
    items: Several<NewSubscriptionItem>,
    (method, route): (Option<&PaymentMethod>, Option<&ProcessorId>),
) -> Result<NewSubscription, Error> {
    let processor_id = method.map(PaymentMethod::processor_id).or(route).cloned();
    Ok(NewSubscription {
        customer_id: session.customer()?.clone(),
        currency: session.currency,
        period_start: None,
        billing_interval: None,
        billing_interval_count: None,
        collection_method: None,
        net_d: None,
        processor_id,
        items,
        trial_end: None,
        trial_period_days: session.free_trial_days.map(Integer::clamped),
        coupon_id: session.coupon_id.clone(),
        promotion_code: session.promotion_code.clone(),
        description: None,
        default_payment_method_id: method.map(|method| method.id().clone()),
        contract_length: None,
        auto_renew: None,
        external_id: None,
        metadata: Metadata::default(),
        custom_fields: FieldChanges::default(),
    })
}
