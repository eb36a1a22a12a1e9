//! A session as a payer sees it, with what stands on the page: the seller, the products, what follows.

use std::collections::HashMap;

use crate::{
    base::{
        error::Error,
        id::ProductId,
        input::Integer,
        money::Atoms,
        time::{TimeZoneName, Timestamp},
    },
    model::{
        account::Account,
        billing::{
            cycle::{Cycle, Interval, days_after},
            discount::Reduction,
        },
        checkout::{
            CheckoutSession, CheckoutState, PublicCheckoutSession, Totals, offer,
            public::{LaterCharge, NextCharge, OfferedMethod, PublicField, PublicLine, Seller},
        },
        coupon::{Coupon, Lasts},
        customer::Customer,
        entity_type::EntityType,
        payment_intent::{NextAction, PaymentIntent, PaymentIntentState},
        priced::Priced,
        processor::{Processor, ProcessorType},
        product::Product,
        words::Locale,
    },
    work::Work,
};

/// What is taken off, and for how long.
struct Taken {
    coupon: Option<Coupon>,
    now: Option<Reduction>,
    /// Whether something of what is charged now is taken off.
    spends: bool,
}

impl Work {
    /// What a payer may know of a session.
    pub(crate) async fn public_checkout_session(
        &self,
        session: &CheckoutSession,
        locale: Locale,
    ) -> Result<PublicCheckoutSession, Error> {
        let account = self.own_account().await?;
        let (lines, _) = session.offered();
        let ids: Vec<_> = lines.iter().map(|line| line.price_id.clone()).collect();
        let prices = self.billable(session.customer_id.as_ref(), &ids).await?;
        let products = self.products_of(&prices).await?;
        let taken = self.taken_off(session).await?;
        let state = session.state_at(self.now());
        let trial = self.trial_of(session, &taken, &account).await?;
        let totals = totals(session, &prices, &taken, trial.is_some())?;
        let taken = Taken { spends: totals.discount.is_positive(), ..taken };
        Ok(PublicCheckoutSession {
            id: session.id().clone(),
            mode: session.mode,
            state,
            expires_at: session.expires_at,
            seller: Seller::of(&account),
            customer_email: session.shown_email(),
            currency: session.currency,
            line_items: public_lines(session, &prices, &products)?,
            amount_subtotal_atom: totals.subtotal,
            amount_discount_atom: totals.discount,
            amount_tax_atom: totals.tax,
            amount_total_atom: totals.total,
            allow_promotion_codes: session.takes_code(),
            promotion_code: session.typed_code().cloned(),
            next_charge: self.next_charge(session, &prices, &taken, (trial, &account)).await?,
            trial_ends_at: trial,
            payment_methods: self.offered_methods(session, &account).await?,
            custom_fields: self.public_fields(session).await?,
            locale,
            next_action: self.next_action(session).await?,
            success_url: (state == CheckoutState::Completed).then(|| session.success_url.clone()),
            return_url: session.return_url.clone(),
        })
    }

