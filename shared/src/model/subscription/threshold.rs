//! Thresholds of a meter that the usage of an item reaches in a period. Pure.
//!
//! A span remembers the last threshold that was told of, and the subscription shows it: so each is told of
//! once in a period, by the change that writes it, and one that is below what was told of, after a
//! correction, is not told of again. The next period begins with a span of its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Subscription, span::MeteredSpan};
use crate::{
    base::{
        id::{MeterId, SubscriptionItemId},
        money::Decimal,
        time::Timestamp,
    },
    model::meter::UsageThresholds,
};

/// That the usage of an item has reached a threshold of its meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ReachedThreshold {
    /// The item.
    pub subscription_item_id: SubscriptionItemId,
    /// Its meter.
    pub meter_id: MeterId,
    /// The threshold.
    pub threshold: Decimal,
    /// How much was used when it was noticed.
    pub value: Decimal,
    /// Since when that was counted: the beginning of the period, or of the item in it.
    pub period_start: Timestamp,
    /// When it was noticed.
    pub reached_at: Timestamp,
}

impl MeteredSpan {
    /// The next threshold that the span reaches with `value`, which is told of by that.
    fn reaches(
        &mut self,
        thresholds: &UsageThresholds,
        (value, now): (Decimal, Timestamp),
    ) -> Option<ReachedThreshold> {
        let threshold = thresholds.next(self.told, value)?;
        self.told = Some(threshold);
        Some(ReachedThreshold {
            subscription_item_id: self.item.clone(),
            meter_id: self.meter.clone(),
            threshold,
            value,
            period_start: self.start,
            reached_at: now,
        })
    }

    /// The last one that it reaches.
    pub(super) fn reaches_last(
        &mut self,
        thresholds: &UsageThresholds,
        read: (Decimal, Timestamp),
    ) -> Option<ReachedThreshold> {
        std::iter::from_fn(|| self.reaches(thresholds, read)).last()
    }
}

impl Subscription {
    /// The times in which `meter` measured at one of these instants and in which more of its thresholds
    /// may be reached: the item, and from when on up to when.
    pub(crate) fn below_thresholds(
        &self,
        (meter, thresholds): (&MeterId, &UsageThresholds),
        instants: &[Timestamp],
    ) -> Vec<(SubscriptionItemId, Timestamp, Option<Timestamp>)> {
        let spans = self.ledger.usage.iter().filter(|span| span.meter == *meter);
        let holds = |span: &&MeteredSpan| {
            let within = |at: &Timestamp| span.start <= *at && span.end.is_none_or(|end| *at < end);
            thresholds.has_more(span.told) && instants.iter().any(within)
        };
        spans.filter(holds).map(|span| (span.item.clone(), span.start, span.end)).collect()
    }

    /// The subscription after one of its items, in the time that began at `start`, has reached the next
    /// threshold with `value`; `None` where it has reached none that is not told of.
    pub(crate) fn reaching(
        &self,
        (item, start): (&SubscriptionItemId, Timestamp),
        thresholds: &UsageThresholds,
        read: (Decimal, Timestamp),
    ) -> Option<Self> {
        let mut after = self.clone();
        let mut spans = after.ledger.usage.iter_mut();
        let span = spans.find(|span| span.item == *item && span.start == start)?;
        after.usage_threshold_reached = Some(span.reaches(thresholds, read)?);
        Some(after)
    }
}
