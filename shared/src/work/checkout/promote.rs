//! A promotion code that a payer types in on the hosted page, or takes back: what is then to be paid.

use crate::{
    base::{
        error::Error,
        input::{Faults, Location},
    },
    model::{
        checkout::{CheckoutSession, offer},
        promotion_code::Code,
    },
    store::back_off,
    work::{
        Work,
        checkout::{create::reduction_of, pay::pending},
    },
};

impl Work {
    /// Gives an open session another promotion code, or none; why it cannot is said of
    /// `promotion_code`. Whether the code can still be redeemed is asked again when the session is paid.
    pub(crate) async fn use_code(
        &self,
        mut session: CheckoutSession,
        code: Option<&Code>,
    ) -> Result<CheckoutSession, Error> {
        for attempt in 0..ATTEMPTS {
            if session.attempt.is_some() && session.promotion_code.as_ref() == code {
                return Ok(session);
            }
            match self.try_code(&session, code).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt).await,
                written => return written,
            }
            session = self.find(session.id()).await?;
        }
        Err(Error::Contended)
    }

    /// The same, once. What was made for the offer as it was, and was declined, is undone with it.
    async fn try_code(
        &self,
        session: &CheckoutSession,
        code: Option<&Code>,
    ) -> Result<CheckoutSession, Error> {
        let next = self.with_code(session, code).await?;
        let mut tx = self.begin();
        if let Some(begun) = &session.attempt {
            let made = self.made_for(begun).await?;
            if let Some(invoice) = &made.invoice {
                if invoice.open_attempt().is_some() {
                    return Err(pending());
                }
                if invoice.paid().is_positive() {
                    let hint = "cannot be changed any more: a part is paid";
                    return Err(Error::rule(
                        "checkout session",
                        "promotion_code",
                        "not_allowed",
                        hint,
                    ));
                }
            }
            self.undo(&mut tx, made).await?;
        }
        let next = tx.update(session, next);
        self.commit(tx).await.map(|()| next)
    }

    /// An open session with what it comes to by now, unless a sale has begun: its taxes may have changed.
    pub(crate) async fn priced_by_now(
        &self,
        session: CheckoutSession,
    ) -> Result<CheckoutSession, Error> {
        if session.must_be_open("paid", self.now()).is_err() || session.attempt.is_some() {
            return Ok(session);
        }
        let next = match self.priced_again(session.clone()).await {
            // What keeps it from being sold is said when it is paid.
            Err(Error::Faulty(_)) => return Ok(session),
            next => next?,
        };
        if next.offered_total() == session.offered_total() {
            return Ok(session);
        }
        let mut tx = self.begin();
        let next = tx.update(&session, next);
        match self.commit(tx).await {
            Err(Error::Stale | Error::Contended) => self.find(session.id()).await,
            written => written.map(|()| next),
        }
    }

    async fn with_code(
        &self,
        session: &CheckoutSession,
        code: Option<&Code>,
    ) -> Result<CheckoutSession, Error> {
        self.priced_again(session.with_code(code.cloned(), self.now())?).await
    }

    /// A session with what it comes to by now.
    async fn priced_again(&self, session: CheckoutSession) -> Result<CheckoutSession, Error> {
        let (body, mut faults) = (Location::body("checkout session"), Faults::default());
        let buyer = session.customer_id.as_ref();
        let coupon = (session.coupon_id.as_ref(), session.promotion_code.as_ref());
        let redemption = self.redemption(&body, coupon, buyer, &mut faults).await?;
        let tiers = session.cascade_tiers.iter().flatten();
        let all = session.line_items.iter().chain(tiers.flat_map(|tier| &tier.line_items));
        let ids: Vec<_> = all.map(|line| line.price_id.clone()).collect();
        let prices = self.billable(buyer, &ids).await?;
        let terms = offer::terms_of(&session.line_items, &prices);
        if let Some((redemption, terms)) = redemption.as_ref().zip(terms) {
            redemption.check_fit((terms.currency, terms.interval.is_some()), &body, &mut faults);
        }
        faults.settled()?;
        let (reduction, trial) = reduction_of(redemption.as_ref(), session.currency);
        let trial = trial || session.free_trial_days.is_some();
        session.priced_at(|lines| offer::totals(lines, &prices, reduction.as_ref(), trial))
    }
}

/// How often a code is written when others come between.
const ATTEMPTS: u32 = 8;
