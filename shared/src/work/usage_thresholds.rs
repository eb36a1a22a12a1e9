//! Thresholds of meters: that the usage of a period has reached one is an event, once.
//!
//! It is looked for once usage is counted and before that is answered, because what has been answered is in
//! the next read: of two that count at once, the one that reads last sees both. Who finds that a threshold
//! is reached writes it on the subscription, on the condition of its version, and the event with it; so it
//! is written once, whoever finds it. If the process dies in between, the same event sent again finds it, or
//! any other event of the customer; and at the latest the draft that bills the period, which reads its usage
//! anew.

use crate::{
    base::{
        error::Error,
        id::{CustomerId, SubscriptionId, SubscriptionItemId},
        money::Decimal,
        time::Timestamp,
    },
    model::{
        meter::{Hour, Meter},
        subscription::{Subscription, of_customer},
    },
    store::key::UsageOf,
    work::Work,
};

/// How often a change that met others is begun anew.
const COMMITS: usize = 5;
/// How far ahead of our clock an event may be.
const AHEAD_SECONDS: i64 = 300;

impl Work {
    /// Tells of the thresholds of `meter` that a customer's usage around these instants has reached.
    pub(crate) async fn tell_thresholds(
        &self,
        meter: &Meter,
        customer: &CustomerId,
        instants: &[Timestamp],
    ) -> Result<(), Error> {
        if meter.thresholds().is_empty() {
            return Ok(());
        }
        let subscriptions: Vec<Subscription> = self.every(&of_customer(customer)).await?;
        for subscription in &subscriptions {
            let of = (meter.id(), meter.thresholds());
            for (item, start, end) in subscription.below_thresholds(of, instants) {
                let whose = UsageOf { account: self.account(), meter: meter.id(), customer };
                let soon = self.now().plus_seconds(AHEAD_SECONDS);
                let until = end.unwrap_or_else(|| Hour::of(soon).next().begins());
                let read = self.store().usage_within(&whose, (start, until)).await?;
                let Some((meter, tally)) = read else { continue };
                let value = meter.value_of(tally);
                while self.tell_next(subscription.id(), (&item, start), &meter, value).await? {}
            }
        }
        Ok(())
    }

    /// Writes the next threshold that is reached with `value`: whether there was one.
    async fn tell_next(
        &self,
        subscription: &SubscriptionId,
        span: (&SubscriptionItemId, Timestamp),
        meter: &Meter,
        value: Decimal,
    ) -> Result<bool, Error> {
        for _ in 0..COMMITS {
            let Some(before) = self.look_for::<Subscription>(subscription).await? else {
                return Ok(false);
            };
            let Some(after) = before.reaching(span, meter.thresholds(), (value, self.now())) else {
                return Ok(false);
            };
            let mut tx = self.begin();
            tx.update(&before, after);
            match self.commit(tx).await {
                Ok(()) => return Ok(true),
                Err(Error::Stale | Error::Contended) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Contended)
    }
}