    async fn products_of(&self, prices: &Priced) -> Result<HashMap<ProductId, Product>, Error> {
        let mut ids: Vec<_> = prices.prices().map(|price| price.product_id()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let keys = ids.iter().map(|id| self.key_of(id)).collect();
        let products: Vec<Product> = self.find_all(keys).await?;
        Ok(products.into_iter().map(|product| (product.id().clone(), product)).collect())
    }

    /// The coupon of a session, whether it can still be redeemed or not: completion says that.
    async fn taken_off(&self, session: &CheckoutSession) -> Result<Taken, Error> {
        let id = match (&session.coupon_id, &session.promotion_code) {
            (Some(id), _) => Some(id.clone()),
            (None, Some(code)) => {
                let code = self.store().promotion_code_named(self.account(), code).await?;
                code.map(|code| code.coupon_id().clone())
            }
            (None, None) => None,
        };
        let coupon: Option<Coupon> = match &id {
            Some(id) => self.look_for(id).await?,
            None => None,
        };
        let reduction = coupon.as_ref().zip(session.currency);
        let now = reduction.and_then(|(coupon, currency)| coupon.reduction(currency));
        Ok(Taken { coupon, now, spends: false })
    }

    /// Where the calendar of a session's subscription is, and when it begins.
    async fn calendar(
        &self,
        session: &CheckoutSession,
        account: &Account,
    ) -> Result<(Timestamp, TimeZoneName), Error> {
        let customer: Option<Customer> = match &session.customer_id {
            Some(id) => self.look_for(id).await?,
            None => None,
        };
        let own = customer.as_ref().and_then(Customer::timezone).cloned();
        let zone = own.unwrap_or_else(|| account.timezone().clone());
        Ok((session.completed_at.unwrap_or(self.now()), zone))
    }

    /// When the time without charge is over, where the link or the coupon gives some, as for any
    /// subscription: one after the other.
    async fn trial_of(
        &self,
        session: &CheckoutSession,
        taken: &Taken,
        account: &Account,
    ) -> Result<Option<Timestamp>, Error> {
        let extension = taken.coupon.as_ref().and_then(Coupon::trial_extension_days);
        let days = [session.free_trial_days, extension];
        if days.iter().all(Option::is_none) {
            return Ok(None);
        }
        let (start, zone) = self.calendar(session, account).await?;
        let mut days = days.into_iter().flatten();
        Ok(Some(days.try_fold(start, |at, days| days_after(at, days, &zone))?))
    }

    async fn next_charge(
        &self,
        session: &CheckoutSession,
        prices: &Priced,
        taken: &Taken,
        (trial, account): (Option<Timestamp>, &Account),
    ) -> Result<Option<NextCharge>, Error> {
        let (lines, _) = session.offered();
        let terms = offer::terms_of(lines, prices);
        let Some(interval) = terms.and_then(|terms| terms.interval) else { return Ok(None) };
        let (start, zone) = self.calendar(session, account).await?;
        let at = match trial {
            Some(end) => end,
            None => next_after(start, interval, &zone)?,
        };
        let cycle = Cycle { anchor: trial.unwrap_or(start), interval, zone };
        let (reduction, over) =
            taken.at_next_charge((start, at), trial.is_some(), session, &cycle)?;
        let amount = self.charged_at(session, at, reduction.as_ref()).await?;
        let then = match over {
            Some(at) => {
                Some(LaterCharge { amount_atom: self.charged_at(session, at, None).await?, at })
            }
            None => None,
        };
        Ok(Some(NextCharge {
            amount_atom: amount,
            at,
            billing_interval: interval.unit,
            billing_interval_count: interval.count.get(),
            then: then.filter(|then| then.amount_atom != amount),
        }))
    }

    /// What the recurring lines of a session come to at an instant, taxed as they are then.
    async fn charged_at(
        &self,
        session: &CheckoutSession,
        at: Timestamp,
        reduction: Option<&Reduction>,
    ) -> Result<Atoms, Error> {
        let (lines, _) = session.offered();
        let ids: Vec<_> = lines.iter().map(|line| line.price_id.clone()).collect();
        let prices = self.as_of(at).billable(session.customer_id.as_ref(), &ids).await?;
        offer::again(lines, &prices, reduction)
    }

    /// By which processors a card is taken: the first of the session's route, or the account's default.
    async fn offered_methods(
        &self,
        session: &CheckoutSession,
        account: &Account,
    ) -> Result<Vec<OfferedMethod>, Error> {
        let next = self.next_processor(session, account).await?;
        Ok(next.iter().map(OfferedMethod::card).collect())
    }

    /// The processor by which a card would be taken now, if it takes any.
    pub(super) async fn next_processor(
        &self,
        session: &CheckoutSession,
        account: &Account,
    ) -> Result<Option<Processor>, Error> {
        let first = self.first_processor(session).await?;
        let Some(id) = first.as_ref().or(account.default_processor_id()) else { return Ok(None) };
        let processor: Option<Processor> = self.look_for(id).await?;
        Ok(processor.filter(Processor::is_active))
    }

    async fn public_fields(&self, session: &CheckoutSession) -> Result<Vec<PublicField>, Error> {
        let of_type = EntityType::CheckoutSession;
        let known = self.store().custom_field_definitions(self.account(), of_type).await?;
        Ok(known.iter().map(|one| PublicField::of(one, &session.custom_fields)).collect())
    }

    /// What the payer has to do before the attempt that is open goes on.
    async fn next_action(&self, session: &CheckoutSession) -> Result<Option<NextAction>, Error> {
        let Some(intent) = self.open_intent(session).await? else { return Ok(None) };
        let waits = intent.state() == PaymentIntentState::RequiresAction;
        if !waits {
            return Ok(None);
        }
        Ok(self.asked_of_payer(session, &intent).await?.next_action().cloned())
    }

    /// An attempt that waits for the payer, as the payer is told of it: the bank of the test processor
    /// is on the session's own page, which no processor knows.
    pub(super) async fn asked_of_payer(
        &self,
        session: &CheckoutSession,
        intent: &PaymentIntent,
    ) -> Result<PaymentIntent, Error> {
        let processor: Processor = self.find(intent.processor_id()).await?;
        Ok(match (processor.r#type, &session.url) {
            (ProcessorType::Test, Some(page)) => intent.confirmed_at(page.as_str()),
            (ProcessorType::Test | ProcessorType::Stripe, _) => intent.clone(),
        })
    }

    /// The attempt to pay what a session sells whose end nobody knows yet.
    pub(crate) async fn open_intent(
        &self,
        session: &CheckoutSession,
    ) -> Result<Option<PaymentIntent>, Error> {
        let Some(attempt) = &session.attempt else { return Ok(None) };
        let made = self.made_for(attempt).await?;
        let open = made.invoice.as_ref().and_then(|invoice| invoice.open_attempt());
        match open {
            Some(id) => self.look_for(id).await,
            None => Ok(None),
        }
    }
}

impl Taken {
    /// What is taken off at the next charge, and when a charge first comes from which it is not taken
    /// off any more; none, where it always is.
    fn at_next_charge(
        &self,
        (start, at): (Timestamp, Timestamp),
        trial: bool,
        session: &CheckoutSession,
        cycle: &Cycle,
    ) -> Result<(Option<Reduction>, Option<Timestamp>), Error> {
        let Some((coupon, currency)) = self.coupon.as_ref().zip(session.currency) else {
            return Ok((None, None));
        };
        let Some(reduction) = coupon.reduction(currency) else { return Ok((None, None)) };
        let charge_after = |at: Timestamp| cycle.boundary(cycle.index_at(at)?.saturating_add(1));
        // What is bought once is charged now, whatever trial there is, and may be what it is spent on.
        let waits = trial && !self.spends;
        let over = match coupon.lasts() {
            Lasts::Forever => None,
            Lasts::Once if waits => Some(charge_after(at)?),
            Lasts::Once => Some(at),
            Lasts::Months(months) => {
                let end = months_end((start, at), months, waits, &cycle.zone)?;
                // The first charge at the end of the months, or after it.
                let charge = cycle.boundary(cycle.index_at(end)?)?;
                Some(if charge == end { end } else { charge_after(end)? })
            }
        };
        Ok(match over {
            Some(over) if over <= at => (None, None),
            over => (Some(reduction), over),
        })
    }
}

/// When a discount of so many months is over: they are counted from the start or, where it waits for the
/// end of a trial that takes longer than that, from there.
fn months_end(
    (start, at): (Timestamp, Timestamp),
    months: i64,
    waits: bool,
    zone: &TimeZoneName,
) -> Result<Timestamp, Error> {
    let unit = crate::model::billing::cycle::IntervalUnit::Month;
    let interval = Interval { unit, count: Integer::clamped(months) };
    let end = next_after(start, interval, zone)?;
    match waits && end <= at {
        true => next_after(at, interval, zone),
        false => Ok(end),
    }
}

fn next_after(
    start: Timestamp,
    interval: Interval,
    zone: &TimeZoneName,
) -> Result<Timestamp, Error> {
    Ok(Cycle { anchor: start, interval, zone: zone.clone() }.boundary(1)?)
}

/// What is charged now: as the session says, unless another offer than its own is next.
fn totals(
    session: &CheckoutSession,
    prices: &Priced,
    taken: &Taken,
    trial: bool,
) -> Result<Totals, Error> {
    let (lines, _) = session.offered();
    if lines == session.line_items.as_slice() || session.state() == CheckoutState::Completed {
        return Ok(Totals {
            subtotal: session.amount_subtotal_atom,
            discount: session.amount_discount_atom,
            tax: session.amount_tax_atom,
            total: session.amount_total_atom,
        });
    }
    offer::totals(lines, prices, taken.now.as_ref(), trial)
}

fn public_lines(
    session: &CheckoutSession,
    prices: &Priced,
    products: &HashMap<ProductId, Product>,
) -> Result<Vec<PublicLine>, Error> {
    let (lines, _) = session.offered();
    lines
        .iter()
        .map(|line| {
            let found = prices.get(&line.price_id);
            let product = found.and_then(|(price, _)| products.get(price.product_id()));
            let (about, unit) = product.map(Product::about).unwrap_or_default();
            let interval = found.and_then(|(price, _)| price.interval());
            Ok(PublicLine {
                name: found.map(|(_, name)| name.to_owned()).unwrap_or_default(),
                description: about.map(str::to_owned),
                quantity: line.quantity,
                unit: unit.map(str::to_owned),
                unit_amount_decimal: found.and_then(|(price, _)| price.unit_amount_decimal()),
                amount_atom: match found {
                    Some((price, _)) => price.amount(line.quantity)?,
                    None => Atoms::ZERO,
                },
                billing_interval: interval.map(|interval| interval.unit),
                billing_interval_count: interval.map(|interval| interval.count.get()),
            })
        })
        .collect()
}
