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
    work::{Work, checkout::create::reduction_of},
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
            let next = self.with_code(&session, code).await?;
            let mut tx = self.begin();
            let next = tx.update(&session, next);
            match self.commit(tx).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt).await,
                written => return written.map(|()| next),
            }
            session = self.find(session.id()).await?;
        }
        Err(Error::Contended)
    }

    async fn with_code(
        &self,
        session: &CheckoutSession,
        code: Option<&Code>,
    ) -> Result<CheckoutSession, Error> {
        let next = session.with_code(code.cloned(), self.now())?;
        let (body, mut faults) = (Location::body("checkout session"), Faults::default());
        let buyer = session.customer_id.as_ref();
        let redemption = self.redemption(&body, (None, code), buyer, &mut faults).await?;
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
        next.priced_at(|lines| offer::totals(lines, &prices, reduction.as_ref(), trial))
    }
}

/// How often a code is written when others come between.
const ATTEMPTS: u32 = 8;
