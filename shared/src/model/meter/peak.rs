//! The one event of many whose value counts: the largest, or the last.
//!
//! Which of two it is, is which has the larger *rank*, a whole number that an hour's counter keeps beside
//! the sums. For `max` that is the value; for `last` the instant within the hour, with the value behind it.

use super::{AggregationFormula, Logged, Meter, tally::Hour};
use crate::base::{money::Decimal, time::Timestamp};

/// More than any value in units of 10⁻¹², so that an instant before it decides.
const ROOM: i128 = 10_i128.pow(28);

/// The event whose value counts, as its hour and its rank there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peak {
    /// Of `last` a later hour goes before any rank; of `max` hours do not matter.
    hour: Option<Hour>,
    rank: i128,
}

impl Meter {
    /// Whether the value of one event counts, and not what all of them come to.
    pub fn has_peaks(&self) -> bool {
        matches!(self.aggregation_formula, AggregationFormula::Max | AggregationFormula::Last)
    }

    /// The rank within its hour of an event with this value; none, where all events count together.
    pub fn rank(&self, at: Timestamp, value: Decimal) -> Option<i128> {
        match self.aggregation_formula {
            AggregationFormula::Sum | AggregationFormula::Count | AggregationFormula::Unique => {
                None
            }
            AggregationFormula::Max => Some(value.scaled()),
            AggregationFormula::Last => {
                let within = at.millis().saturating_sub(Hour::of(at).begins().millis());
                Some(i128::from(within).saturating_mul(ROOM).saturating_add(value.scaled()))
            }
        }
    }

    /// The event of an hour with this rank.
    pub fn peak(&self, hour: Hour, rank: i128) -> Peak {
        let is_last = self.aggregation_formula == AggregationFormula::Last;
        Peak { hour: is_last.then_some(hour), rank }
    }

    /// The largest rank of events of one hour.
    pub fn top_rank<'a>(&self, events: impl IntoIterator<Item = &'a Logged>) -> Option<i128> {
        events.into_iter().filter_map(|event| self.rank(event.at, event.value)).max()
    }

    /// The value of the event that counts.
    pub(super) fn value_at(&self, peak: Option<Peak>) -> Decimal {
        let rank = peak.map_or(0, |peak| peak.rank);
        Decimal::from_scaled(match self.aggregation_formula {
            AggregationFormula::Last => rank.rem_euclid(ROOM),
            _ => rank,
        })
    }
}
